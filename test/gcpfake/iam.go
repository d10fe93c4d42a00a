package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	tokenLife     = time.Hour
	tokenURL      = "https://oauth2.googleapis.com/token"
	secretsScope  = "https://www.googleapis.com/auth/cloud-platform"
	googleAccount = ".gserviceaccount.com"
)

// iam knows who there is, what they may, and which tokens are out.
type iam struct {
	mu sync.Mutex
	// keys are the public keys of service accounts by key id.
	keys map[string]accountKey
	// users are those who log in with a refresh token, which is the key.
	users map[string]string
	// issuers are the identity providers of workload identity pools by audience.
	issuers map[string]issuer
	// bindings are what members may.
	bindings []binding
	// denied are secrets whose values nobody may read.
	denied map[string]bool
	tokens map[string]session
}

type accountKey struct {
	email  string
	public *rsa.PublicKey
}

// session is what an access token stands for.
type session struct {
	member string // such as serviceAccount:a@b.iam.gserviceaccount.com, as in a binding
	ends   time.Time
}

// issuer is an identity provider that a pool trusts.
type issuer struct {
	// Audience is what a login names it by: identitynamespace:POOL:PROVIDER, or //iam.googleapis.com/…/providers/PROVIDER.
	Audience string `json:"audience"`
	// Issuer and JWKS are those of the tokens, which are for one of Audiences.
	Issuer    string             `json:"issuer"`
	JWKS      jose.JSONWebKeySet `json:"jwks"`
	Audiences []string           `json:"audiences"`
}

// binding is one of a policy of IAM's, and of which resource: a project such as projects/shop, a secret, or
// serviceAccounts/EMAIL.
type binding struct {
	Resource string   `json:"resource"`
	Role     string   `json:"role"`
	Members  []string `json:"members"`
	// Condition is an expression, of which one sort is understood.
	Condition string `json:"condition"`
}

// beginning is the one condition that is understood: how the names of secrets begin.
var beginning = regexp.MustCompile(`^resource\.name\.extract\("/secrets/\{name\}"\)\.startsWith\("([^"\\]*)"\)$`)

// holds tells whether the condition is met by a resource.
func (b binding) holds(resource string) bool {
	if b.Condition == "" {
		return true
	}
	parts := beginning.FindStringSubmatch(b.Condition)
	_, name, ok := strings.Cut(resource, "/secrets/")
	return parts != nil && ok && strings.HasPrefix(name, parts[1])
}

func newIAM() *iam {
	return &iam{keys: map[string]accountKey{}, users: map[string]string{}, issuers: map[string]issuer{}, denied: map[string]bool{}, tokens: map[string]session{}}
}

// roles are what Google's predefined roles permit of what is served here.
var roles = map[string][]string{
	"roles/secretmanager.admin": {"secretmanager.versions.access", "secretmanager.versions.get", "secretmanager.versions.list",
		"secretmanager.secrets.get", "secretmanager.secrets.list", "secretmanager.secrets.create", "secretmanager.versions.add", "secretmanager.versions.disable"},
	"roles/secretmanager.secretAccessor":   {"secretmanager.versions.access"},
	"roles/secretmanager.viewer":           {"secretmanager.versions.get", "secretmanager.versions.list", "secretmanager.secrets.get", "secretmanager.secrets.list"},
	"roles/iam.workloadIdentityUser":       {"iam.serviceAccounts.getAccessToken"},
	"roles/iam.serviceAccountTokenCreator": {"iam.serviceAccounts.getAccessToken"},
}

// permits tells whether a member may do something with a resource, by a binding of it or of the project it is in.
func (i *iam) permits(member, permission, resource string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if permission == "secretmanager.versions.access" && i.denied[resource] {
		return false
	}
	return slices.ContainsFunc(i.bindings, func(b binding) bool {
		return (b.Resource == resource || strings.HasPrefix(resource, b.Resource+"/")) &&
			slices.Contains(b.Members, member) && slices.Contains(roles[b.Role], permission) && b.holds(resource)
	})
}

func (i *iam) unbindAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bindings = nil
}

func (i *iam) bind(b binding) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.bindings = append(i.bindings, b)
}

// newKey makes a key of a service account, and returns it as the JSON that Google gives out has it.
func (i *iam) newKey(email string) (map[string]string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a key: %w", err)
	}
	id := strings.ToLower(rand.Text())
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys[id] = accountKey{email: email, public: &key.PublicKey}
	_, project, _ := strings.Cut(strings.TrimSuffix(email, ".iam"+googleAccount), "@")
	return map[string]string{
		"type": "service_account", "project_id": project, "private_key_id": id,
		"private_key":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})),
		"client_email": email, "client_id": "100000000000000000001", "auth_uri": "https://accounts.google.com/o/oauth2/auth", "token_uri": tokenURL,
		"universe_domain": "googleapis.com",
	}, nil
}

// give makes an access token.
func (i *iam) give(member string) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	token := "ya29.fake-" + rand.Text()
	i.tokens[token] = session{member: member, ends: time.Now().Add(tokenLife)}
	return token
}

// revokeAll ends all tokens.
func (i *iam) revokeAll() {
	i.mu.Lock()
	defer i.mu.Unlock()
	clear(i.tokens)
}

var errUnknown = errors.New("the token is not known")

// caller is whose an access token is, or a token that a service account has signed by itself for Secret Manager.
func (i *iam) caller(token string) (session, error) {
	i.mu.Lock()
	s, ok := i.tokens[token]
	i.mu.Unlock()
	if ok && time.Now().Before(s.ends) {
		return s, nil
	}
	email, claims, err := i.signed(token)
	if err != nil {
		return session{}, errUnknown
	}
	if scope, _ := claims["scope"].(string); scope != secretsScope && claims["aud"] != "https://secretmanager.googleapis.com/" {
		return session{}, errUnknown
	}
	return session{member: "serviceAccount:" + email}, nil
}

// signed checks a token that a service account has signed with one of its keys.
func (i *iam) signed(token string) (email string, claims map[string]any, err error) {
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "", nil, err
	}
	i.mu.Lock()
	key, ok := i.keys[parsed.Headers[0].KeyID]
	i.mu.Unlock()
	if !ok {
		return "", nil, errors.New("no such key")
	}
	var registered jwt.Claims
	if err := parsed.Claims(key.public, &registered, &claims); err != nil {
		return "", nil, err
	}
	if registered.Issuer != key.email {
		return "", nil, errors.New("the key is another's")
	}
	if registered.Expiry == nil || registered.IssuedAt == nil || registered.Expiry.Time().Sub(registered.IssuedAt.Time()) > time.Hour {
		return "", nil, errors.New("the token must be of at most an hour")
	}
	return key.email, claims, registered.ValidateWithLeeway(jwt.Expected{Time: time.Now()}, time.Minute)
}
