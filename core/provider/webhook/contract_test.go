package webhook

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/providertest"
)

// shelf is an API that keeps versions of values by name, for whoever has the token of login.
type shelf struct {
	mu     sync.Mutex
	values map[string][]string
	denied map[string]bool
}

func (s *shelf) put(name, value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.values[name] = append(s.values[name], value)
}

// ServeHTTP answers GET /?key=NAME&version=N.
func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	versions := s.values[query.Get("key")]
	at := len(versions)
	if text := query.Get("version"); text != "" {
		at, _ = strconv.Atoi(text)
	}
	switch {
	case r.Header.Get("Authorization") != "Bearer s3cr3t-token":
		w.WriteHeader(http.StatusUnauthorized)
	case s.denied[query.Get("key")]:
		w.WriteHeader(http.StatusForbidden)
	case at < 1 || at > len(versions):
		w.WriteHeader(http.StatusNotFound)
	default:
		_, _ = io.WriteString(w, versions[at-1]) // the client reads it all
	}
}

func TestContract(t *testing.T) {
	s := &shelf{values: map[string][]string{}, denied: map[string]bool{}}
	door := harness.NewDoor(t, "/", s)
	spec, err := json.Marshal(withLogin(api.WebhookProvider{
		URL: door.URL + "/?key={{ .remoteRef.key }}&version={{ .remoteRef.version }}", CABundle: door.CA,
		Headers: map[string]string{"Authorization": "Bearer {{ .auth.token }}"},
	}))
	require.NoError(t, err)
	store := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "store", Consumer: "shop", Spec: spec}
	refuse := func(times int, header map[string]string) {
		door.ClearFaults()
		door.Fault(harness.Fault{Status: http.StatusTooManyRequests, Header: header, Times: times})
	}
	providertest.Run(t, providertest.Backend{
		Provider: hasty, StrangersProvider: hasty, Store: store,
		Credentials: login(), Strangers: keychain{held: map[string]map[string]string{"login": {"token": "wrong"}}},
		Put:      func(_ *testing.T, name, value string, _ map[string]string) { s.put(name, value) },
		PutBytes: func(_ *testing.T, name string, value []byte) { s.put(name, string(value)) },
		Deny: func(_ *testing.T, name string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.denied[name] = true
		},
		Refuse:    func(_ *testing.T, times int) { refuse(times, nil) },
		RefuseFor: func(*testing.T) { refuse(1, map[string]string{"Retry-After": "1"}) },
		Patient: func() (provider.Provider, provider.Store) {
			return Provider{Pause: 100 * time.Millisecond}, store
		},
		Requests: func(*testing.T) int { return len(door.Requests()) },
		Slow:     func(_ *testing.T, delay time.Duration) { door.Delay(delay) },
		Most:     func(*testing.T) int { return door.Most() },
		Older:    "1", Batch: 1,
		Lacks: providertest.Lacks{Version: true, Metadata: true, Find: true},
	})
}
