package identity

import "strings"

// Denial takes a right away. Without any denial every principal may do everything in its own account.
type Denial struct {
	// Principal it applies to: key id, ARN of a user, role or session, with * for any text; empty means everybody.
	Principal string `json:"principal,omitempty"`
	// Action such as secretsmanager:GetSecretValue, with * for any text.
	Action string `json:"action"`
	// Resource is a prefix of the name of the secret or parameter, of a path, or of the role's ARN; empty means every resource, also that
	// of actions without any.
	Resource string `json:"resource,omitempty"`
}

// Deny adds a denial.
func (r *Registry) Deny(d Denial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denials = append(r.denials, d)
}

// AllowAll forgets all denials.
func (r *Registry) AllowAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denials = nil
}

// Allowed reports whether nothing denies the action on a resource to the principal. resource is the name of a secret or parameter, a
// path, a role's ARN, or empty for an action that is about no single one.
func (r *Registry) Allowed(p Principal, action, resource string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, d := range r.denials {
		if Match(d.Action, action) && strings.HasPrefix(resource, d.Resource) &&
			(d.Principal == "" || meansAny([]string{d.Principal}, p.names())) {
			return false
		}
	}
	return true
}
