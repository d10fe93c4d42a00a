package identity

import "slices"

// Role is an IAM role and whom it trusts.
type Role struct {
	ARN string `json:"arn"` // arn:aws:iam::ACCOUNT:role/NAME

	// Principals who may assume it, as ARNs of users, roles, sessions or account roots, with * for any text. Empty: anybody
	// when there is no Issuer either, else nobody but the bearers of web identity tokens.
	Principals []string `json:"principals,omitempty"`
	// ExternalID that AssumeRole must name; empty when none is asked for.
	ExternalID string `json:"externalId,omitempty"`

	// Issuer whose web identity tokens may assume it, a URL; Audiences and Subjects (with *) it must be for. An empty list
	// accepts every value.
	Issuer    string   `json:"issuer,omitempty"`
	Audiences []string `json:"audiences,omitempty"`
	Subjects  []string `json:"subjects,omitempty"`

	// MaxSeconds a session may last, default 3600.
	MaxSeconds int `json:"maxSessionSeconds,omitempty"`
}

const defaultMaxSeconds = 3600

// PutRole adds a role, or replaces the one of the same ARN.
func (r *Registry) PutRole(role Role) {
	if role.MaxSeconds == 0 {
		role.MaxSeconds = defaultMaxSeconds
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roles[role.ARN] = role
}

// Role finds a role by its ARN.
func (r *Registry) Role(arn string) (Role, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	role, ok := r.roles[arn]
	return role, ok
}

// TrustsIssuer reports whether any role accepts tokens of the issuer, so that its account must have it as a provider.
func (r *Registry) TrustsIssuer(issuer string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, role := range r.roles {
		if role.Issuer == issuer {
			return true
		}
	}
	return false
}

// Trusts reports whether a principal may assume the role, given the external id of its request.
func (role Role) Trusts(p Principal, externalID string) bool {
	if role.ExternalID != "" && role.ExternalID != externalID {
		return false
	}
	if len(role.Principals) == 0 {
		return role.Issuer == ""
	}
	return meansAny(role.Principals, p.names())
}

// TrustsToken reports whether the bearer of a web identity token with these claims may assume the role.
func (role Role) TrustsToken(issuer, subject string, audiences []string) bool {
	if role.Issuer == "" || role.Issuer != issuer {
		return false
	}
	if len(role.Subjects) > 0 && !meansAny(role.Subjects, []string{subject}) {
		return false
	}
	return len(role.Audiences) == 0 || slices.ContainsFunc(role.Audiences, func(a string) bool { return slices.Contains(audiences, a) })
}
