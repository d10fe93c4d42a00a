package aws

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// call is a request that the service got: those of Secrets Manager and Parameter Store as JSON, STS's as a form.
type call struct {
	Operation string
	JSON      struct {
		SecretIDs []string `json:"SecretIdList"`
		SecretID  string   `json:"SecretId"`
		Version   string   `json:"VersionId"`
		Stage     string   `json:"VersionStage"`
		NextToken string

		Name, Path, ResourceID, ResourceType string
		Names                                []string
		Filters, ParameterFilters            []filter
		MaxResults                           int
		Recursive, WithDecryption            bool
	}
	Form   url.Values
	Header http.Header
}

// filter is one of a list, of either service.
type filter struct {
	Key, Option string
	Values      []string
}

// reply is the service's answer: a body that is encoded as JSON, or text that is sent as it is.
type reply struct {
	Status int
	Body   any
	Text   string
	Date   string // instead of the present
}

// refuse is an error answer of the JSON protocol.
func refuse(code, message string) reply {
	return reply{Status: http.StatusBadRequest, Body: map[string]string{"__type": code, "Message": message}}
}

// server is Secrets Manager, Parameter Store and STS for one test, as far as the wire goes: what they answer is the test's.
type server struct {
	URL string

	mu    sync.Mutex
	calls []call
}

func serve(t *testing.T, answer func(call) reply) *server {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"AWS_SESSION_TOKEN": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	s := &server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := parse(r)
		if !assert.NoError(t, err) {
			return
		}
		s.mu.Lock()
		s.calls = append(s.calls, c)
		s.mu.Unlock()
		write(t, w, answer(c))
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

func parse(r *http.Request) (call, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return call{}, err
	}
	c := call{Header: r.Header}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		_, c.Operation, _ = strings.Cut(target, ".")
		return c, json.Unmarshal(body, &c.JSON)
	}
	c.Form, err = url.ParseQuery(string(body))
	c.Operation = c.Form.Get("Action")
	return c, err
}

func write(t *testing.T, w http.ResponseWriter, answer reply) {
	text := []byte(answer.Text)
	if answer.Body != nil {
		var err error
		if text, err = json.Marshal(answer.Body); !assert.NoError(t, err) {
			return
		}
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if answer.Date != "" {
		w.Header().Set("Date", answer.Date)
	}
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	_, _ = w.Write(text) // the client may be gone: a test that cancels
}

// made returns the calls so far.
func (s *server) made() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// operations returns the names of the calls so far.
func (s *server) operations() []string {
	var names []string
	for _, c := range s.made() {
		names = append(names, c.Operation)
	}
	return names
}

func (s *server) provider() Provider {
	return Provider{Getenv: func(name string) string {
		switch name {
		case "AWS_SECRETSMANAGER_ENDPOINT", "AWS_SSM_ENDPOINT", "AWS_STS_ENDPOINT":
			return s.URL
		default:
			return ""
		}
	}}
}

// open opens a store with static keys, whose requests are tried so many times with next to no wait.
func (s *server) open(t *testing.T, attempts int32, change ...func(*api.AWSProvider)) provider.Reader {
	t.Helper()
	spec := staticSpec()
	for _, c := range change {
		c(&spec)
	}
	store := storeOf(t, spec)
	wait := "1ms"
	store.Retry = &api.StoreRetrySettings{MaxRetries: &attempts, RetryInterval: &wait}
	reader, err := s.provider().Open(t.Context(), store, keychain{})
	require.NoError(t, err)
	return reader
}

// ofParameters makes a spec one of Parameter Store.
func ofParameters(spec *api.AWSProvider) { spec.Service = api.AWSParameterStoreService }

func staticSpec() api.AWSProvider {
	return api.AWSProvider{
		Service: api.AWSSecretsManagerService, Region: "eu-central-1",
		Auth: api.AWSAuth{SecretRef: &api.AWSSecretRef{
			AccessKeyID:     &api.SecretKeySelector{Name: "keys", Key: "id"},
			SecretAccessKey: &api.SecretKeySelector{Name: "keys", Key: "secret"},
		}},
	}
}

func storeOf(t *testing.T, spec api.AWSProvider) provider.Store {
	t.Helper()
	raw, err := json.Marshal(spec)
	require.NoError(t, err)
	return provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "aws", Consumer: "shop", Spec: raw}
}

// keychain is what a store logs in with: every Secret has every key, under the value NAMESPACE-NAME-KEY.
type keychain struct {
	provider.Credentials // what AWS has no use for

	annotations map[string]string
	audiences   *[]string
}

func (keychain) Secret(_ context.Context, namespace, name, key string) (secret.Value, error) {
	if name == "missing" {
		return secret.Value{}, errors.New("there is no Secret")
	}
	return secret.FromString(namespace + "-" + name + "-" + key), nil
}

func (k keychain) ServiceAccount(context.Context, string, string) (map[string]string, error) {
	return k.annotations, nil
}

func (k keychain) Token(_ context.Context, namespace, name string, audiences []string) (secret.Value, time.Time, error) {
	if k.audiences != nil {
		*k.audiences = audiences
	}
	return secret.FromString("token-of-" + namespace + "-" + name), time.Now().Add(time.Hour), nil
}

func refs(keys ...string) []provider.Ref {
	var all []provider.Ref
	for _, key := range keys {
		all = append(all, provider.Ref{Key: key})
	}
	return all
}
