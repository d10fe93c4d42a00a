package values

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/fake"
)

const given = `{"team/b":"text","team/a":{"z":1.50,"a":"<é>"},"team/a@v1":"older","list":[1,true,null],"n":12345678901234567890123,
	"yes":true,"empty":"","me@example.com":"mail","team/a#metadata":{"env":"prod","owner":"a"},
	"team/b#metadata":{"labels":{"env":"prod"},"annotations":{"owner":"a"}}}`

func open(t *testing.T) provider.Reader {
	t.Helper()
	parsed, err := Parse([]byte(given))
	require.NoError(t, err)
	reader, err := Provider{Values: parsed}.Open(t.Context(), provider.Store{}, nil)
	require.NoError(t, err)
	return reader
}

func TestRead(t *testing.T) {
	for name, tc := range map[string]struct {
		ref  provider.Ref
		want string
		err  string
		kind provider.Kind
	}{
		"a text as it is":                 {ref: provider.Ref{Key: "team/b"}, want: "text"},
		"a text that is empty":            {ref: provider.Ref{Key: "empty"}, want: ""},
		"a map as JSON, in order":         {ref: provider.Ref{Key: "team/a"}, want: `{"a":"<é>","z":1.50}`},
		"a list as JSON":                  {ref: provider.Ref{Key: "list"}, want: `[1,true,null]`},
		"a number with all its digits":    {ref: provider.Ref{Key: "n"}, want: "12345678901234567890123"},
		"a boolean":                       {ref: provider.Ref{Key: "yes"}, want: "true"},
		"a version":                       {ref: provider.Ref{Key: "team/a", Version: "v1"}, want: "older"},
		"a key with the sign of versions": {ref: provider.Ref{Key: "me@example.com"}, want: "mail"},
		"no key that was not given":       {ref: provider.Ref{Key: "c"}, err: `no value was given for "c"`, kind: provider.NotFound},
		"no version that was not given":   {ref: provider.Ref{Key: "team/b", Version: "v1"}, err: `"team/b@v1"`, kind: provider.NotFound},
		"metadata":                        {ref: provider.Ref{Key: "team/a", Metadata: true}, want: `{"env":"prod","owner":"a"}`},
		"metadata of whatever version":    {ref: provider.Ref{Key: "team/a", Version: "v1", Metadata: true}, want: `{"env":"prod","owner":"a"}`},
		"no metadata that was not given":  {ref: provider.Ref{Key: "list", Metadata: true}, err: `no value was given for "list#metadata"`, kind: provider.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			reader := open(t)
			refs := []provider.Ref{tc.ref}
			require.Equal(t, [][]provider.Ref{refs}, reader.Plan(refs))
			answers := reader.Read(t.Context(), refs)
			require.Len(t, answers, 1)
			if tc.err != "" {
				require.ErrorContains(t, answers[0].Err, tc.err)
				assert.Equal(t, tc.kind, provider.KindOf(answers[0].Err))
				return
			}
			require.NoError(t, answers[0].Err)
			assert.Equal(t, tc.want, string(answers[0].Value.Reveal()))
		})
	}
}

func TestFind(t *testing.T) {
	path := "team/"
	for name, tc := range map[string]struct {
		find *api.Find
		want []string
		err  string
	}{
		"by name":                             {&api.Find{Name: &api.FindName{RegExp: "a$"}}, []string{"team/a"}, ""},
		"by path, versions left out":          {&api.Find{Path: &path}, []string{"team/a", "team/b"}, ""},
		"by both":                             {&api.Find{Path: &path, Name: &api.FindName{RegExp: "b"}}, []string{"team/b"}, ""},
		"a key with the sign of versions":     {&api.Find{Name: &api.FindName{RegExp: "^m"}}, []string{"me@example.com"}, ""},
		"nothing":                             {&api.Find{Name: &api.FindName{RegExp: "^$"}}, nil, ""},
		"by a tag or label":                   {&api.Find{Tags: map[string]string{"env": "prod"}}, []string{"team/a", "team/b"}, ""},
		"by all tags":                         {&api.Find{Tags: map[string]string{"env": "prod", "owner": "a"}}, []string{"team/a"}, ""},
		"by tags and name":                    {&api.Find{Name: &api.FindName{RegExp: "b$"}, Tags: map[string]string{"env": "prod"}}, []string{"team/b"}, ""},
		"not by nothing at all":               {&api.Find{}, nil, "find has neither name, path nor tags"},
		"not by a name that is no expression": {&api.Find{Name: &api.FindName{RegExp: "("}}, nil, "find.name.regexp"},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := open(t).(provider.Finder).Find(t.Context(), tc.find)
			if tc.err != "" {
				require.ErrorContains(t, err, tc.err)
				assert.Equal(t, provider.Invalid, provider.KindOf(err))
				return
			}
			require.NoError(t, err)
			var keys []string
			for _, f := range found {
				keys = append(keys, f.Key)
				assert.Equal(t, provider.Ref{Key: f.Key}, f.Ref)
			}
			assert.Equal(t, tc.want, keys)
		})
	}
}

func TestLocateChecksTheStoreAsItsProviderDoes(t *testing.T) {
	wrong := provider.Store{Spec: json.RawMessage(`{"data":[{"value":"no key"}]}`)}
	_, err := Provider{For: fake.Provider{}}.Locate(wrong)
	require.ErrorContains(t, err, "spec.provider.fake.data[0].key is missing")
	location, err := Provider{}.Locate(wrong)
	require.NoError(t, err, "of a provider that is not known nothing is checked")
	assert.Equal(t, provider.Ref{Key: "k", Version: "v"}, location.Ref(&api.RemoteRef{Key: "k", Version: "v"}))
	assert.Equal(t, provider.Ref{Key: "k", Metadata: true}, location.Ref(&api.RemoteRef{Key: "k", MetadataPolicy: api.MetadataPolicyFetch}))
}

func TestParseRefusesWhatIsNoMap(t *testing.T) {
	for name, text := range map[string]string{
		"a list": `["canary"]`, "a text": `"canary"`, "nothing": ``, "null": `null`, "no JSON": `{"a": canary}`, "a value that is null": `{"a": null}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(text))
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}
