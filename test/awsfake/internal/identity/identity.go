// Package identity knows who may call: users and their access keys, roles, the sessions made of them, and what is denied to whom.
// It decides; how a refusal is spelt on the wire, and what a request wants, is not its business.
package identity

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/sigv4"
)

// DefaultAccount is the account of keys that name none; every public emulator uses it.
const DefaultAccount = "123456789012"

// Key is a user's long-term access key, or somebody's temporary one when it has a session token.
type Key struct {
	ID      string `json:"accessKeyId"`
	Secret  string `json:"secretAccessKey"`
	Token   string `json:"sessionToken,omitempty"`
	Account string `json:"account,omitempty"` // 12 digits, default DefaultAccount
	User    string `json:"user,omitempty"`    // IAM user name, default "admin"
}

// Principal is who sent a request.
type Principal struct {
	KeyID   string
	Account string
	ARN     string   // of the IAM user, or arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION
	Role    string   // ARN of the role behind the session, empty for a user
	Session *Session // nil for a user
}

// names are all the ARNs and ids a rule can mean this principal by.
func (p Principal) names() []string {
	return []string{p.KeyID, p.ARN, p.Role, "arn:aws:iam::" + p.Account + ":root"}
}

// Registry holds all identities. It is safe for concurrent use.
type Registry struct {
	mu          sync.RWMutex
	keys        map[string]Key
	roles       map[string]Role
	sessions    map[string]*Session
	denials     []Denial
	permissions []Permission
	life        time.Duration // of new sessions, 0 for what was asked
}

// NewRegistry returns a registry that knows nobody.
func NewRegistry() *Registry {
	r := &Registry{}
	r.Reset()
	return r
}

// Reset forgets everybody and everything.
func (r *Registry) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.roles, r.sessions = map[string]Key{}, map[string]Role{}, map[string]*Session{}
	r.denials, r.permissions, r.life = nil, nil, 0
}

// PutKey adds an access key, or replaces the one of the same id.
func (r *Registry) PutKey(k Key) {
	k.Account = cmp.Or(k.Account, DefaultAccount)
	k.User = cmp.Or(k.User, "admin")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[k.ID] = k
}

// Credential is what signatures of a key id are checked against, and false when there is no such key.
func (r *Registry) Credential(keyID string) (sigv4.Credential, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if k, ok := r.keys[keyID]; ok {
		return sigv4.Credential{Secret: k.Secret, Token: k.Token}, true
	}
	if s, ok := r.sessions[keyID]; ok {
		return sigv4.Credential{Secret: s.secret, Token: s.token, Expires: s.Expires}, true
	}
	return sigv4.Credential{}, false
}

// Principal is who a key id belongs to; the zero Principal when it belongs to nobody.
func (r *Registry) Principal(keyID string) Principal {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if k, ok := r.keys[keyID]; ok {
		return Principal{KeyID: keyID, Account: k.Account, ARN: "arn:aws:iam::" + k.Account + ":user/" + k.User}
	}
	if s, ok := r.sessions[keyID]; ok {
		return Principal{KeyID: keyID, Account: AccountOf(s.Role), ARN: s.ARN, Role: s.Role, Session: s}
	}
	return Principal{}
}

// AccountOf is the account an IAM ARN belongs to, empty when it is no ARN.
func AccountOf(arn string) string {
	if part := strings.Split(arn, ":"); len(part) > 4 {
		return part[4]
	}
	return ""
}

// Match reports whether a name is meant by a pattern in which * stands for any text, also an empty one, and ? for any character.
func Match(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	switch pattern[0] {
	case '*':
		for at := range len(name) + 1 {
			if Match(pattern[1:], name[at:]) {
				return true
			}
		}
		return false
	case '?':
		return name != "" && Match(pattern[1:], name[1:])
	default:
		return name != "" && name[0] == pattern[0] && Match(pattern[1:], name[1:])
	}
}

// meansAny reports whether one of the patterns means one of the names. Empty names are nobody's.
func meansAny(patterns, names []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return name != "" && Match(pattern, name) })
	})
}
