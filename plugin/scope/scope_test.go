package scope

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

func TestNames(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		want []string
	}{
		"no arguments are no names":        {nil, nil},
		"a name is a name":                 {[]string{"db"}, []string{"db"}},
		"the short name may lead":          {[]string{"es/db"}, []string{"db"}},
		"the kind may lead":                {[]string{"externalsecret/db"}, []string{"db"}},
		"the kind may be capitalised":      {[]string{"ExternalSecret/db"}, []string{"db"}},
		"the plural may lead":              {[]string{"externalsecrets/db"}, []string{"db"}},
		"the group may follow the kind":    {[]string{"externalsecret.external-secrets.io/db"}, []string{"db"}},
		"the version may follow the kind":  {[]string{"externalsecrets.v1beta1.external-secrets.io/db"}, []string{"db"}},
		"the order is kept and names once": {[]string{"b", "es/a", "b", "a"}, []string{"b", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Names(test.args)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestNamesRefusesWhatNamesNoExternalSecret(t *testing.T) {
	for name, test := range map[string]struct{ arg, want string }{
		"another resource":   {"secret/db", "does not name an ExternalSecret"},
		"another group":      {"externalsecrets.example.org/db", "does not name an ExternalSecret"},
		"a group of nothing": {"es./db", "does not name an ExternalSecret"},
		"an empty name":      {"es/", "the name is empty"},
		"an empty argument":  {"", "the name is empty"},
		"two slashes":        {"es/a/b", "may not contain '/'"},
		"a way up":           {"..", `invalid name ".."`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Names([]string{"ok", test.arg})
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestToScope(t *testing.T) {
	for name, test := range map[string]struct {
		flags Flags
		args  []string
		want  resolve.Scope
	}{
		"without arguments it is the namespace": {Flags{}, nil, resolve.Scope{Namespaces: []string{"shop"}}},
		"-A is every namespace":                 {Flags{AllNamespaces: true}, nil, resolve.Scope{}},
		"names are looked up in the namespace": {Flags{}, []string{"es/a", "b"}, resolve.Scope{
			Namespaces: []string{"shop"},
			Names:      []types.NamespacedName{{Namespace: "shop", Name: "a"}, {Namespace: "shop", Name: "b"}},
		}},
		"selectors narrow it together": {Flags{AllNamespaces: true, Labels: "a in (b,c)", Fields: "metadata.name!=x"}, nil, resolve.Scope{
			Selector: kube.Selector{Labels: "a in (b,c)", Fields: "metadata.name!=x"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.flags.ToScope("shop", test.args)
			require.NoError(t, err)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestToScopeRefusesContradictions(t *testing.T) {
	for name, test := range map[string]struct {
		flags Flags
		args  []string
		want  string
	}{
		"a name in every namespace":     {Flags{AllNamespaces: true}, []string{"db"}, "across all namespaces"},
		"a name and a label selector":   {Flags{Labels: "a=b"}, []string{"db"}, "when a selector is specified"},
		"a name and a field selector":   {Flags{Fields: "a=b"}, []string{"db"}, "when a selector is specified"},
		"a label selector that is none": {Flags{Labels: "a=b=c"}, nil, `invalid label selector "a=b=c"`},
		"a field selector that is none": {Flags{Fields: "a"}, nil, `invalid field selector "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.flags.ToScope("shop", test.args)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestNothing(t *testing.T) {
	assert.Equal(t, "No resources found in shop namespace.", Nothing(resolve.Scope{Namespaces: []string{"shop"}}))
	assert.Equal(t, "No resources found", Nothing(resolve.Scope{}))
	reading := resolve.Reading{Key: "db", Store: api.SecretStoreRef{Kind: "SecretStore", Name: "aws"}}
	assert.Equal(t, `No resources found in shop namespace that read remote secret "db" of SecretStore "aws".`,
		Nothing(resolve.Scope{Namespaces: []string{"shop"}, Reading: reading}))
	assert.Equal(t, `No resources found that read SecretStore "aws".`, Nothing(resolve.Scope{Reading: resolve.Reading{Store: reading.Store}}))
}

func TestStore(t *testing.T) {
	ours, cluster := api.SecretStoreRef{Kind: "SecretStore", Name: "aws"}, api.SecretStoreRef{Kind: "ClusterSecretStore", Name: "aws"}
	for arg, want := range map[string]api.SecretStoreRef{
		"aws": ours, "store/aws": ours, "ss/aws": ours, "SecretStore/aws": ours, "secretstores.external-secrets.io/aws": ours,
		"clusterstore/aws": cluster, "css/aws": cluster, "ClusterSecretStore/aws": cluster, "clustersecretstores.v1.external-secrets.io/aws": cluster,
	} {
		got, err := Store(arg)
		require.NoError(t, err, arg)
		assert.Equal(t, want, got, arg)
	}
	for arg, says := range map[string]string{
		"es/aws": "does not name a store", "secretstores.example.org/aws": "does not name a store", "store/": "the name is empty",
		"": "the name is empty", "store/a/b": "may not contain '/'", "..": `invalid name ".."`,
	} {
		_, err := Store(arg)
		require.ErrorContains(t, err, says, arg)
	}
}

func TestNamesStore(t *testing.T) {
	for _, arg := range []string{"store/aws", "stores/aws", "ClusterStore/aws", "css/aws", "secretstores.v1beta1.external-secrets.io/aws", "store/"} {
		assert.True(t, NamesStore(arg), arg)
	}
	for _, arg := range []string{"store", "es/store", "secretstores.example.org/aws", "/aws", ""} {
		assert.False(t, NamesStore(arg), arg)
	}
}
