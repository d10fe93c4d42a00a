package vault_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
)

// wantedOf is what is read of a SecretStore with a spec in JSON, without its server and braces.
func wantedOf(name, rest string, refs []provider.Ref, finds ...*api.Find) provider.Wanted {
	return provider.Wanted{
		Provider: "vault", Names: []string{name}, Refs: refs, Finds: finds, Store: provider.Store{
			Kind: api.KindSecretStore, Namespace: "shop", Consumer: "shop", Spec: json.RawMessage(`{"server":"https://vault",` + rest + `}`),
		},
	}
}

func TestGrantsForReading(t *testing.T) {
	const one, two, bare = `"path":"kv","version":"v1"`, `"path":"secret"`, `"version":"v2"`
	const left = "would allow more than what has that name"
	refs := func(keys ...string) (refs []provider.Ref) {
		for _, key := range keys {
			refs = append(refs, provider.Ref{Key: key})
		}
		return refs
	}
	find := func(text string) []*api.Find {
		var f api.Find
		require.NoError(t, json.Unmarshal([]byte(text), &f))
		return []*api.Find{&f}
	}
	for name, tc := range map[string]struct {
		spec     string
		refs     []provider.Ref
		finds    []*api.Find
		want     map[string][]string // capabilities by path
		problems string
	}{
		"a secret of version 2":         {two, refs("db"), nil, map[string][]string{"secret/data/db": {"read"}}, ""},
		"a secret of version 1":         {one, refs("a/db"), nil, map[string][]string{"kv/a/db": {"read"}}, ""},
		"its versions are one path":     {two, []provider.Ref{{Key: "db"}, {Key: "db", Version: "2"}}, nil, map[string][]string{"secret/data/db": {"read"}}, ""},
		"metadata":                      {two, []provider.Ref{{Key: "db", Metadata: true}}, nil, map[string][]string{"secret/metadata/db": {"read"}}, ""},
		"metadata where there is none":  {one, []provider.Ref{{Key: "db", Metadata: true}}, nil, map[string][]string{}, ""},
		"keys that begin with a mount":  {bare, refs("team/data/db", "db"), nil, map[string][]string{"team/data/db": {"read"}}, ""},
		"a key that is no path":         {two, refs("a/../b"), nil, map[string][]string{}, ""},
		"a key that is a pattern":       {two, refs("*", "a/+/b", "+", "{{identity.entity.id}}", "a+*b"), nil, map[string][]string{}, left},
		"signs that mean themselves":    {two, refs("a+b", "a*b", "c+/d"), nil, map[string][]string{"secret/data/a+b": {"read"}, "secret/data/a*b": {"read"}, "secret/data/c+/d": {"read"}}, ""},
		"a search":                      {two, nil, find(`{"name":{"regexp":"db"}}`), map[string][]string{"secret/metadata/*": {"list"}, "secret/data/*": {"read"}}, ""},
		"a search of version 1":         {one, nil, find(`{"name":{"regexp":"db"}}`), map[string][]string{"kv/*": {"list", "read"}}, ""},
		"a search below a path":         {two, nil, find(`{"path":"/a/b"}`), map[string][]string{"secret/metadata/a/b/*": {"list"}, "secret/data/a/b/*": {"read"}}, ""},
		"a search for how names begin":  {two, nil, find(`{"path":"a","name":{"regexp":"^a/db-.*"}}`), map[string][]string{"secret/metadata/a/*": {"list"}, "secret/data/a/db-*": {"read"}}, ""},
		"a beginning that is a pattern": {two, nil, find(`{"name":{"regexp":"^a/\\+/."}}`), map[string][]string{"secret/metadata/*": {"list"}, "secret/data/*": {"read"}}, ""},
		"a search by tags": {two, nil, find(`{"name":{"regexp":"^db"},"tags":{"a":"b"}}`), map[string][]string{
			"secret/metadata/*": {"list"}, "secret/metadata/db*": {"read"}, "secret/data/db*": {"read"}}, ""},
		"a search by tags alone":                        {two, nil, find(`{"tags":{"a":"b"}}`), map[string][]string{"secret/metadata/*": {"list", "read"}, "secret/data/*": {"read"}}, ""},
		"a search by tags where there are none":         {one, nil, find(`{"tags":{"a":"b"}}`), map[string][]string{}, ""},
		"a search below a path that is a pattern":       {two, nil, find(`{"path":"+"}`), map[string][]string{}, left},
		"a search without a mount, which is refused":    {bare, nil, find(`{"name":{"regexp":"db"}}`), map[string][]string{}, ""},
		"a namespace, where the token is that of it":    {two + `,"namespace":"team"`, refs("db"), nil, map[string][]string{"secret/data/db": {"read"}}, ""},
		"a namespace, where the login is above it":      {two + `,"namespace":"org/team","auth":{"namespace":"org","jwt":{"secretRef":{"name":"t"}}}`, refs("db"), nil, map[string][]string{"team/secret/data/db": {"read"}}, ""},
		"a namespace, where the login is above all":     {two + `,"namespace":"team/","auth":{"namespace":"","jwt":{"secretRef":{"name":"t"}}}`, refs("db"), nil, map[string][]string{"team/secret/data/db": {"read"}}, ""},
		"a namespace, where the login is in another":    {two + `,"namespace":"team","auth":{"namespace":"other","jwt":{"secretRef":{"name":"t"}}}`, refs("db"), nil, map[string][]string{}, `can be allowed nothing in "team"`},
		"a namespace whose name begins as that of it":   {two + `,"namespace":"team2","auth":{"namespace":"team","jwt":{"secretRef":{"name":"t"}}}`, refs("db"), nil, map[string][]string{}, "can be allowed nothing"},
		"a search whose pattern can't be read, no less": {two, nil, find(`{"name":{"regexp":"("}}`), map[string][]string{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			grants, problems, err := vault.Grants([]provider.Wanted{wantedOf("s", tc.spec, tc.refs, tc.finds...)})
			require.NoError(t, err)
			require.Len(t, grants, 1)
			got := map[string][]string{}
			for path, rule := range grants[0].Policy.Path {
				got[path] = rule.Capabilities
			}
			assert.Equal(t, tc.want, got)
			if tc.problems == "" {
				assert.Empty(t, problems)
				return
			}
			require.NotEmpty(t, problems)
			for _, problem := range problems {
				assert.Contains(t, problem, "s: ")
				assert.Contains(t, problem, tc.problems)
			}
			assert.LessOrEqual(t, len(tc.refs), len(problems), "each is said")
		})
	}
}

func TestGrantsAreByLogin(t *testing.T) {
	const role = `"auth":{"kubernetes":{"role":"app","serviceAccountRef":{"name":"sa"}}}`
	db, mail := []provider.Ref{{Key: "db"}}, []provider.Ref{{Key: "mail"}}
	bao := wantedOf("bao", `"path":"secret","auth":{"kubernetes":{"path":"k8s","role":"app","serviceAccountRef":{"name":"sa"}}}`, db)
	bao.Provider = "openBao"
	grants, problems, err := vault.Grants([]provider.Wanted{
		wantedOf("two", `"path":"secret",`+role, db), wantedOf("one", `"path":"kv","version":"v1",`+role, mail),
		wantedOf("elsewhere", `"namespace":"team","path":"secret",`+role, db),
		wantedOf("keyed", `"path":"secret","auth":{"tokenSecretRef":{"name":"token"}}`, db),
		wantedOf("open", `"path":"secret"`, db), bao,
	})
	require.NoError(t, err)
	assert.Empty(t, problems)
	policy := func(paths ...string) vault.Policy {
		p := vault.Policy{Path: map[string]vault.Rule{}}
		for _, path := range paths {
			p.Path[path] = vault.Rule{Capabilities: []string{"read"}}
		}
		return p
	}
	const kubernetes, as = "auth/kubernetes", "service account sa, role app, of namespace shop"
	assert.ElementsMatch(t, []vault.Grant{
		{"https://vault", "", kubernetes, as, []string{"one", "two"}, policy("kv/mail", "secret/data/db")},
		{"https://vault", "team", kubernetes, as, []string{"elsewhere"}, policy("secret/data/db")},
		{"https://vault", "", "auth/k8s", as, []string{"bao"}, policy("secret/data/db")},
		{"https://vault", "", "", "a token of Secret token, of namespace shop", []string{"keyed"}, policy("secret/data/db")},
		{"https://vault", "", "", "nobody: a proxy adds the token", []string{"open"}, policy("secret/data/db")},
	}, grants)
	again, _, err := vault.Grants([]provider.Wanted{})
	require.NoError(t, err)
	assert.NotNil(t, again, "nothing is an empty list in JSON")
}
