package core_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// server is an API server that gives out what it was given, takes every write and keeps none: what a pass asks for is the test's
// matter, and what an API server makes of it is the end-to-end tests'.
type server struct {
	// lists are the objects by resource, such as "externalsecrets", in YAML.
	lists map[string][]string
	// refuse, if set, answers a request with a failure: the message of a Status; empty means that the request succeeds.
	refuse func(request string) string

	mu     sync.Mutex
	writes []string          // "POST secrets", "PATCH externalsecrets/status NAME", in the order of their arrival
	bodies map[string]string // by the same name
}

func (s *server) serve(t *testing.T) *rest.Config {
	t.Helper()
	s.bodies = map[string]string{}
	http := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.handle(t, w, r) }))
	t.Cleanup(http.Close)
	return &rest.Config{Host: http.URL, QPS: -1}
}

func (s *server) handle(t *testing.T, w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Path == "/apis/"+api.Group {
		send(t, w, metav1.APIGroup{Name: api.Group, Versions: []metav1.GroupVersionForDiscovery{{GroupVersion: api.APIVersion, Version: api.V1}}})
		return
	}
	if r.URL.Path == "/api/v1" {
		send(t, w, metav1.APIResourceList{APIResources: []metav1.APIResource{{Name: "configmaps", Kind: "ConfigMap", Namespaced: true}}})
		return
	}
	request := requestOf(r)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Errorf("read the body of %s: %v", request, err)
		return
	}
	if r.Method != http.MethodGet {
		s.mu.Lock()
		s.writes = append(s.writes, request)
		s.bodies[request] += string(body)
		s.mu.Unlock()
	}
	if s.refuse != nil {
		if message := s.refuse(request); message != "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
			send(t, w, failure(http.StatusUnprocessableEntity, metav1.StatusReasonInvalid, message))
			return
		}
	}
	if r.Method != http.MethodGet {
		send(t, w, map[string]any{})
		return
	}
	s.list(t, w, request)
}

// list answers a GET: of a list, or of the one object that it names.
func (s *server) list(t *testing.T, w http.ResponseWriter, request string) {
	parts := strings.Fields(request)
	items := []json.RawMessage{}
	for _, text := range s.lists[parts[1]] {
		item, err := yaml.YAMLToJSON([]byte(text))
		assert.NoError(t, err)
		var object struct{ Metadata struct{ Name string } }
		assert.NoError(t, json.Unmarshal(item, &object))
		if len(parts) > 2 && object.Metadata.Name == parts[2] {
			send(t, w, json.RawMessage(item))
			return
		}
		if parts[1] == "secrets" && !strings.Contains(string(item), api.LabelManaged) { // lists of Secrets are of those that have the label
			continue
		}
		items = append(items, item)
	}
	if len(parts) > 2 {
		w.WriteHeader(http.StatusNotFound)
		send(t, w, failure(http.StatusNotFound, metav1.StatusReasonNotFound, request+" not found"))
		return
	}
	send(t, w, map[string]any{"kind": "SecretList", "apiVersion": "v1", "metadata": map[string]any{}, "items": items})
}

func failure(code int32, reason metav1.StatusReason, message string) metav1.Status {
	return metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message}
}

// requestOf names a request: "VERB RESOURCE[/SUBRESOURCE] [NAME]".
func requestOf(r *http.Request) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	parts = parts[2:] // api/v1 or apis/GROUP
	if strings.HasPrefix(r.URL.Path, "/apis/") {
		parts = parts[1:] // its version
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		parts = parts[2:]
	}
	request := r.Method + " " + parts[0]
	if len(parts) > 2 {
		request += "/" + parts[2]
	}
	if len(parts) > 1 {
		request += " " + parts[1]
	}
	return request
}

func send(t *testing.T, w io.Writer, body any) {
	assert.NoError(t, json.NewEncoder(w).Encode(body))
}

// shelf is a provider that gives every secret of one store, a secret in each request, and notes in which order it was asked.
type shelf struct {
	// value makes the answer for a key; nil means the text "value of KEY".
	value func(key string) provider.Answer
	// open, if set, may log in, or fail.
	open func(ctx context.Context, credentials provider.Credentials) error

	// found is what every search comes upon.
	found []string

	keys []string
}

// Find implements provider.Finder.
func (s *shelf) Find(context.Context, *api.Find) ([]provider.Found, error) {
	found := make([]provider.Found, len(s.found))
	for i, key := range s.found {
		found[i] = provider.Found{Key: key, Ref: provider.Ref{Key: key}}
	}
	return found, nil
}

func (s *shelf) Locate(provider.Store) (provider.Location, error) {
	return provider.Location{Identity: "the shelf", Ref: func(remote *api.RemoteRef) provider.Ref { return provider.Ref{Key: remote.Key} }}, nil
}

func (s *shelf) Open(ctx context.Context, _ provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	if s.open != nil {
		if err := s.open(ctx, credentials); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *shelf) Plan(refs []provider.Ref) [][]provider.Ref {
	var groups [][]provider.Ref
	for _, ref := range refs {
		s.keys = append(s.keys, ref.Key)
		groups = append(groups, []provider.Ref{ref})
	}
	return groups
}

func (s *shelf) Read(_ context.Context, group []provider.Ref) []provider.Answer {
	if s.value != nil {
		return []provider.Answer{s.value(group[0].Key)}
	}
	return []provider.Answer{{Value: secret.FromString("value of " + group[0].Key)}}
}

func (s *shelf) Stats() provider.Stats {
	return provider.Stats{Requests: map[string]int{"Shelf.Read": len(s.keys)}}
}

// pass syncs what the server has from the shelf.
func pass(t *testing.T, s *server, store *shelf, change ...func(*core.Config)) core.Report {
	t.Helper()
	config := core.Config{Kube: s.serve(t), Providers: provider.Registry{"shelf": store}, Class: "ours", Component: "test"}
	for _, c := range change {
		c(&config)
	}
	report, err := core.Sync(t.Context(), config)
	require.NoError(t, err)
	return report
}

const shelfStore = "{metadata: {namespace: shop, name: shelf}, spec: {provider: {shelf: {}}}}"

// wants is an ExternalSecret of shop that wants the remote secret of its own name.
func wants(name string, more ...string) string {
	return "{metadata: {namespace: shop, name: " + name + ", uid: uid-" + name + "}, spec: {secretStoreRef: {name: shelf}, data: [{secretKey: k, remoteRef: {key: " + name + "}}]}" +
		strings.Join(append([]string{""}, more...), ", ") + "}"
}

// outcomes are the results of a report by name: "OUTCOME REASON".
func outcomes(report core.Report) map[string]string {
	all := map[string]string{}
	for _, r := range report.Results {
		all[r.Name] = strings.TrimSpace(string(r.Outcome) + " " + string(r.Reason))
	}
	return all
}
