package core_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

func TestOrder(t *testing.T) {
	synced := func(when string) string {
		return "status: {syncedResourceVersion: 1-x, refreshTime: '" + when + "'}"
	}
	s := &server{lists: map[string][]string{
		"secretstores": {shelfStore},
		"externalsecrets": {
			wants("yesterday", synced("2026-01-02T00:00:00Z")), wants("never-a"), wants("today", synced("2026-01-03T00:00:00Z")),
			wants("last-year", synced("2025-01-01T00:00:00Z")), wants("never-b"),
		},
	}}
	store := &shelf{}
	report := pass(t, s, store)
	assert.Equal(t, []string{"never-a", "never-b", "last-year", "yesterday", "today"}, store.keys, "never synced first, then the stalest")
	assert.Equal(t, 5, report.Count(core.Created))
	var names []string
	for _, r := range report.Results {
		names = append(names, r.Name)
	}
	assert.IsIncreasing(t, names, "the report is in the order of names")
	assert.Equal(t, map[string]int{"Shelf.Read": 5}, report.Requests)
}

func TestPassIsolates(t *testing.T) {
	s := &server{lists: map[string][]string{
		"secretstores": {shelfStore, "{metadata: {namespace: shop, name: foreign}, spec: {controller: eso, provider: {shelf: {}}}}"},
		"externalsecrets": {
			wants("good"), wants("missing"),
			"{metadata: {namespace: shop, name: undecodable}, spec: {refreshInterval: 5}}",
			"{metadata: {namespace: shop, name: badinterval}, spec: {refreshInterval: 1d, secretStoreRef: {name: shelf}, data: [{secretKey: k, remoteRef: {key: k}}]}}",
			"{metadata: {namespace: shop, name: nostore}, spec: {secretStoreRef: {name: nope}, data: [{secretKey: k, remoteRef: {key: k}}]}}",
			"{metadata: {namespace: shop, name: notjson}, spec: {secretStoreRef: {name: shelf}, data: [{secretKey: k, remoteRef: {key: k, property: p}}]}}",
			"{metadata: {namespace: shop, name: deleting, deletionTimestamp: '2026-01-01T00:00:00Z'}, spec: {}}",
			"{metadata: {namespace: shop, name: foreign}, spec: {secretStoreRef: {name: foreign}, data: [{secretKey: k, remoteRef: {key: k}}]}}",
			"{metadata: {namespace: shop, name: foreign-and-wrong}, spec: {refreshInterval: 1d, secretStoreRef: {name: foreign}}}",
		},
	}}
	report := pass(t, s, &shelf{value: func(key string) provider.Answer {
		if key == "missing" {
			return provider.Answer{Err: &provider.Error{Kind: provider.NotFound, Op: "Read", Message: "there is none"}}
		}
		return provider.Answer{Value: secret.FromString("v")}
	}})
	assert.Equal(t, map[string]string{
		"good": "created", "missing": "failed ProviderError", "undecodable": "failed Invalid", "badinterval": "failed Invalid", "nostore": "failed Invalid",
		"notjson": "failed DataError", "deleting": "skipped Deleting", "foreign": "skipped OtherClass", "foreign-and-wrong": "skipped OtherClass",
	}, outcomes(report))
	for _, r := range report.Results {
		if r.Outcome == core.Failed {
			assert.NotEmpty(t, r.Message, r.Name)
		}
	}
	assert.Contains(t, s.bodies["PATCH externalsecrets/status missing"], `could not get secret data from provider: spec.data[0] (remote key \"missing\"): Read: there is none`)
	for _, left := range []string{"foreign", "foreign-and-wrong", "deleting"} {
		assert.NotContains(t, s.writes, "PATCH externalsecrets/status "+left, "what is not ours is left alone")
		assert.NotContains(t, s.bodies["POST events"], left)
	}
	assert.Equal(t, 1, strings.Count(strings.Join(s.writes, "\n"), "POST secrets"))
}

func TestFailuresAreMasked(t *testing.T) {
	const password, token = "pa55-canary", "multi\tpart-canary"
	payload := fmt.Sprintf(`{"password":%q,"token":"bXVsdGkJcGFydC1jYW5hcnk=","pin":73819264,"json":"{\"deep\":\"nested-canary\"}"}`, password)
	spec := "spec: {secretStoreRef: {name: shelf}, data: [{secretKey: password, remoteRef: {key: k, property: password}}," +
		"{secretKey: token, remoteRef: {key: k, property: token, decodingStrategy: Base64}}, {secretKey: pin, remoteRef: {key: k, property: pin}}, {secretKey: json, remoteRef: {key: k, property: json}}]}"
	for name, echo := range map[string]string{
		"a property":                              "admission denied: " + password + " is weak",
		"a text of JSON in JSON":                  "admission denied: nested-canary is weak",
		"a number":                                "admission denied: 73819264 is weak",
		"a decoded value":                         "admission denied: " + token + " is weak",
		"a whole payload":                         "admission denied: " + payload + " is weak",
		"the data of the Secret":                  "admission denied: data.password cGE1NS1jYW5hcnk= is weak",
		"a value at the end of what may be shown": "admission denied: " + strings.Repeat("x", 1000-len("admission denied: ")-len(password)/2) + password,
	} {
		t.Run("an API server that echoes "+name, func(t *testing.T) {
			s := &server{
				lists: map[string][]string{
					"secretstores": {shelfStore}, "externalsecrets": {"{metadata: {namespace: shop, name: db, uid: u}, " + spec + "}"},
				},
				refuse: func(request string) string {
					if request == "POST secrets" {
						return echo
					}
					return ""
				},
			}
			report := pass(t, s, &shelf{value: func(string) provider.Answer { return provider.Answer{Value: secret.FromString(payload)} }})
			require.Equal(t, map[string]string{"db": "failed WriteError"}, outcomes(report))
			texts := report.Results[0].Message + s.bodies["PATCH externalsecrets/status db"] + s.bodies["POST events"]
			assert.Contains(t, texts, "admission denied")
			for _, leak := range []string{"canary", "pa55", "73819264", "cGE1NS1j", "bXVsdGkJ"} {
				assert.NotContains(t, texts, leak)
			}
			assert.LessOrEqual(t, len(report.Results[0].Message), 1000)
		})
	}
}

func TestCredentialsAreMasked(t *testing.T) {
	const key = "xx-canary-yy"
	lists := map[string][]string{
		"secretstores": {shelfStore}, "externalsecrets": {wants("db")},
		"secrets": {"{metadata: {namespace: shop, name: keys}, data: {key: eHgtY2FuYXJ5LXl5}}"},
	}
	login := func(ctx context.Context, credentials provider.Credentials) error {
		_, err := credentials.Secret(ctx, "shop", "keys", "key")
		return err
	}
	t.Run("in the failure to open a store, whose name is that of the ExternalSecret", func(t *testing.T) {
		s := &server{lists: lists}
		report := pass(t, s, &shelf{open: func(ctx context.Context, credentials provider.Credentials) error {
			if err := login(ctx, credentials); err != nil {
				return err
			}
			return fmt.Errorf("the key %s is wrong", key)
		}})
		require.Len(t, report.Results, 1)
		assert.Equal(t, `spec.data[0] (remote key "db"): open SecretStore "shelf" in namespace "shop": the key [redacted] is wrong`, report.Results[0].Message)
	})
	t.Run("whole, where a payload is a part of one", func(t *testing.T) {
		s := &server{lists: lists, refuse: func(request string) string {
			if request == "POST secrets" {
				return "no room for " + key
			}
			return ""
		}}
		report := pass(t, s, &shelf{open: login, value: func(string) provider.Answer {
			return provider.Answer{Value: secret.FromString("canary")}
		}})
		require.Len(t, report.Results, 1)
		assert.Contains(t, report.Results[0].Message, "no room for [redacted]")
		for _, leak := range []string{"canary", "xx-", "-yy"} {
			assert.NotContains(t, report.Results[0].Message+s.bodies["PATCH externalsecrets/status db"]+s.bodies["POST events"], leak)
		}
	})
	t.Run("where a text is cut", func(t *testing.T) {
		s := &server{lists: lists, refuse: func(request string) string {
			if request == "POST secrets" {
				return strings.Repeat("x", 950) + strings.Repeat(key, 20)
			}
			return ""
		}}
		report := pass(t, s, &shelf{open: login})
		assert.NotContains(t, report.Results[0].Message, "x-c")
		assert.LessOrEqual(t, len(report.Results[0].Message), 1000)
	})
}

func TestEmptyDataTakesNothingAway(t *testing.T) {
	s := &server{lists: map[string][]string{
		"secretstores":    {shelfStore},
		"externalsecrets": {"{metadata: {namespace: shop, name: db, uid: u}, spec: {secretStoreRef: {name: shelf}, dataFrom: [{extract: {key: k}}]}}"},
	}}
	report := pass(t, s, &shelf{value: func(string) provider.Answer { return provider.Answer{Value: secret.FromString("{}")} }})
	assert.Equal(t, map[string]string{"db": "unchanged"}, outcomes(report))
	assert.NotContains(t, s.writes, "POST secrets")
	assert.Contains(t, s.bodies["PATCH externalsecrets/status db"], "secret retained due to DeletionPolicy=Retain")
	assert.NotContains(t, s.bodies["PATCH externalsecrets/status db"], "binding")
}

func TestStop(t *testing.T) {
	many := func() *server {
		s := &server{lists: map[string][]string{"secretstores": {shelfStore}}}
		for i := range 40 {
			s.lists["externalsecrets"] = append(s.lists["externalsecrets"], wants(fmt.Sprintf("es%02d", i)))
		}
		return s
	}
	t.Run("finishes what is in flight and skips the rest", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := many()
		store := &shelf{value: func(string) provider.Answer {
			cancel()
			return provider.Answer{Value: secret.FromString("v")}
		}}
		report, err := core.Sync(ctx, core.Config{
			Kube: s.serve(t), Providers: provider.Registry{"shelf": store}, Component: "test", Grace: time.Minute,
		})
		require.NoError(t, err)
		require.Len(t, report.Results, 40)
		counts := report.Counts()
		assert.Zero(t, counts[core.Failed])
		assert.Positive(t, counts[core.Created])
		assert.Positive(t, counts[core.Skipped])
		for _, r := range report.Results {
			if r.Outcome == core.Skipped {
				assert.Equal(t, core.Stopped, r.Reason)
				assert.NotContains(t, s.writes, "PATCH externalsecrets/status "+r.Name)
			}
		}
	})
	t.Run("does not call a failure what the end of the grace period cut off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		s := many()
		s.lists["externalsecrets"] = s.lists["externalsecrets"][:1]
		store := &shelf{value: func(string) provider.Answer {
			cancel()
			time.Sleep(50 * time.Millisecond)
			return provider.Answer{Err: &provider.Error{Kind: provider.Unavailable, Op: "Read", Message: "interrupted"}}
		}}
		report, err := core.Sync(ctx, core.Config{
			Kube: s.serve(t), Providers: provider.Registry{"shelf": store}, Component: "test", Grace: time.Millisecond,
		})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"es00": "skipped Stopped"}, outcomes(report))
	})
}

func TestDryRunRecordsNothing(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("db"), wants("bad")}}}
	report := pass(t, s, &shelf{value: func(key string) provider.Answer {
		if key == "bad" {
			return provider.Answer{Err: errors.New("no")}
		}
		return provider.Answer{Value: secret.FromString("v")}
	}}, func(c *core.Config) { c.DryRun = "server" })
	assert.Equal(t, map[string]string{"db": "created", "bad": "failed ProviderError"}, outcomes(report))
	assert.Equal(t, []string{"POST secrets"}, s.writes, "the Secret is sent to be checked")
}

func TestPassFails(t *testing.T) {
	for name, tc := range map[string]struct{ request, want string }{
		"when the ExternalSecrets can't be listed": {"GET externalsecrets", "list externalsecrets: etcd is down"},
		"when the ClusterExternalSecrets can't be": {"GET clusterexternalsecrets", "list clusterexternalsecrets: etcd is down"},
		"when the stores can't be listed":          {"GET secretstores", "list secretstores: etcd is down"},
		"when the Secrets can't be listed":         {"GET secrets", "list the managed secrets: etcd is down"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{refuse: func(request string) string {
				if request == tc.request {
					return "etcd is down"
				}
				return ""
			}}
			_, err := core.Sync(t.Context(), core.Config{Kube: s.serve(t)})
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestNames(t *testing.T) {
	s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {wants("db"), wants("other")}}}
	report := pass(t, s, &shelf{}, func(c *core.Config) {
		c.Scope.Names = []types.NamespacedName{{Namespace: "shop", Name: "nope"}, {Namespace: "shop", Name: "db"}, {Namespace: "shop", Name: "db"}}
	})
	assert.Equal(t, map[string]string{"nope": "failed NotFound", "db": "created"}, outcomes(report))
	assert.Len(t, report.Results, 2, "a name that is given twice is one")
}

// slowShelf is a shelf whose searches take until released is closed.
type slowShelf struct {
	*shelf
	released <-chan struct{}
}

func (s slowShelf) Open(context.Context, provider.Store, provider.Credentials) (provider.Reader, error) {
	return s, nil
}

func (s slowShelf) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	select {
	case <-s.released:
		return s.shelf.Find(ctx, find)
	case <-time.After(10 * time.Second):
		return nil, errors.New("the others have waited")
	}
}

func TestASlowSearchHoldsUpNobodyElse(t *testing.T) {
	slowStore := strings.ReplaceAll(shelfStore, "shelf", "slow")
	s := &server{lists: map[string][]string{"secretstores": {shelfStore, slowStore}, "externalsecrets": {
		"{metadata: {namespace: shop, name: searching, uid: uid-searching}, spec: {secretStoreRef: {name: slow}, " +
			"dataFrom: [{find: {name: {regexp: .}}}], data: [{secretKey: k, remoteRef: {key: found-1}}, {secretKey: l, remoteRef: {key: l}, sourceRef: {storeRef: {name: shelf}}}]}}",
		wants("other"),
	}}}
	released := make(chan struct{})
	slow := &shelf{found: []string{"found-1", "found-2"}}
	report := pass(t, s, &shelf{}, func(c *core.Config) {
		c.Providers["slow"] = slowShelf{slow, released}
		c.Observe = func(r core.Result) {
			if r.Name == "other" {
				close(released)
			}
		}
	})
	assert.Equal(t, map[string]string{"searching": "created", "other": "created"}, outcomes(report))
	assert.Equal(t, []string{"found-1", "found-2"}, slow.keys, "what is found and named is read once")
	assert.Contains(t, s.bodies["POST secrets"], "found-2")
}
