// Package providertest holds what every provider has to keep to, whatever it reads: the contract between the pipeline and a provider,
// as tests on a running server. What is special about a provider is tested beside it.
package providertest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Backend is a running server, without a secret, and a store of it. Its retries are to be quick.
type Backend struct {
	Provider    provider.Provider
	Store       provider.Store
	Credentials provider.Credentials
	// Strangers are credentials that the server does not know. Where a provider finds its own, it is another provider.
	Strangers         provider.Credentials
	StrangersProvider provider.Provider
	// Put stores a value, a JSON object, as a new version where there is one, with tags.
	Put func(t *testing.T, name, value string, tags map[string]string)
	// Deny takes the right to read a secret away.
	Deny func(t *testing.T, name string)
	// Refuse makes the server refuse so many reads of single secrets as too many.
	Refuse func(t *testing.T, times int)
	// Requests tells how many requests the server got since it was asked last.
	Requests func(t *testing.T) int
	// Older is what a remote ref names the version before the current one.
	Older string
	// Batch is how many secrets one request brings at most, and Login how many requests opening and closing a store make.
	Batch, Login int
}

// opened is a reader and the location of its store.
type opened struct {
	provider.Location
	provider.Reader
}

func (b Backend) open(t *testing.T) opened {
	t.Helper()
	location, err := b.Provider.Locate(b.Store)
	require.NoError(t, err)
	reader, err := b.Provider.Open(t.Context(), b.Store, b.Credentials)
	require.NoError(t, err)
	return opened{location, reader}
}

// one reads one remote ref.
func (o opened) one(ctx context.Context, t *testing.T, remote api.RemoteRef) provider.Answer {
	t.Helper()
	groups := o.Plan([]provider.Ref{o.Ref(&remote)})
	require.Len(t, groups, 1)
	answers := o.Read(ctx, groups[0])
	require.Len(t, answers, 1)
	return answers[0]
}

// Run tests a backend. Its secrets are the suite's.
func Run(t *testing.T, b Backend) {
	b.Put(t, "suite-db", `{"password":"old"}`, map[string]string{"team": "shop"})
	b.Put(t, "suite-db", `{"password":"new","user":"app"}`, map[string]string{"team": "shop"})
	b.Put(t, "suite-mail", `{"password":"m"}`, map[string]string{"team": "post"})
	b.Put(t, "suite-hidden", `{"password":"canary"}`, nil)
	b.Put(t, "other", `{"password":"o"}`, map[string]string{"team": "shop"})
	b.Deny(t, "suite-hidden")
	t.Run("reads", b.reads)
	t.Run("finds", b.finds)
	t.Run("is refused", b.refused)
	t.Run("counts", b.counts)
}

func (b Backend) reads(t *testing.T) {
	o := b.open(t)
	answer := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"})
	require.NoError(t, answer.Err)
	assert.JSONEq(t, `{"password":"new","user":"app"}`, string(answer.Value.Reveal()))
	assert.NotEmpty(t, answer.Version, "the version is told")

	older := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db", Version: b.Older})
	require.NoError(t, older.Err)
	assert.JSONEq(t, `{"password":"old"}`, string(older.Value.Reveal()))
	assert.NotEqual(t, answer.Version, older.Version)

	metadata := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db", MetadataPolicy: api.MetadataPolicyFetch})
	require.NoError(t, metadata.Err)
	assert.Contains(t, string(metadata.Value.Reveal()), `"team":"shop"`)

	assert.NotEmpty(t, o.Place)
	assert.NotEmpty(t, o.Login)
	if who, ok := o.Reader.(provider.Identifier); ok {
		facts, err := who.Identity(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, facts)
	}
}

func (b Backend) finds(t *testing.T) {
	o := b.open(t)
	finder, ok := o.Reader.(provider.Finder)
	require.True(t, ok)
	for name, test := range map[string]struct {
		find api.Find
		want []string
	}{
		"by name":                   {api.Find{Name: &api.FindName{RegExp: "^suite-(db|mail)$"}}, []string{"suite-db", "suite-mail"}},
		"by tags":                   {api.Find{Tags: map[string]string{"team": "shop"}}, []string{"other", "suite-db"}},
		"by name and tags":          {api.Find{Name: &api.FindName{RegExp: "^suite-"}, Tags: map[string]string{"team": "shop"}}, []string{"suite-db"}},
		"nothing, without an error": {api.Find{Name: &api.FindName{RegExp: "^none$"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := finder.Find(t.Context(), &test.find)
			require.NoError(t, err)
			var names []string
			for _, f := range found {
				names = append(names, f.Key)
				assert.Equal(t, o.Ref(&api.RemoteRef{Key: f.Key}), f.Ref, "it is read together with what others name")
				assert.True(t, o.Finds(&test.find, f.Ref.Key))
			}
			assert.Equal(t, test.want, names)
		})
	}
}

func (b Backend) refused(t *testing.T) {
	t.Run("what is missing, and what may not be read, which is told apart", func(t *testing.T) {
		o := b.open(t)
		missing := o.one(t.Context(), t, api.RemoteRef{Key: "suite-none"})
		assert.Equal(t, provider.NotFound, provider.KindOf(missing.Err), missing.Err)
		denied := o.one(t.Context(), t, api.RemoteRef{Key: "suite-hidden"})
		assert.Equal(t, provider.Denied, provider.KindOf(denied.Err), denied.Err)
		again := o.one(t.Context(), t, api.RemoteRef{Key: "suite-hidden"})
		require.Error(t, again.Err)
		assert.Equal(t, denied.Err.Error(), again.Err.Error(), "the same failure reads the same twice")
		assert.NotContains(t, denied.Err.Error(), "canary")
	})
	t.Run("a caller that is not known", func(t *testing.T) {
		reader, err := b.StrangersProvider.Open(t.Context(), b.Store, b.Strangers)
		if err == nil { // it shows with the first read
			location, err := b.StrangersProvider.Locate(b.Store)
			require.NoError(t, err)
			err = opened{location, reader}.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err
			assert.Equal(t, provider.Unauthenticated, provider.KindOf(err), err)
			return
		}
		assert.Equal(t, provider.Unauthenticated, provider.KindOf(err), err)
	})
	t.Run("too many requests, for a while", func(t *testing.T) {
		o := b.open(t)
		before := o.Stats()
		b.Refuse(t, 1)
		require.NoError(t, o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err)
		assert.Equal(t, before.Throttles+1, o.Stats().Throttles)
		assert.Equal(t, before.Retries+1, o.Stats().Retries)
	})
	t.Run("too many requests, for good", func(t *testing.T) {
		o := b.open(t)
		b.Refuse(t, 1000)
		err := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"}).Err
		b.Refuse(t, 0)
		assert.Equal(t, provider.Throttled, provider.KindOf(err), err)
	})
	t.Run("a pass that was told to stop", func(t *testing.T) {
		o := b.open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := o.one(ctx, t, api.RemoteRef{Key: "suite-db"}).Err
		assert.Equal(t, provider.Unavailable, provider.KindOf(err), err)
	})
}

// counts reads 50 secrets for 200 who ask, as a pass does, and compares what the reader has counted with what the server got.
func (b Backend) counts(t *testing.T) {
	const asking, distinct = 200, 50
	for i := range distinct {
		b.Put(t, fmt.Sprintf("bulk-%02d", i), fmt.Sprintf(`{"n":"%d"}`, i), nil)
	}
	b.Requests(t)
	location, err := b.Provider.Locate(b.Store)
	require.NoError(t, err)
	readers := fetch.NewReaders(func(ctx context.Context, _ string) (provider.Reader, error) {
		return b.Provider.Open(ctx, b.Store, b.Credentials)
	})
	var keys []fetch.Key
	for i := range asking {
		keys = append(keys, fetch.Key{Identity: location.Identity, Ref: location.Ref(&api.RemoteRef{Key: fmt.Sprintf("bulk-%02d", i%distinct)})})
	}
	var mu sync.Mutex
	answers := map[string]provider.Answer{}
	fetch.Run(t.Context(), t.Context(), keys, readers.Open, func(key fetch.Key, answer provider.Answer) {
		mu.Lock()
		defer mu.Unlock()
		answers[key.Ref.Key] = answer
	})
	assert.Len(t, answers, distinct)
	for name, answer := range answers {
		require.NoError(t, answer.Err, name)
	}
	assert.JSONEq(t, `{"n":"49"}`, string(answers[keys[49].Ref.Key].Value.Reveal()))
	assert.Empty(t, readers.Close(t.Context()))

	stats := readers.Stats()[location.Identity]
	counted := 0
	for _, n := range stats.Requests {
		counted += n
	}
	assert.Equal(t, (distinct+b.Batch-1)/b.Batch+b.Login, counted, "%v", stats.Requests)
	assert.Equal(t, counted, b.Requests(t), "the server has seen no more, and no less")
	assert.Zero(t, stats.Retries)
	assert.Positive(t, stats.Latency.Max)
}
