package gcpsm

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	opToken    = "Token"
	opExchange = "ExchangeToken"
	opGenerate = "GenerateAccessToken"

	tokenURL    = "https://oauth2.googleapis.com/token" //nolint:gosec // where tokens are, and none
	exchangeURL = "https://sts.googleapis.com/v1/token"
	// scope is the one that Secret Manager takes: what the caller may is decided by IAM.
	scope = "https://www.googleapis.com/auth/cloud-platform"
	// annotationAccount is set on a service account of Kubernetes that acts as one of Google's.
	annotationAccount = "iam.gke.io/gcp-service-account"
	// renewBefore is how long before its end a token is not used any more.
	renewBefore = time.Minute
)

var accountEmail = regexp.MustCompile(`^[a-z0-9._-]+@[a-z0-9.-]+$`)

// token is what a login brings.
type token struct {
	access string
	ends   time.Time // zero means that it is not known
	// caller is whose it is, as IAM names it, where that is known without asking Google.
	caller string
	// quota is the project that is charged for requests, where the login says that.
	quota string
}

// login gets a token.
type login func(ctx context.Context) (token, error)

// session keeps the token of a login, and renews it before it ends.
type session struct {
	login login
	mu    sync.Mutex
	held  token
}

func (s *session) token(ctx context.Context) (token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held.access != "" && (s.held.ends.IsZero() || time.Until(s.held.ends) > renewBefore) {
		return s.held, nil
	}
	got, err := s.login(ctx)
	if err != nil {
		return token{}, err
	}
	s.held = got
	return got, nil
}

// loginFor is the way of logging in that the spec names.
func (p Provider) loginFor(ctx context.Context, c *client, store provider.Store, spec *storeSpec, source provider.Credentials) (login, error) {
	switch auth := spec.Auth; {
	case auth.SecretRef != nil:
		const at = field + ".auth.secretRef.secretAccessKeySecretRef"
		ref := auth.SecretRef.SecretAccessKey
		value, err := source.Secret(ctx, store.AuthNamespace(ref.Namespace), ref.Name, ref.Key)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", at, err)
		}
		key, err := readKey(value.Reveal(), at)
		if err != nil {
			return nil, err
		}
		return c.withKey(key), nil
	case auth.WorkloadIdentity != nil:
		return c.asAccount(store, spec, source), nil
	case auth.WorkloadIdentityFederation != nil:
		return c.federated(store, spec, source), nil
	default:
		return p.asProcess(c)
	}
}

// granted is what token endpoints answer with.
type granted struct {
	Access  string `json:"access_token"`
	Seconds int64  `json:"expires_in"`
}

// grant asks a token endpoint.
func (c *client) grant(ctx context.Context, call call) (token, error) {
	var got granted
	if err := c.do(ctx, call, &got, nil); err != nil {
		return token{}, err
	}
	return got.token(call.op)
}

func (g granted) token(op string) (token, error) {
	if g.Access == "" {
		return token{}, unreadable(op)
	}
	return token{access: g.Access, ends: time.Now().Add(time.Duration(g.Seconds) * time.Second)}, nil
}

// impersonate trades a token for one of a service account.
func (c *client) impersonate(ctx context.Context, as token, email string) (token, error) {
	var got struct {
		Access string    `json:"accessToken"`
		Ends   time.Time `json:"expireTime"`
	}
	err := c.do(ctx, call{
		service: "IAMCredentials", op: opGenerate, subject: email, token: as.access,
		url:  "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/" + url.PathEscape(email) + ":generateAccessToken",
		body: map[string]any{"scope": []string{scope}},
	}, &got, nil)
	if err != nil {
		return token{}, err
	}
	if got.Access == "" {
		return token{}, unreadable(opGenerate)
	}
	return token{access: got.Access, ends: got.Ends, caller: "serviceAccount:" + email}, nil
}
