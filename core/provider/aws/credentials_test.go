package aws

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// noting is a keychain that notes what it is asked for.
type noting struct {
	keychain
	asked *[]provider.CredentialRef
}

func (n noting) note(kind provider.CredentialKind, namespace, name string) {
	*n.asked = append(*n.asked, provider.CredentialRef{Kind: kind, Namespace: namespace, Name: name})
}

func (n noting) Secret(ctx context.Context, namespace, name, key string) (secret.Value, error) {
	n.note(provider.CredentialSecret, namespace, name)
	return n.keychain.Secret(ctx, namespace, name, key)
}

func (n noting) ServiceAccount(ctx context.Context, namespace, name string) (map[string]string, error) {
	n.note(provider.CredentialServiceAccount, namespace, name)
	return n.keychain.ServiceAccount(ctx, namespace, name)
}

func (n noting) Token(ctx context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	n.note(provider.CredentialToken, namespace, name)
	return n.keychain.Token(ctx, namespace, name, audiences)
}

func TestOpenAsksForTheCredentialsThatLocateNames(t *testing.T) {
	const keys = `"secretRef":{"accessKeyIDSecretRef":{"name":"a","key":"id"},"secretAccessKeySecretRef":{"name":"b","key":"key"},"sessionTokenSecretRef":{"name":"c","key":"token"}}`
	const account = `"jwt":{"serviceAccountRef":{"name":"sa"}}`
	for name, tc := range map[string]struct {
		auth string
		want int
	}{
		"the process":                        {"", 0},
		"keys":                               {keys, 3},
		"a service account":                  {account, 2},
		"a service account goes before keys": {account + "," + keys, 2},
	} {
		t.Run(name, func(t *testing.T) {
			store := manifestOf(`{"service":"SecretsManager","region":"us-east-1","auth":{` + tc.auth + `}}`)
			p := Provider{Getenv: func(string) string { return "" }}
			location, err := p.Locate(store)
			require.NoError(t, err)
			var asked []provider.CredentialRef
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // the login itself is of no interest
			_, _ = p.Open(ctx, store, noting{keychain{annotations: map[string]string{annotationRole: role + "pod"}}, &asked})
			assert.Len(t, asked, tc.want)
			assert.Equal(t, asked, location.Credentials)
		})
	}
}
