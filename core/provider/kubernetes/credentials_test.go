package kubernetes

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// noting is a keychain that notes what it is asked for, and gives every certificate.
type noting struct {
	keychain
	certificate string
	asked       *[]provider.CredentialRef
}

func (n noting) note(kind provider.CredentialKind, namespace, name string) {
	*n.asked = append(*n.asked, provider.CredentialRef{Kind: kind, Namespace: namespace, Name: name})
}

func (n noting) Secret(_ context.Context, namespace, name, _ string) (secret.Value, error) {
	n.note(provider.CredentialSecret, namespace, name)
	return secret.FromString(n.certificate), nil
}

func (n noting) ConfigMap(_ context.Context, namespace, name, _ string) (string, error) {
	n.note(provider.CredentialConfigMap, namespace, name)
	return n.certificate, nil
}

func (n noting) Token(ctx context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	n.note(provider.CredentialToken, namespace, name)
	return n.keychain.Token(ctx, namespace, name, audiences)
}

func TestOpenAsksForTheCredentialsThatLocateNames(t *testing.T) {
	c := serve(t, func(call) reply { return reply{} })
	const token = `"auth":{"token":{"bearerToken":{"name":"login","key":"token"}}}`
	for name, tc := range map[string]struct {
		spec string
		want int
	}{
		"a token":                    {`{` + token + `}`, 1},
		"a certificate":              {`{"auth":{"cert":{"clientCert":{"name":"crt","key":"a"},"clientKey":{"name":"key","key":"b"}}}}`, 2},
		"a service account":          {`{"auth":{"serviceAccount":{"name":"sa"}}}`, 1},
		"a kubeconfig":               {`{"authRef":{"name":"login","key":"kubeconfig"}}`, 1},
		"a CA in a ConfigMap":        {`{"server":{"url":"https://a","caProvider":{"type":"ConfigMap","name":"ca","key":"crt"}},` + token + `}`, 2},
		"a CA in a Secret":           {`{"server":{"url":"https://a","caProvider":{"type":"Secret","name":"ca","key":"crt"}},` + token + `}`, 2},
		"the own server needs no CA": {`{"server":{"caProvider":{"type":"Secret","name":"ca","key":"crt"}},` + token + `}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: []byte(tc.spec)}
			location, err := Provider{}.Locate(store)
			require.NoError(t, err)
			var asked []provider.CredentialRef
			_, _ = Provider{}.Open(t.Context(), store, noting{keychain{Own: &rest.Config{Host: c.URL}}, string(c.CA), &asked})
			assert.Len(t, asked, tc.want)
			assert.ElementsMatch(t, asked, location.Credentials)
		})
	}
}
