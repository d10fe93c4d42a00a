package contract_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/control"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/endpoint"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/gate"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/moto"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/traffic"
)

const (
	region  = "eu-central-1"
	account = "123456789012"
)

func admin() aws.Credentials {
	return aws.Credentials{AccessKeyID: "AKIACONTRACTADMIN001", SecretAccessKey: "admin-of-the-contract"}
}

// server is one of the two servers.
type server struct {
	url  string
	fake bool
}

// names makes the names of one sentence's secrets different from those of all others, since moto is never emptied.
var names atomic.Int64

func startFake(t *testing.T) *server {
	web := httptest.NewServer(endpoint.New())
	t.Cleanup(web.Close)
	return &server{url: web.URL, fake: true}
}

func startMoto(t *testing.T) *server {
	dir := os.Getenv("MOTO_DIR")
	if dir == "" {
		cache, err := os.UserCacheDir()
		require.NoError(t, err)
		dir = filepath.Join(cache, "kubectl-externalsecret", "moto")
	}
	if _, err := os.Stat(filepath.Join(dir, "serve")); err != nil {
		message := "THE CONTRACT IS NOT CHECKED AGAINST MOTO: there is none in " + dir + "; test/moto/get.sh fetches it"
		if os.Getenv("REQUIRE_MOTO") != "" {
			t.Fatal(message)
		}
		fmt.Fprintln(os.Stderr, message)
		t.Skip(message)
	}
	running, err := moto.Start(t.Context(), dir, io.Discard)
	require.NoError(t, err)
	t.Cleanup(running.Stop)
	web := httptest.NewServer(gate.New(running.URL))
	t.Cleanup(web.Close)
	return &server{url: web.URL}
}

// reset leaves nothing of an earlier sentence but, with moto, its secrets.
func (s *server) reset(t *testing.T) {
	t.Helper()
	s.control(t, "reset", control.Reset{All: true})
	s.control(t, "keys", identity.Key{ID: admin().AccessKeyID, Secret: admin().SecretAccessKey})
}

// control sends a request to the control side.
func (s *server) control(t *testing.T, path string, in any) {
	t.Helper()
	body, err := json.Marshal(in)
	require.NoError(t, err)
	status, answer := s.ask(t, http.MethodPost, path, body)
	require.Equal(t, http.StatusNoContent, status, "%s", answer)
}

// role adds a role where roles must exist to be assumed: moto asks for none.
func (s *server) role(t *testing.T, r identity.Role) {
	t.Helper()
	if s.fake {
		s.control(t, "roles", r)
	}
}

func (s *server) counts(t *testing.T) traffic.Counts {
	t.Helper()
	var c traffic.Counts
	s.read(t, "counters", &c)
	return c
}

func (s *server) sessions(t *testing.T) []identity.Session {
	t.Helper()
	var all []identity.Session
	s.read(t, "sessions", &all)
	return all
}

func (s *server) read(t *testing.T, path string, out any) {
	t.Helper()
	status, answer := s.ask(t, http.MethodGet, path, nil)
	require.Equal(t, http.StatusOK, status, "%s", answer)
	require.NoError(t, json.Unmarshal([]byte(answer), out))
}

func (s *server) ask(t *testing.T, method, path string, body []byte) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+control.Prefix+path, bytes.NewReader(body))
	require.NoError(t, err)
	return send(t, r)
}

// send sends a request and reads the whole answer.
func send(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	return response.StatusCode, string(body)
}

func (s *server) config(c aws.Credentials) aws.Config {
	return aws.Config{
		Region: region, BaseEndpoint: &s.url,
		Credentials: credentials.StaticCredentialsProvider{Value: c},
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// as is a Secrets Manager client with these credentials; secrets is one that may do everything.
func (s *server) as(c aws.Credentials) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(s.config(c))
}

func (s *server) secrets() *secretsmanager.Client { return s.as(admin()) }

// stsAs is an STS client with these credentials; sts is one that may do everything.
func (s *server) stsAs(c aws.Credentials) *sts.Client { return sts.NewFromConfig(s.config(c)) }

func (s *server) sts() *sts.Client { return s.stsAs(admin()) }

// name makes up a name that no other sentence has.
func name(suffix string) string { return fmt.Sprintf("contract/%d/%s", names.Add(1), suffix) }

// create makes a secret and returns its ARN.
func (s *server) create(t *testing.T, name, value string) string {
	t.Helper()
	made, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
	require.NoError(t, err)
	return *made.ARN
}

// get reads a secret that must be readable.
func (s *server) get(t *testing.T, in secretsmanager.GetSecretValueInput) *secretsmanager.GetSecretValueOutput {
	t.Helper()
	out, err := s.secrets().GetSecretValue(t.Context(), &in)
	require.NoError(t, err)
	return out
}

// code is the AWS code of an error that there must be.
func code(t *testing.T, err error) string {
	t.Helper()
	var refused smithy.APIError
	require.ErrorAs(t, err, &refused)
	return refused.ErrorCode()
}

// message is the text of an AWS error that there must be.
func message(t *testing.T, err error) string {
	t.Helper()
	var refused smithy.APIError
	require.ErrorAs(t, err, &refused)
	return refused.ErrorMessage()
}
