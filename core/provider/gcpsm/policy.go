package gcpsm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// The roles that reading takes: predefined ones of Google's.
const (
	roleAccessor = "roles/secretmanager.secretAccessor"
	roleViewer   = "roles/secretmanager.viewer"
)

// Grant is what a login must be allowed.
type Grant struct {
	// Member is the login as IAM names it; empty where that is not known without asking.
	Member string `json:"member,omitempty"`
	// As tells a person who logs in.
	As string `json:"as"`
	// Stores are those that log in so.
	Stores   []string  `json:"stores"`
	Bindings []Binding `json:"bindings"`
}

// Binding is a role on a resource: a project such as projects/shop, or a secret.
type Binding struct {
	Resource  string     `json:"resource"`
	Role      string     `json:"role"`
	Condition *Condition `json:"condition,omitempty"`
}

// Condition limits a role on a project to secrets whose names have a common beginning.
type Condition struct {
	Title      string `json:"title"`
	Expression string `json:"expression"`

	begin string
}

// Grants are what logins must be allowed for reading, and what can't be said.
func Grants(wanted []provider.Wanted) (grants []Grant, problems []string, err error) {
	all := map[string]*Grant{} // by who logs in
	for _, w := range wanted {
		spec, err := decode(w.Store)
		if err != nil {
			return nil, nil, err
		}
		member, as := memberOf(w.Store, spec)
		g, ok := all[as]
		if !ok {
			g = &Grant{Member: member, As: as, Bindings: []Binding{}}
			all[as] = g
		}
		g.Stores = append(g.Stores, w.Names...)
		if spec.project == "" {
			problems = append(problems, fmt.Sprintf("%s: the store does not say in which project its secrets are", strings.Join(w.Names, ", ")))
			continue
		}
		g.read(spec, w)
	}
	grants = make([]Grant, 0, len(all))
	for _, as := range slices.Sorted(maps.Keys(all)) {
		g := all[as]
		slices.Sort(g.Stores)
		g.Stores = slices.Compact(g.Stores)
		every := slices.Clone(g.Bindings)
		g.Bindings = slices.DeleteFunc(g.Bindings, func(b Binding) bool {
			return slices.ContainsFunc(every, func(other Binding) bool { return other.covers(b) })
		})
		slices.SortFunc(g.Bindings, func(a, b Binding) int {
			return cmp.Or(cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Role, b.Role), cmp.Compare(a.expression(), b.expression()))
		})
		grants = append(grants, *g)
	}
	return grants, problems, nil
}

func (b Binding) expression() string {
	if b.Condition == nil {
		return ""
	}
	return b.Condition.Expression
}

// covers tells whether a binding of a project allows all that another one does.
func (b Binding) covers(other Binding) bool {
	below, ok := strings.CutPrefix(other.Resource, b.Resource)
	switch {
	case !ok, b == other, b.Role != other.Role, below != "" && !strings.HasPrefix(below, "/"):
		return false
	case b.Condition == nil:
		return true
	}
	_, name, _ := strings.Cut(below, "/secrets/")
	return name != "" && strings.HasPrefix(name, b.Condition.begin)
}

// memberOf is who logs in, as IAM names it where that is known, and for a person. Whether a service account is annotated to act as another
// is not known.
func memberOf(store provider.Store, spec *storeSpec) (member, as string) {
	account := spec.account()
	switch {
	case spec.Auth.SecretRef != nil:
		ref := spec.Auth.SecretRef.SecretAccessKey
		return "", fmt.Sprintf("the service account of the key in Secret %s/%s", store.AuthNamespace(ref.Namespace), ref.Name)
	case account == nil:
		return "", "the identity of the process"
	}
	name := store.AuthNamespace(account.Namespace) + "/" + account.Name
	as = "service account " + name
	switch wi := spec.Auth.WorkloadIdentity; {
	case wi == nil:
		return federatedMember(spec.Auth.WorkloadIdentityFederation.Audience, name), as + " by " + spec.Auth.WorkloadIdentityFederation.Audience
	case cmp.Or(wi.ClusterProjectID, spec.ProjectID) == "":
		return "", as + " of the cluster"
	default:
		project := cmp.Or(wi.ClusterProjectID, spec.ProjectID)
		return clusterMember(project, name), as + " of a cluster of project " + project
	}
}

// read adds what a reader does. What is refused before it is asked for needs nothing.
func (g *Grant) read(spec *storeSpec, w provider.Wanted) {
	for _, ref := range w.Refs {
		name, _, err := spec.name(ref.Key)
		if err != nil || name != ref.Key {
			continue
		}
		if ref.Metadata {
			g.allow(Binding{Resource: spec.path(name), Role: roleViewer})
			continue
		}
		g.allow(Binding{Resource: spec.path(name), Role: roleAccessor})
		if ref.Version == "" && spec.SecretVersionSelectionPolicy == api.SecretVersionLatestOrFetch {
			g.allow(Binding{Resource: spec.path(name), Role: roleViewer})
		}
	}
	project := "projects/" + spec.project
	for _, find := range w.Finds {
		s, err := newSearch(find)
		if err != nil {
			continue
		}
		g.allow(Binding{Resource: project, Role: roleViewer})
		g.allow(Binding{Resource: project, Role: roleAccessor, Condition: beginsWith(s, find)})
	}
}

// beginsWith is the condition for what a search finds; nil where names of all sorts may be found.
func beginsWith(s search, find *api.Find) *Condition {
	begin := s.path
	if find.Name != nil {
		if opening := provider.Opening(find.Name.RegExp); strings.HasPrefix(opening, begin) {
			begin = opening
		}
	}
	if !filterable.MatchString(begin) {
		return nil
	}
	return &Condition{begin: begin, Title: "names that begin with " + begin, Expression: fmt.Sprintf(`resource.name.extract("/secrets/{name}").startsWith(%q)`, begin)}
}

func (g *Grant) allow(b Binding) {
	same := func(other Binding) bool {
		return other.Resource == b.Resource && other.Role == b.Role && other.expression() == b.expression()
	}
	if !slices.ContainsFunc(g.Bindings, same) {
		g.Bindings = append(g.Bindings, b)
	}
}
