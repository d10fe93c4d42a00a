package aws

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// hasty answers before it has come to the end of what it sends, as Go's transport does on a busy machine.
type hasty struct{ unsent io.Reader }

// Do implements aws.HTTPClient.
func (h *hasty) Do(r *http.Request) (*http.Response, error) {
	h.unsent = r.Body
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

func TestARequestThatIsAnsweredEarlyEndsInPeace(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	config, err := Provider{Getenv: func(string) string { return "" }}.login(t.Context(), provider.Store{},
		&api.AWSProvider{Region: "us-east-1", Service: api.AWSSecretsManagerService}, nil, &provider.Meter{})
	require.NoError(t, err)
	client, ok := config.HTTPClient.(calmClient)
	require.True(t, ok, "%T", config.HTTPClient)
	early := &hasty{}
	client.HTTPClient = early
	config.HTTPClient = client

	_, err = secretsmanager.NewFromConfig(config).BatchGetSecretValue(t.Context(),
		&secretsmanager.BatchGetSecretValueInput{SecretIdList: []string{"a"}})
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, early.unsent)
	require.NoError(t, err, "for this the transport would break off the connection while the answer is read")
}

func TestAServerThatIsNotTrustedIsAskedOnce(t *testing.T) {
	strange := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(strange.Close)
	s := serve(t, nil)
	s.URL = strange.URL
	reader := s.open(t, 3)
	require.ErrorContains(t, reader.Read(t.Context(), []provider.Ref{{Key: "a"}})[0].Err, "certificate")
	stats := reader.Stats()
	assert.Equal(t, map[string]int{"SecretsManager.GetSecretValue": 1}, stats.Requests, "its certificate stays as it is")
}
