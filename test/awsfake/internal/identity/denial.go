package identity

import (
	"cmp"
	"strings"
)

// Denial takes a right away. Without any denial every principal may do everything in its own account.
type Denial struct {
	// Principal it applies to: key id, ARN of a user, role or session, with * for any text; empty means everybody.
	Principal string `json:"principal,omitempty"`
	// Action such as secretsmanager:GetSecretValue, with * for any text.
	Action string `json:"action"`
	// Resource is a prefix of the name of the secret or parameter, of a path, or of the role's ARN; empty means every resource, also that
	// of actions without any.
	Resource string `json:"resource,omitempty"`
	// Policy is the sort of policy that lacks the right, such as "VPC endpoint policy"; empty means one of the identity. With Explicit
	// it forbids the action in so many words.
	Policy   string `json:"policy,omitempty"`
	Explicit bool   `json:"explicit,omitempty"`
}

// because ends the sentence that says what is denied, in AWS's words.
func (d Denial) because(action string) string {
	policy := cmp.Or(d.Policy, identityPolicy)
	if !d.Explicit {
		return "because no " + policy + " allows the " + action + " action"
	}
	article := "a"
	if strings.ContainsAny(policy[:1], "aeiou") {
		article = "an"
	}
	return "with an explicit deny in " + article + " " + policy
}

// identityPolicy is what AWS calls the policies of users and roles.
const identityPolicy = "identity-based policy"

// Permission is what a policy allows. Who has one may do nothing that no permission of theirs allows, save to use keys of KMS.
type Permission struct {
	// Principal is meant as that of a Denial is.
	Principal string `json:"principal,omitempty"`
	Action    string `json:"action"`
	// Resource is an ARN with * for any text and ? for any character.
	Resource string `json:"resource"`
}

// Permit adds a permission.
func (r *Registry) Permit(p Permission) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.permissions = append(r.permissions, p)
}

// Deny adds a denial.
func (r *Registry) Deny(d Denial) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denials = append(r.denials, d)
}

// AllowAll forgets all denials and permissions.
func (r *Registry) AllowAll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denials, r.permissions = nil, nil
}

// Allowed reports whether nothing denies the action on a resource to the principal. resource is the name of a secret or parameter, a
// path, a role's ARN, or empty for an action that is about no single one; arn is by what permissions mean it.
func (r *Registry) Allowed(p Principal, action, resource, arn string) bool {
	return r.Refusal(p, action, resource, arn) == ""
}

// Refusal is why Allowed does not, as the end of a sentence of AWS's; empty if it does.
func (r *Registry) Refusal(p Principal, action, resource, arn string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if !r.permitted(p, action, arn) {
		return Denial{}.because(action)
	}
	for _, d := range r.denials {
		if Match(d.Action, action) && strings.HasPrefix(resource, d.Resource) &&
			(d.Principal == "" || meansAny([]string{d.Principal}, p.names())) {
			return d.because(action)
		}
	}
	return ""
}

// permitted reports whether a principal that has permissions has one for the action.
func (r *Registry) permitted(p Principal, action, arn string) bool {
	limited := false
	for _, granted := range r.permissions {
		if granted.Principal != "" && !meansAny([]string{granted.Principal}, p.names()) {
			continue
		}
		if Match(granted.Action, action) && Match(granted.Resource, arn) {
			return true
		}
		limited = true
	}
	return !limited || strings.HasPrefix(action, "kms:")
}
