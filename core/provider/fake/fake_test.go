package fake

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func storeOf(namespace, name, spec string) provider.Store {
	return provider.Store{Kind: api.KindSecretStore, Namespace: namespace, Name: name, Consumer: namespace, Spec: json.RawMessage(spec)}
}

func open(t *testing.T, spec string) provider.Reader {
	t.Helper()
	reader, err := Provider{}.Open(t.Context(), storeOf("shop", "fake", spec), nil)
	require.NoError(t, err)
	return reader
}

func TestRead(t *testing.T) {
	const spec = `{"data":[
		{"key":"a","value":"one"},
		{"key":"a","value":"newer","version":"v2"},
		{"key":"/odd key","value":"{\"in\":\"side\"}","version":"v1"},
		{"key":"twice","value":"first"},
		{"key":"twice","value":"last"},
		{"key":"empty","value":""}
	],"validationResult":1}`
	for name, tc := range map[string]struct {
		ref  provider.Ref
		want string
		err  string
	}{
		"a key without a version":                     {ref: provider.Ref{Key: "a"}, want: "one"},
		"a key with a version":                        {ref: provider.Ref{Key: "a", Version: "v2"}, want: "newer"},
		"a value as it stands":                        {ref: provider.Ref{Key: "/odd key", Version: "v1"}, want: `{"in":"side"}`},
		"the last of two that are the same":           {ref: provider.Ref{Key: "twice"}, want: "last"},
		"a value that is empty":                       {ref: provider.Ref{Key: "empty"}, want: ""},
		"no key that is not there":                    {ref: provider.Ref{Key: "b"}, err: `the store has no key "b"`},
		"no version that is not there":                {ref: provider.Ref{Key: "a", Version: "v3"}, err: `no version "v3" of key "a"`},
		"no version where the key has none but names": {ref: provider.Ref{Key: "/odd key"}, err: `no version "" of key "/odd key"`},
		"no key that is another's with its version":   {ref: provider.Ref{Key: "av2"}, err: `the store has no key "av2"`},
	} {
		t.Run(name, func(t *testing.T) {
			answers := open(t, spec).Read(t.Context(), []provider.Ref{tc.ref})
			require.Len(t, answers, 1)
			if tc.err != "" {
				require.ErrorContains(t, answers[0].Err, tc.err)
				assert.Equal(t, provider.NotFound, provider.KindOf(answers[0].Err))
				return
			}
			require.NoError(t, answers[0].Err)
			assert.Equal(t, tc.want, string(answers[0].Value.Reveal()))
		})
	}
}

func TestPlanIsOneGroup(t *testing.T) {
	refs := []provider.Ref{{Key: "a"}, {Key: "b"}}
	assert.Equal(t, [][]provider.Ref{refs}, open(t, `{"data":[]}`).Plan(refs))
}

func TestFind(t *testing.T) {
	const spec = `{"data":[
		{"key":"shop/b","value":"1","version":"v1"}, {"key":"shop/b","value":"3","version":"v3"}, {"key":"shop/b","value":"2","version":"v2"},
		{"key":"shop/a","value":"x"}, {"key":"other","value":"y"}]}`
	path := "elsewhere"
	for name, tc := range map[string]struct {
		find *api.Find
		want []provider.Found
	}{
		"by name, the greatest version of each": {
			&api.Find{Name: &api.FindName{RegExp: "^shop/"}},
			[]provider.Found{{Key: "shop/a", Ref: provider.Ref{Key: "shop/a"}}, {Key: "shop/b", Ref: provider.Ref{Key: "shop/b", Version: "v3"}}},
		},
		"whatever path and tags say": {
			&api.Find{Name: &api.FindName{RegExp: "th"}, Path: &path, Tags: map[string]string{"a": "b"}},
			[]provider.Found{{Key: "other", Ref: provider.Ref{Key: "other"}}},
		},
		"nothing": {&api.Find{Name: &api.FindName{RegExp: "none"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := open(t, spec).(provider.Finder).Find(t.Context(), tc.find)
			require.NoError(t, err)
			assert.Equal(t, tc.want, found)
		})
	}
	for name, tc := range map[string]struct {
		find *api.Find
		want string
	}{
		"without a name":                   {&api.Find{Tags: map[string]string{"a": "b"}}, "find.name is missing"},
		"with a name that does not parse":  {&api.Find{Name: &api.FindName{RegExp: "("}}, "find.name.regexp"},
		"with nothing at all to search by": {&api.Find{}, "find.name is missing"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := open(t, spec).(provider.Finder).Find(t.Context(), tc.find)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, provider.Invalid, provider.KindOf(err))
		})
	}
}

func TestLocate(t *testing.T) {
	locate := func(namespace, name string) provider.Location {
		location, err := Provider{}.Locate(storeOf(namespace, name, `{"data":[{"key":"a","value":"canary"}]}`))
		require.NoError(t, err)
		return location
	}
	location := locate("shop", "fake")
	assert.Equal(t, location.Identity, locate("shop", "fake").Identity)
	assert.NotEqual(t, location.Identity, locate("shop", "other").Identity, "each store has its own values")
	assert.NotEqual(t, location.Identity, locate("other", "fake").Identity)
	assert.NotContains(t, location.Identity, "canary")
	assert.Equal(t, provider.Ref{Key: "a", Version: "v1"},
		location.Ref(&api.RemoteRef{Key: "a", Version: "v1", Property: "p", MetadataPolicy: api.MetadataPolicyFetch}))
	for name, tc := range map[string]struct{ spec, want string }{
		"a spec that is no object": {`[]`, "spec.provider.fake can't be read"},
		"an entry without a key":   {`{"data":[{"key":"a","value":"v"},{"value":"canary"}]}`, "spec.provider.fake.data[1].key is missing"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := Provider{}.Locate(storeOf("shop", "fake", tc.spec))
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, provider.Invalid, provider.KindOf(err))
			assert.NotContains(t, err.Error(), "canary")
			_, err = Provider{}.Open(t.Context(), storeOf("shop", "fake", tc.spec), nil)
			require.ErrorContains(t, err, tc.want)
		})
	}
}
