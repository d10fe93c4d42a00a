// Package serving finds out who in a cluster refreshes which ExternalSecrets, by what runs there: External Secrets Operator, or the
// runner. It reads workloads and decides nothing about what is to be done.
package serving

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// runnerEnvironment begins the variables that stand for flags of the runner.
const runnerEnvironment = "EXTERNALSECRET_RUNNER_"

// Coverage is which ExternalSecrets somebody refreshes, by the arguments with which it runs.
type Coverage struct {
	Class string
	// Namespaces are those that are served; none means all.
	Namespaces []string
	// Labels and Fields are selectors.
	Labels, Fields string
}

// CoverageOf reads the arguments of a container, of the runner or of the operator. What it does not know it passes over.
func CoverageOf(c corev1.Container) Coverage {
	coverage, _ := read(c)
	return coverage
}

// lingerOf reads how long a runner goes on after its pass.
func lingerOf(c corev1.Container) time.Duration {
	_, linger := read(c)
	return linger
}

func read(c corev1.Container) (read Coverage, linger time.Duration) {
	var namespace string
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.ParseErrorsAllowlist.UnknownFlags = true
	flags.SetOutput(io.Discard)
	flags.DurationVar(&linger, "linger", 0, "")
	flags.StringVar(&read.Class, "controller-class", api.ControllerDefault, "")
	flags.StringSliceVar(&read.Namespaces, "namespaces", nil, "")
	flags.StringVar(&namespace, "namespace", "", "")
	flags.StringVarP(&read.Labels, "selector", "l", "", "")
	flags.StringVar(&read.Fields, "field-selector", "", "")
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
		read.Namespaces = append(read.Namespaces, namespace)
	}
	return read, linger
}

// Covers tells whether it refreshes an ExternalSecret whose stores are of the classes.
func (c Coverage) Covers(es *api.ExternalSecret, classes []string) bool {
	for _, class := range classes {
		if class != "" && class != c.Class {
			return false
		}
	}
	if len(c.Namespaces) > 0 && !slices.Contains(c.Namespaces, es.Namespace) {
		return false
	}
	if selector, err := labels.Parse(c.Labels); err == nil && !selector.Matches(labels.Set(es.Labels)) {
		return false
	}
	selector, err := fields.ParseSelector(c.Fields)
	return err != nil || selector.Matches(fields.Set{
		"metadata.name": es.Name, "metadata.namespace": es.Namespace,
		"spec.secretStoreRef.name": es.Spec.SecretStoreRef.Name, "spec.secretStoreRef.kind": es.Spec.SecretStoreRef.Kind,
		"spec.target.name": es.Spec.Target.Name, "spec.refreshInterval": es.Spec.RefreshInterval,
	})
}

// VersionOf is the tag of an image; empty if it has none.
func VersionOf(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name := image[strings.LastIndex(image, "/")+1:]
	_, tag, _ := strings.Cut(name, ":")
	return tag
}

// String tells in words what is served.
func (c Coverage) String() string {
	text := fmt.Sprintf("class %q", c.Class)
	if len(c.Namespaces) > 0 {
		text += ", namespaces " + strings.Join(c.Namespaces, ", ")
	}
	if c.Labels != "" {
		text += ", labels " + c.Labels
	}
	if c.Fields != "" {
		text += ", fields " + c.Fields
	}
	return text
}
