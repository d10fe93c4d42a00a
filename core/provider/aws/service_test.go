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

// call is a request that the service got: Secrets Manager's as JSON, STS's as a form.
type call struct {
	Operation string
	JSON      struct {
		SecretIDs []string `json:"SecretIdList"`
		SecretID  string   `json:"SecretId"`
		Version   string   `json:"VersionId"`
		Stage     string   `json:"VersionStage"`
		NextToken string
	}
	Form   url.Values
	Header http.Header
}

// reply is the service's answer: a body that is encoded as JSON, or text that is sent as it is.
type reply struct {
	Status int
	Body   any
	Text   string
}

// refuse is an error answer of the JSON protocol.
func refuse(code, message string) reply {
	return reply{Status: http.StatusBadRequest, Body: map[string]string{"__type": code, "Message": message}}
}

// service is Secrets Manager and STS for one test, as far as the wire goes: what they answer is the test's.
type service struct {
	URL string

	mu    sync.Mutex
	calls []call
}

func serve(t *testing.T, answer func(call) reply) *service {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_PROFILE": "", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "",
		"AWS_SESSION_TOKEN": "", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}
	s := &service{}
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
		c.Operation = strings.TrimPrefix(target, "secretsmanager.")
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
	if answer.Status != 0 {
		w.WriteHeader(answer.Status)
	}
	_, _ = w.Write(text) // the client may be gone: a test that cancels
}

// made returns the calls so far.
func (s *service) made() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// operations returns the names of the calls so far.
func (s *service) operations() []string {
	var names []string
	for _, c := range s.made() {
		names = append(names, c.Operation)
	}
	return names
}

func (s *service) provider() Provider {
	return Provider{Getenv: func(name string) string {
		if name == "AWS_SECRETSMANAGER_ENDPOINT" || name == "AWS_STS_ENDPOINT" {
			return s.URL
		}
		return ""
	}}
}

// open opens a store with static keys, whose requests are tried so many times with next to no wait.
func (s *service) open(t *testing.T, attempts int32, change ...func(*api.AWSProvider)) provider.Reader {
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
