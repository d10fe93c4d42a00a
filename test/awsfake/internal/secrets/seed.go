package secrets

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/wire"
)

// DefaultRegion is where a seed goes that names no region.
const DefaultRegion = "us-east-1"

// Seed is a secret as tests put it here, past the API and its counters. With neither String nor Binary it has no value.
type Seed struct {
	Name        string            `json:"name"`
	Account     string            `json:"account,omitempty"` // default identity.DefaultAccount
	Region      string            `json:"region,omitempty"`  // default DefaultRegion
	String      *string           `json:"string,omitempty"`
	Binary      []byte            `json:"binary,omitempty"` // base64 in JSON
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Pending     bool              `json:"pendingDeletion,omitempty"`
	KeyDisabled bool              `json:"keyDisabled,omitempty"` // the KMS key that it is encrypted with
}

func (d Seed) place() place {
	return place{cmp.Or(d.Account, identity.DefaultAccount), cmp.Or(d.Region, DefaultRegion)}
}

// Seed creates secrets, or gives those that exist a new current version. Nothing is stored when one of them is not valid.
func (st *Store) Seed(all []Seed) error {
	values := make([]value, len(all))
	for i, d := range all {
		v, err := valueInput{SecretString: d.String, SecretBinary: d.Binary}.read()
		if err != nil {
			return fmt.Errorf("seed %q: %w", d.Name, err)
		}
		if !secretName.MatchString(d.Name) {
			return fmt.Errorf("seed %q: not a valid name", d.Name)
		}
		values[i] = v
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for i, d := range all {
		st.seed(d, values[i])
	}
	return nil
}

func (st *Store) seed(d Seed, v value) {
	s := st.find(d.place(), d.Name)
	if s == nil || !s.deleted.IsZero() {
		s = st.add(d.place(), d.Name)
	}
	if d.Description != "" {
		s.description = d.Description
	}
	if d.Tags != nil {
		s.tags = nil
		for _, key := range slices.Sorted(maps.Keys(d.Tags)) {
			s.tags = append(s.tags, Tag{key, d.Tags[key]})
		}
	}
	s.keyDisabled = d.KeyDisabled
	if !v.empty() {
		s.addVersion(wire.NewUUID(), v, []string{stageCurrent})
	}
	if d.Pending {
		s.schedule(maxWindow)
	}
}

// Remove deletes a secret at once, whether it exists or not.
func (st *Store) Remove(d Seed) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.shelves[d.place()], d.Name)
}
