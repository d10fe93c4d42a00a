// Package providertest holds what every provider has to keep to, whatever it reads: the contract between the pipeline and a provider,
// as tests on a running server. What is special about a provider is tested beside it.
package providertest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

// Backend is a running server, without a secret, and a store of it. Its retries are to be quick. What a provider does not have by its
// nature is left out, or named in Lacks.
type Backend struct {
	Provider    provider.Provider
	Store       provider.Store
	Credentials provider.Credentials
	// Strangers are credentials that the server does not know. Where a provider finds its own, it is another provider. Without either
	// there are no callers to tell apart.
	Strangers         provider.Credentials
	StrangersProvider provider.Provider
	// Put stores a value, a JSON object of texts, as a new version where there is one, with tags.
	Put func(t *testing.T, name, value string, tags map[string]string)
	// PutBytes stores bytes that are no text: as the value or, in a map, under the key "value". Nil where values are texts.
	PutBytes func(t *testing.T, name string, value []byte)
	// Deny takes the right to read a secret away. Nil where all may be read.
	Deny func(t *testing.T, name string)
	// Refuse makes the server refuse so many reads of single secrets as too many; 0 ends that.
	Refuse func(t *testing.T, times int)
	// RefuseFor makes it refuse one, and ask to be left alone for a second. Nil where no answer says how long.
	RefuseFor func(t *testing.T)
	// Patient are the provider and the store with waits that grow, of which those of one read take a tenth of a second or more. Nil where
	// the server alone says how long to wait.
	Patient func() (provider.Provider, provider.Store)
	// Requests tells how many requests the server got since it was asked last. Nil where nobody is asked.
	Requests func(t *testing.T) int
	// Slow lets each request take so long, and Most tells how many there were at the same time since it was asked last. Nil where nobody
	// is asked.
	Slow func(t *testing.T, delay time.Duration)
	Most func(t *testing.T) int
	// Older is what a remote ref names the version before the current one. Empty where there is one version.
	Older string
	// Batch is how many secrets one request brings at most, and Login how many requests opening and closing a store make.
	Batch, Login int
	Lacks        Lacks
}

// Lacks is what a provider does not have by its nature.
type Lacks struct {
	// Version is set where an answer does not tell which version it is.
	Version bool
	// Metadata is set where a secret has none, which is said if they are asked for, or not where Ignored.
	Metadata, Ignored bool
	// Find is set where nothing can be searched, Tags where a search looks at names alone, and Both where it looks at names or tags.
	Find, Tags, Both bool
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
	t.Run("reads", b.reads)
	t.Run("takes a property", b.property)
	t.Run("keeps bytes", b.bytes)
	t.Run("finds", b.finds)
	t.Run("is refused", b.refused)
	t.Run("waits", b.waits)
	t.Run("counts", b.counts)
}

func (b Backend) reads(t *testing.T) {
	o := b.open(t)
	answer := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db"})
	require.NoError(t, answer.Err)
	assert.JSONEq(t, `{"password":"new","user":"app"}`, string(answer.Value.Reveal()))
	assert.Equal(t, b.Lacks.Version, answer.Version == "", "the version is told")

	if b.Older != "" {
		older := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db", Version: b.Older})
		require.NoError(t, older.Err)
		assert.JSONEq(t, `{"password":"old"}`, string(older.Value.Reveal()))
		if !b.Lacks.Version {
			assert.NotEqual(t, answer.Version, older.Version)
		}
	}
	metadata := o.one(t.Context(), t, api.RemoteRef{Key: "suite-db", MetadataPolicy: api.MetadataPolicyFetch})
	switch {
	case b.Lacks.Metadata && b.Lacks.Ignored:
		require.NoError(t, metadata.Err)
		assert.Equal(t, answer.Value, metadata.Value)
	case b.Lacks.Metadata:
		assert.Equal(t, provider.Unsupported, provider.KindOf(metadata.Err), metadata.Err)
	default:
		require.NoError(t, metadata.Err)
		assert.Contains(t, string(metadata.Value.Reveal()), `"team":"shop"`)
	}
	if b.Requests != nil {
		assert.NotEmpty(t, o.Place)
		assert.NotEmpty(t, o.Login)
	}
	if who, ok := o.Reader.(provider.Identifier); ok {
		facts, err := who.Identity(t.Context())
		require.NoError(t, err)
		assert.NotEmpty(t, facts)
	}
}

// propertyOf is a property as the pipeline takes it out of an answer, unless the provider has.
func propertyOf(t *testing.T, ref provider.Ref, answer provider.Answer, property string) string {
	t.Helper()
	require.NoError(t, answer.Err)
	value, err := answer.Value, error(nil)
	switch {
	case ref.Property != "":
	case answer.Parts != nil:
		value, err = shape.PropertyOfParts(answer.Parts, property)
	default:
		value, err = shape.Property(answer.Value, property)
	}
	require.NoError(t, err)
	return string(value.Reveal())
}

func (b Backend) property(t *testing.T) {
	o := b.open(t)
	user, password := api.RemoteRef{Key: "suite-db", Property: "user"}, api.RemoteRef{Key: "suite-db", Property: "password"}
	assert.Equal(t, "app", propertyOf(t, o.Ref(&user), o.one(t.Context(), t, user), "user"))
	assert.Equal(t, "new", propertyOf(t, o.Ref(&password), o.one(t.Context(), t, password), "password"))
	if o.Ref(&user).Property == "" {
		assert.Equal(t, o.Ref(&user), o.Ref(&password), "they are one read")
	}
}

func (b Backend) bytes(t *testing.T) {
	if b.PutBytes == nil {
		t.Skip("its values are texts")
	}
	raw := []byte{0xff, 0x00, 0xfe, '\n', 'x', 0xc3}
	b.PutBytes(t, "suite-bytes", raw)
	answer := b.open(t).one(t.Context(), t, api.RemoteRef{Key: "suite-bytes"})
	require.NoError(t, answer.Err)
	value := answer.Value
	if answer.Parts != nil {
		value = answer.Parts["value"]
	}
	assert.Equal(t, secret.New(raw), value)
}
