package provider

import "github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"

// Wanted is what passes read of one store identity, as far as that is known without asking: what a provider computes the least rights
// from.
type Wanted struct {
	// Provider is the name of its provider, as in spec.provider.
	Provider string
	Store    Store
	// Names are those of the stores with this identity, for a person.
	Names []string
	Refs  []Ref
	Finds []*api.Find
}
