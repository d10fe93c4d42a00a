package rbac

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// cloud is who keeps secrets outside of the cluster, and has to allow that they are read. Each has a file of its own here.
type cloud struct {
	// name is the value of --cloud, and providers are those of stores that read there, as in spec.provider.
	name      string
	providers []string
	// kind is that of the document that is printed, and about says what is in it, for the help text.
	kind, about string
	// grants are the items of the document, and lines for a person that belong to them.
	grants func(o *Options, wanted []provider.Wanted) (items any, said []string, err error)
}

// clouds are all that rights can be computed for. A new one is one line here.
func clouds() []cloud {
	return []cloud{
		awsCloud(),
		azureCloud(),
		gcpCloud(),
		vaultCloud(),
	}
}

// elsewhere tells whether an ExternalSecret whose needs are not all known reads from other clouds only.
func (c cloud) elsewhere(problem core.Problem) bool {
	return len(problem.Providers) > 0 && !slices.ContainsFunc(problem.Providers, func(name string) bool { return slices.Contains(c.providers, name) })
}

// cloudOf is the cloud of a name.
func cloudOf(name string) (cloud, bool) {
	for _, c := range clouds() {
		if c.name == name {
			return c, true
		}
	}
	return cloud{}, false
}

// cloudNames are the values of --cloud.
func cloudNames() []string {
	var names []string
	for _, c := range clouds() {
		names = append(names, c.name)
	}
	return names
}

// alternatives lists values as kubectl's help texts do: "a", "b" or "c".
func alternatives(values []string) string {
	quoted := make([]string, len(values))
	for i, value := range values {
		quoted[i] = fmt.Sprintf("%q", value)
	}
	last := len(quoted) - 1
	if last == 0 {
		return quoted[0]
	}
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
