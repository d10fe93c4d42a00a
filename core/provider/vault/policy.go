package vault

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Grant is the policy that a login needs.
type Grant struct {
	Server string `json:"server"`
	// Namespace is where to log in, and so where the policy belongs.
	Namespace string `json:"namespace,omitempty"`
	// Login is the mount of the method, empty for a token, and As tells a person who logs in.
	Login string `json:"login,omitempty"`
	As    string `json:"as"`
	// Stores are those that log in so.
	Stores []string `json:"stores"`
	Policy Policy   `json:"policy"`
}

// Policy is a policy in the form of JSON, which Vault takes as it takes HCL.
type Policy struct {
	Path map[string]Rule `json:"path"`
}

// Rule is what a policy permits at a path.
type Rule struct {
	Capabilities []string `json:"capabilities"`
}

func (p Policy) allow(capability, path string) {
	rule := p.Path[path]
	if !slices.Contains(rule.Capabilities, capability) {
		rule.Capabilities = append(rule.Capabilities, capability)
		slices.Sort(rule.Capabilities)
	}
	p.Path[path] = rule
}

// Grants are the policies that reading takes, by login, and what can't be put into one.
func Grants(wanted []provider.Wanted) (grants []Grant, problems []string, err error) {
	all := map[string]*Grant{} // by who logs in where
	for _, w := range wanted {
		spec, err := Provider{OpenBao: w.Provider == "openBao"}.decode(w.Store)
		if err != nil {
			return nil, nil, err
		}
		who, err := whoOf(w.Store, spec)
		if err != nil {
			return nil, nil, err
		}
		g, ok := all[who]
		if !ok {
			g = &Grant{Server: spec.Server, Namespace: loginNamespace(spec), Policy: Policy{Path: map[string]Rule{}}}
			for _, fact := range loginOf(spec) {
				if fact.Name == "as" {
					g.As = fact.Value
				} else {
					g.Login = fact.Value
				}
			}
			if refs := loginCredentials(w.Store, spec); len(refs) > 0 {
				g.As += ", of namespace " + refs[0].Namespace
			}
			all[who] = g
		}
		g.Stores = append(g.Stores, w.Names...)
		below, ok := below(loginNamespace(spec), text(spec.Namespace))
		if !ok {
			problems = append(problems, fmt.Sprintf("%s: who logs in to the namespace %q can be allowed nothing in %q",
				strings.Join(w.Names, ", "), loginNamespace(spec), text(spec.Namespace)))
			continue
		}
		problems = append(problems, g.Policy.read(spec.mount(), below, w)...)
	}
	grants = make([]Grant, 0, len(all))
	for _, who := range slices.Sorted(maps.Keys(all)) {
		g := all[who]
		slices.Sort(g.Stores)
		g.Stores = slices.Compact(g.Stores)
		grants = append(grants, *g)
	}
	return grants, problems, nil
}

// loginCredentials are what a store logs in with.
func loginCredentials(store provider.Store, spec *storeSpec) []provider.CredentialRef {
	login := *spec.VaultProvider
	login.CABundle, login.CAProvider = nil, nil
	return credentialsOf(store, &storeSpec{VaultProvider: &login})
}

// whoOf is equal for stores that log in to one server as the same.
func whoOf(store provider.Store, spec *storeSpec) (string, error) {
	who, err := json.Marshal(struct {
		Server, Namespace string
		Auth              *api.VaultAuth
		Credentials       []provider.CredentialRef
	}{spec.Server, loginNamespace(spec), spec.Auth, loginCredentials(store, spec)})
	if err != nil {
		return "", fmt.Errorf("encode a login: %w", err)
	}
	return string(who), nil
}

// loginNamespace is where a store logs in.
func loginNamespace(spec *storeSpec) string {
	if spec.Auth != nil && spec.Auth.Namespace != nil {
		return strings.Trim(*spec.Auth.Namespace, "/")
	}
	return strings.Trim(text(spec.Namespace), "/")
}

// below is what the paths of a namespace begin with in the policies of another one, which has to be it or one above it.
func below(login, namespace string) (string, bool) {
	namespace = strings.Trim(namespace, "/")
	switch {
	case namespace == login:
		return "", true
	case login == "":
		return namespace + "/", true
	default:
		rest, ok := strings.CutPrefix(namespace, login+"/")
		return rest + "/", ok
	}
}

// read adds what a reader does, and returns what no policy can name by itself. What is refused before it is asked for needs nothing.
func (p Policy) read(m mount, namespace string, w provider.Wanted) (problems []string) {
	leave := func(path string) {
		problems = append(problems, fmt.Sprintf("%s: a policy for %q would allow more than what has that name, and so it is left out",
			strings.Join(w.Names, ", "), namespace+path))
	}
	for _, ref := range w.Refs {
		path := m.data(ref.Key)
		if ref.Metadata {
			path = m.metadata(ref.Key)
		}
		switch {
		case !isPath(ref.Key), m.path == nil && !strings.Contains(ref.Key, "/"), ref.Metadata && m.version == api.VaultKVStoreV1:
		case !isPlain(path), strings.HasSuffix(path, "*"):
			leave(path)
		default:
			p.allow("read", namespace+path)
		}
	}
	for _, find := range w.Finds {
		s, err := newSearch(find)
		switch {
		case err != nil, m.path == nil, len(s.tags) > 0 && m.version == api.VaultKVStoreV1:
			continue
		case !isPlain(m.metadata(s.folder) + "*"):
			leave(m.metadata(s.folder))
			continue
		}
		names := s.folder // what all names that are wanted begin with
		if find.Name != nil {
			if opening := provider.Opening(find.Name.RegExp); strings.HasPrefix(opening, names) && isPlain(opening+"*") {
				names = opening
			}
		}
		p.allow("list", namespace+m.metadata(s.folder)+"*")
		p.allow("read", namespace+m.data(names)+"*")
		if len(s.tags) > 0 {
			p.allow("read", namespace+m.metadata(names)+"*")
		}
	}
	return problems
}

// isPlain tells whether a path stands for itself in a policy but for a star at its end: a plus between slashes and doubled braces do not.
func isPlain(path string) bool {
	return !strings.Contains(path, "{{") && !strings.Contains(path, "+*") && !slices.Contains(strings.Split(path, "/"), "+")
}
