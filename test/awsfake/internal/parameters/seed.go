package parameters

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/secrets"
)

// Seed is a parameter as tests put it here, past the API and its counters.
type Seed struct {
	Name    string            `json:"name"`
	Account string            `json:"account,omitempty"` // default identity.DefaultAccount
	Region  string            `json:"region,omitempty"`  // default secrets.DefaultRegion
	Value   string            `json:"value"`
	Type    string            `json:"type,omitempty"` // default SecureString
	Labels  []string          `json:"labels,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
}

func (d Seed) place() place {
	return place{cmp.Or(d.Account, identity.DefaultAccount), cmp.Or(d.Region, secrets.DefaultRegion)}
}

// Seed creates parameters, or gives those that exist a new version. Nothing is stored when one of them is not valid.
func (st *Store) Seed(all []Seed) error {
	for i := range all {
		all[i].Type = cmp.Or(all[i].Type, typeSecureString)
		if err := cmp.Or(checkName(all[i].Name), checkValue(all[i].Value), checkType(all[i].Type)); err != nil {
			return fmt.Errorf("seed %q: %w", all[i].Name, err)
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, d := range all {
		p := st.find(d.place(), d.Name)
		if p == nil {
			p = st.add(d.place(), d.Name)
		}
		p.set(d.Value, d.Type, "", "")
		for _, label := range d.Labels {
			p.setLabel(p.current(), label)
		}
		for _, key := range slices.Sorted(maps.Keys(d.Tags)) {
			p.setTags([]Tag{{key, d.Tags[key]}})
		}
	}
	return nil
}

// Remove deletes a parameter at once, whether it exists or not.
func (st *Store) Remove(d Seed) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.shelves[d.place()], d.Name)
}
