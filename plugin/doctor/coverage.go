package doctor

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// runnerEnvironment begins the variables that stand for flags of the runner.
const runnerEnvironment = "EXTERNALSECRET_RUNNER_"

// coverage is which ExternalSecrets somebody refreshes, by the arguments with which it runs.
type coverage struct {
	class string
	// namespaces are those that are served; none means all.
	namespaces []string
	labels     string
	fields     string
}

// coverageOf reads the arguments of a container, of the runner or of the operator. What it does not know it passes over.
func coverageOf(c corev1.Container) coverage {
	var read coverage
	var namespace string
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.SetOutput(io.Discard)
	flags.StringVar(&read.class, "controller-class", api.ControllerDefault, "")
	flags.StringSliceVar(&read.namespaces, "namespaces", nil, "")
	flags.StringVar(&namespace, "namespace", "", "")
	flags.StringVarP(&read.labels, "selector", "l", "", "")
	flags.StringVar(&read.fields, "field-selector", "", "")
	_ = flags.Parse(slices.Concat(c.Command, c.Args)) // what it runs with, it has understood
	flags.VisitAll(func(f *pflag.Flag) {
		name := runnerEnvironment + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		for _, variable := range c.Env {
			if variable.Name == name && !f.Changed {
				_ = flags.Set(f.Name, variable.Value) // the same
			}
		}
	})
	if namespace != "" {
		read.namespaces = append(read.namespaces, namespace)
	}
	return read
}

// covers tells whether it refreshes an ExternalSecret whose stores are of the classes.
func (c coverage) covers(es *api.ExternalSecret, classes []string) bool {
	for _, class := range classes {
		if class != "" && class != c.class {
			return false
		}
	}
	if len(c.namespaces) > 0 && !slices.Contains(c.namespaces, es.Namespace) {
		return false
	}
	if selector, err := labels.Parse(c.labels); err == nil && !selector.Matches(labels.Set(es.Labels)) {
		return false
	}
	selector, err := fields.ParseSelector(c.fields)
	return err != nil || selector.Matches(fields.Set{
		"metadata.name": es.Name, "metadata.namespace": es.Namespace,
		"spec.secretStoreRef.name": es.Spec.SecretStoreRef.Name, "spec.secretStoreRef.kind": es.Spec.SecretStoreRef.Kind,
		"spec.target.name": es.Spec.Target.Name, "spec.refreshInterval": es.Spec.RefreshInterval,
	})
}

// versionOf is the tag of an image; empty if it has none.
func versionOf(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(name, ":")
	return tag
}

// String tells in words what is served.
func (c coverage) String() string {
	text := fmt.Sprintf("class %q", c.class)
	if len(c.namespaces) > 0 {
		text += ", namespaces " + strings.Join(c.namespaces, ", ")
	}
	if c.labels != "" {
		text += ", labels " + c.labels
	}
	if c.fields != "" {
		text += ", fields " + c.fields
	}
	return text
}
