package render_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

const ofAWS = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: aws, namespace: shop}
spec:
  retrySettings: {maxRetries: 1}
  provider:
    aws:
      service: SecretsManager
      region: eu-central-1
      prefix: prod/
      auth:
        secretRef:
          accessKeyIDSecretRef: {name: login, key: id}
          secretAccessKeySecretRef: {name: login, key: key}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: shop}
stringData: {id: AKIDOFTHEMANIFEST, key: canary-login}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: db, namespace: shop}
spec:
  secretStoreRef: {name: aws}
  data: [{secretKey: password, remoteRef: {key: db}}]
`

// TestProvidersAreAskedWithTheCredentialsOfTheManifests has the endpoint of AWS answer, or refuse with what it was sent.
func TestProvidersAreAskedWithTheCredentialsOfTheManifests(t *testing.T) {
	for name, tc := range map[string]struct {
		status       int
		answer       string
		code         int
		out, problem string
	}{
		"and their answer is rendered": {
			http.StatusOK, `{"Name":"prod/db","SecretString":"canary-password"}`, 0, "password: '*** (15 bytes)'", "",
		},
		"and their refusal is told without what is secret": {
			http.StatusBadRequest, `{"__type":"InvalidRequestException","Message":"no: canary-login"}`, 1, "", "InvalidRequestException: no: [redacted]",
		},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				assert.Equal(t, "secretsmanager.GetSecretValue", r.Header.Get("X-Amz-Target"))
				assert.Contains(t, r.Header.Get("Authorization"), "Credential=AKIDOFTHEMANIFEST/")
				w.Header().Set("Content-Type", "application/x-amz-json-1.1")
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.answer)
			}))
			t.Cleanup(endpoint.Close)
			t.Setenv("KUBECONFIG", t.TempDir()+"/none")
			getenv := func(name string) string {
				return map[string]string{"AWS_SECRETSMANAGER_ENDPOINT": endpoint.URL}[name]
			}
			out, errOut := &bytes.Buffer{}, &bytes.Buffer{}
			streams := genericiooptions.IOStreams{In: strings.NewReader(ofAWS), Out: out, ErrOut: errOut}
			command := plugin.NewCommand(streams, all.Providers(getenv), version.Stamp{})
			assert.Equal(t, tc.code, plugin.Run(t.Context(), command, []string{"render", "-f", "-"}))
			require.Equal(t, 1, asked)
			assert.Contains(t, out.String(), tc.out)
			assert.Contains(t, errOut.String(), tc.problem)
			assert.NotContains(t, out.String()+errOut.String(), "canary")
		})
	}
}
