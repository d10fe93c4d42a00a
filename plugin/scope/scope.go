// Package scope turns arguments and flags into the set of ExternalSecrets that a command is about, in the way in which
// kubectl's own commands do. It makes no request.
package scope

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// Flags narrow what a command is about, besides the names that it is given.
type Flags struct {
	AllNamespaces bool
	Labels        string
	Fields        string
}

// AddFlags binds -A, -l and --field-selector.
func (f *Flags) AddFlags(flags *pflag.FlagSet) {
	flags.BoolVarP(&f.AllNamespaces, "all-namespaces", "A", f.AllNamespaces,
		"If present, the ExternalSecrets of all namespaces. The namespace of the context or of -n is ignored then.")
	flags.StringVarP(&f.Labels, "selector", "l", f.Labels,
		"Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin' (e.g. -l key1=value1,key2 in (a,b)).")
	flags.StringVar(&f.Fields, "field-selector", f.Fields,
		"Selector (field query) to filter on, supports '=', '==' and '!=' (e.g. --field-selector spec.secretStoreRef.name=aws). "+
			"Fields: metadata.name, metadata.namespace, spec.secretStoreRef.name, spec.secretStoreRef.kind, spec.target.name, "+
			"spec.refreshInterval.")
}

// AddClass binds --controller-class, which has its default in class.
func AddClass(flags *pflag.FlagSet, class *string) {
	flags.StringVar(class, "controller-class", *class,
		"Class of the stores that are served (their spec.controller), besides those that name none.")
}

// ToScope resolves names, which are the command's arguments, and flags. namespace is the one in which names are looked up and
// which is listed unless all are.
func (f *Flags) ToScope(namespace string, args []string) (resolve.Scope, error) {
	names, err := Names(args)
	if err != nil {
		return resolve.Scope{}, err
	}
	switch {
	case len(names) > 0 && f.AllNamespaces:
		return resolve.Scope{}, errors.New("an ExternalSecret cannot be retrieved by name across all namespaces: name one with -n")
	case len(names) > 0 && f.Selects():
		return resolve.Scope{}, errors.New("names cannot be provided when a selector is specified")
	}
	if _, err := labels.Parse(f.Labels); err != nil {
		return resolve.Scope{}, fmt.Errorf("invalid label selector %q: %w", f.Labels, err)
	}
	if _, err := fields.ParseSelector(f.Fields); err != nil {
		return resolve.Scope{}, fmt.Errorf("invalid field selector %q: %w", f.Fields, err)
	}
	scope := resolve.Scope{Selector: kube.Selector{Labels: f.Labels, Fields: f.Fields}}
	if !f.AllNamespaces {
		scope.Namespaces = []string{namespace}
	}
	for _, name := range names {
		scope.Names = append(scope.Names, types.NamespacedName{Namespace: namespace, Name: name})
	}
	return scope, nil
}

// Chosen checks that exactly one thing says which ExternalSecrets a command is about that must not take them by accident: names,
// which are its arguments, selectors, or its flag --all.
func (f *Flags) Chosen(all bool, args []string) error {
	switch {
	case all && len(args) > 0:
		return errors.New("names cannot be provided when --all is specified")
	case all && f.Labels != "":
		return errors.New("cannot set --all and --selector at the same time")
	case all && f.Fields != "":
		return errors.New("cannot set --all and --field-selector at the same time")
	case !all && len(args) == 0 && !f.Selects():
		return errors.New("say which ExternalSecrets: names, a selector (-l or --field-selector) or --all")
	default:
		return nil
	}
}

// Selects tells whether a selector is set.
func (f *Flags) Selects() bool { return f.Labels != "" || f.Fields != "" }

// Names reads arguments such as db, es/db and externalsecret.external-secrets.io/db. Each name comes out once.
func Names(args []string) ([]string, error) {
	var names []string
	for _, arg := range args {
		name := arg
		if resource, rest, ok := strings.Cut(arg, "/"); ok {
			if !isExternalSecret(resource) {
				return nil, fmt.Errorf("%q does not name an ExternalSecret: write NAME, es/NAME or externalsecret/NAME", arg)
			}
			name = rest
		}
		if name == "" {
			return nil, fmt.Errorf("%q names no ExternalSecret: the name is empty", arg)
		}
		if problems := content.IsPathSegmentName(name); len(problems) > 0 {
			return nil, fmt.Errorf("invalid name %q: it %s", name, strings.Join(problems, ", "))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// isExternalSecret tells whether a resource, as one writes it before a slash, means ExternalSecrets.
func isExternalSecret(resource string) bool {
	return means(resource, "es", "externalsecret", api.ResourceExternalSecrets)
}

// means tells whether a resource, as one writes it before a slash, is one of the names. Group and version may follow the name, as in
// externalsecrets.v1.external-secrets.io.
func means(resource string, names ...string) bool {
	resource, group, qualified := strings.Cut(strings.ToLower(resource), ".")
	for _, version := range []string{api.V1, api.V1Beta1} {
		group = strings.TrimPrefix(group, version+".")
	}
	return slices.Contains(names, resource) && (!qualified || group == api.Group)
}

// Display is how an ExternalSecret is named in output, as kubectl does.
func Display(name string) string { return "externalsecret." + api.Group + "/" + name }

// DisplayCluster is how a ClusterExternalSecret is named in output.
func DisplayCluster(name string) string { return "clusterexternalsecret." + api.Group + "/" + name }

// Nothing tells in kubectl's words that a selection found nothing.
func Nothing(scope resolve.Scope) string {
	text := "No resources found"
	if len(scope.Namespaces) > 0 {
		text = fmt.Sprintf("No resources found in %s namespace.", strings.Join(scope.Namespaces, ", "))
	}
	if scope.Reading.Any() {
		var what []string
		if key := scope.Reading.Key; key != "" {
			what = append(what, fmt.Sprintf("remote secret %q", key))
		}
		if store := scope.Reading.Store; store.Name != "" {
			what = append(what, fmt.Sprintf("%s %q", store.Kind, store.Name))
		}
		text = strings.TrimSuffix(text, ".") + " that read " + strings.Join(what, " of ") + "."
	}
	return text
}
