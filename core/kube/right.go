package kube

// Right is what a request of the API server needs, in the terms of RBAC.
type Right struct {
	Group string
	// Resource may have a subresource, as in "serviceaccounts/token".
	Resource string
	Verb     string
	// Namespace is empty for what is in none.
	Namespace string
	// Name is the object's; empty means all of the namespace.
	Name string
}
