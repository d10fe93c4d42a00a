package azurekv

import (
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// The roles of Azure that reading takes. Those that are named for keys and certificates allow more: to use a key, or to read the private key
// of a certificate.
const (
	roleSecrets = "Key Vault Secrets User"
	roleReader  = "Key Vault Reader"
)

// Grant is what an identity needs in one key vault.
type Grant struct {
	// KeyVault is the URL of the key vault, and As tells a person who reads it.
	KeyVault string `json:"keyVault"`
	As       string `json:"as"`
	Tenant   string `json:"tenant,omitempty"`
	// Stores are those that read it so.
	Stores []string `json:"stores"`
	// Assignments are roles, for a key vault that uses these, and AccessPolicy what takes their place in one that does not.
	Assignments  []Assignment `json:"roleAssignments"`
	AccessPolicy AccessPolicy `json:"accessPolicy"`
}

// Assignment is a role on the key vault or on an object in it.
type Assignment struct {
	Role string `json:"role"`
	// Below is what follows the id of the key vault in the scope, such as /secrets/db; empty for all of it.
	Below string `json:"below"`
}

// AccessPolicy are permissions by kind of object. They can't be had for some objects only.
type AccessPolicy struct {
	Secrets      []string `json:"secrets,omitempty"`
	Keys         []string `json:"keys,omitempty"`
	Certificates []string `json:"certificates,omitempty"`
}

// Grants are what reading takes, by key vault and identity.
func Grants(wanted []provider.Wanted) ([]Grant, error) {
	all := map[string]*needs{}
	for _, w := range wanted {
		spec, err := decode(w.Store)
		if err != nil {
			return nil, err
		}
		as := loginOf(spec)[0].Value
		if refs := credentialsOf(w.Store, spec); len(refs) > 0 {
			as += ", of namespace " + refs[0].Namespace
		}
		who := spec.VaultURL + "\n" + as + "\n" + text(spec.TenantID)
		n, ok := all[who]
		if !ok {
			n = &needs{url: spec.VaultURL, as: as, tenant: text(spec.TenantID), objects: map[string]string{}}
			all[who] = n
		}
		n.stores = append(n.stores, w.Names...)
		n.read(w)
	}
	grants := make([]Grant, 0, len(all))
	for _, who := range slices.Sorted(maps.Keys(all)) {
		grants = append(grants, all[who].grant())
	}
	return grants, nil
}

// needs are what an identity reads in a key vault.
type needs struct {
	url, as, tenant string
	stores          []string
	objects         map[string]string // the operation by what follows the id of the key vault
	lists           bool
}

func (n *needs) read(w provider.Wanted) {
	for _, ref := range w.Refs {
		op, name, err := kindOfName(ref.Key)
		if err != nil {
			continue // it is refused before it is asked for
		}
		kind := map[string]string{opGetKey: "keys", opGetCertificate: "certificates"}[op]
		if kind == "" {
			kind = "secrets"
		}
		n.objects["/"+kind+"/"+name] = op
	}
	for _, find := range w.Finds {
		if _, err := newSearch(find); err == nil {
			n.lists = true
		}
	}
}

// grant puts what is needed in Azure's terms. What a search comes upon can't be told before, so that it takes the right to all secrets.
func (n *needs) grant() Grant {
	slices.Sort(n.stores)
	g := Grant{KeyVault: n.url, As: n.as, Tenant: n.tenant, Stores: slices.Compact(n.stores), Assignments: []Assignment{}}
	if n.lists {
		g.Assignments = append(g.Assignments, Assignment{Role: roleSecrets})
		g.AccessPolicy.Secrets = []string{"get", "list"}
	}
	for _, below := range slices.Sorted(maps.Keys(n.objects)) {
		switch n.objects[below] {
		case opGetKey:
			g.Assignments = append(g.Assignments, Assignment{Role: roleReader, Below: below})
			g.AccessPolicy.Keys = []string{"get"}
		case opGetCertificate:
			g.Assignments = append(g.Assignments, Assignment{Role: roleReader, Below: below})
			g.AccessPolicy.Certificates = []string{"get"}
		default:
			if !n.lists {
				g.Assignments = append(g.Assignments, Assignment{Role: roleSecrets, Below: below})
				g.AccessPolicy.Secrets = []string{"get"}
			}
		}
	}
	return g
}
