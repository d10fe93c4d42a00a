package webhook

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

func durationOf(d time.Duration) *metav1.Duration { return &metav1.Duration{Duration: d} }

func TestWhatMakesARequestAnother(t *testing.T) {
	remote := api.RemoteRef{Key: "k", Version: "v", Property: "p"}
	for name, tc := range map[string]struct {
		url  string
		want provider.Ref
	}{
		"the key":                          {"http://a/{{ .remoteRef.key }}", provider.Ref{Key: "k"}},
		"a version that is named":          {"http://a/{{ .remoteRef.version }}", provider.Ref{Key: "k", Version: "v"}},
		"a property that is named":         {`http://a/{{ with .remoteRef }}{{ .property }}{{ end }}`, provider.Ref{Key: "k", Property: "p"}},
		"not what only the URL is made of": {"http://a/property/version/{{ .remoteRef.key }}", provider.Ref{Key: "k"}},
	} {
		t.Run(name, func(t *testing.T) {
			location, err := Provider{}.Locate(storeOf(t, api.WebhookProvider{URL: tc.url}))
			require.NoError(t, err)
			assert.Equal(t, tc.want, location.Ref(&remote))
		})
	}
}

func TestIdentity(t *testing.T) {
	identity := func(store provider.Store) string {
		location, err := Provider{}.Locate(store)
		require.NoError(t, err)
		return location.Identity
	}
	of := func(consumer string, spec api.WebhookProvider) string {
		store := storeOf(t, spec)
		store.Kind, store.Namespace, store.Consumer = api.KindClusterSecretStore, "", consumer
		return identity(store)
	}
	plain, named := api.WebhookProvider{URL: "http://a"}, api.WebhookProvider{URL: "http://a/{{ .remoteRef.namespace }}"}
	get := api.WebhookProvider{Method: "GET", URL: "http://a"}
	assert.Equal(t, of("a", plain), of("b", plain))
	assert.Equal(t, of("a", plain), of("a", get), "GET is the default")
	assert.NotEqual(t, of("a", named), of("b", named), "the server is told the namespace")
	own := withLogin(plain)
	here, there := storeOf(t, own), storeOf(t, own)
	there.Namespace, there.Consumer = "other", "other"
	assert.NotEqual(t, identity(here), identity(there), "another Secret")
}

func TestPlaceShowsNoCredential(t *testing.T) {
	for url, want := range map[string]string{
		"https://api.example:8443/v1/{{ .remoteRef.key }}?t=Canary": "api.example:8443",
		"http://api.example":                    "api.example, by plain http",
		"https://ann:Canary@api.example/x":      "api.example",
		"https://{{ .auth.host }}/x":            "what the template of url renders",
		"{{ .auth.url }}":                       "what the template of url renders",
		"https://ann:{{ .auth.t }}@api.example": "what the template of url renders",
	} {
		t.Run(url, func(t *testing.T) {
			location, err := Provider{}.Locate(storeOf(t, withLogin(api.WebhookProvider{URL: url})))
			require.NoError(t, err)
			assert.Equal(t, []trace.Fact{{Name: "server", Value: want}}, location.Place)
			assert.Equal(t, []trace.Fact{{Name: ".auth", Value: "Secret shop/login"}}, location.Login)
			assert.False(t, location.Finds(&api.Find{}, "k"))
		})
	}
}

func TestSpecsThatAreRefused(t *testing.T) {
	none := api.SecretKeySelector{}
	for name, tc := range map[string]struct {
		spec api.WebhookProvider
		kind string
		want string
	}{
		"without a URL":                {api.WebhookProvider{}, "", "spec.provider.webhook.url is missing"},
		"with NTLM":                    {api.WebhookProvider{URL: "http://a", Auth: &api.WebhookAuth{NTLM: &api.WebhookNTLM{}}}, "", "spec.provider.webhook.auth (NTLM) is not supported"},
		"with a method that is none":   {api.WebhookProvider{URL: "http://a", Method: "GET /x"}, "", `method "GET /x" is no HTTP method`},
		"with a header that is none":   {api.WebhookProvider{URL: "http://a", Headers: map[string]string{"a b": ""}}, "", `"a b" is no name of a header`},
		"with a negative timeout":      {api.WebhookProvider{URL: "http://a", Timeout: durationOf(-1)}, "", "timeout is negative"},
		"with a nameless Secret":       {api.WebhookProvider{URL: "http://a", Secrets: []api.WebhookSecret{{SecretRef: none}}}, "", "secrets[0].name must be"},
		"with a Secret in the way":     {api.WebhookProvider{URL: "http://a", Secrets: []api.WebhookSecret{{Name: "remoteRef", SecretRef: none}}}, "", `secrets[0].name must be what templates call the Secret, and "remoteRef"`},
		"with a Secret of no name":     {api.WebhookProvider{URL: "http://a", Secrets: []api.WebhookSecret{{Name: "auth", SecretRef: none}}}, "", "secrets[0].secretRef.name is missing"},
		"without the Secret's place":   {withLogin(api.WebhookProvider{URL: "http://a"}), api.KindClusterSecretStore, "secrets[0].secretRef.namespace is missing: a ClusterSecretStore has no namespace of its own"},
		"with a broken template":       {api.WebhookProvider{URL: "http://a/{{ .remoteRef.key"}, "", "spec.provider.webhook.url is not a template"},
		"with a function that is none": {api.WebhookProvider{URL: "http://a", Body: `{{ env "HOME" }}`}, "", "spec.provider.webhook.body is not a template"},
		"with a broken JSONPath":       {api.WebhookProvider{URL: "http://a", Result: api.WebhookResult{JSONPath: "{.data}"}}, "", `result.jsonPath "{.data}" is not a JSONPath such as $.data.value`},
		"with a Secret that is gone":   {api.WebhookProvider{URL: "http://a", Secrets: []api.WebhookSecret{{Name: "auth", SecretRef: api.SecretKeySelector{Name: "gone"}}}}, "", "read spec.provider.webhook.secrets[0].secretRef: there is no Secret"},
	} {
		t.Run(name, func(t *testing.T) {
			store := storeOf(t, tc.spec)
			if tc.kind != "" {
				store.Kind, store.Namespace = tc.kind, ""
			}
			_, err := Provider{}.Open(t.Context(), store, login())
			require.ErrorContains(t, err, tc.want)
		})
	}
	_, err := Provider{}.Locate(provider.Store{Spec: []byte("7")})
	require.ErrorContains(t, err, "spec.provider.webhook can't be read")
}

func TestOpenAsksForTheCredentialsThatLocateNames(t *testing.T) {
	for name, from := range map[string]*api.CAProvider{
		"a Secret":                    nil,
		"a CA in a Secret besides":    {Type: api.CAProviderSecret, Name: "ca", Key: "crt"},
		"a CA in a ConfigMap besides": {Type: api.CAProviderConfigMap, Name: "ca", Key: "crt"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := withLogin(api.WebhookProvider{URL: "http://a"})
			spec.CAProvider = from
			store := storeOf(t, spec)
			location, err := Provider{}.Locate(store)
			require.NoError(t, err)
			var asked []provider.CredentialRef
			k := login()
			k.asked = &asked
			_, _ = Provider{}.Open(t.Context(), store, k)
			assert.NotEmpty(t, asked)
			assert.ElementsMatch(t, asked, location.Credentials)
		})
	}
}

func TestAWebhookHasNoMetadata(t *testing.T) {
	_, stats, err := read(t, api.WebhookProvider{URL: "http://127.0.0.1:1"}, api.RemoteRef{Key: "k", MetadataPolicy: api.MetadataPolicyFetch})
	require.ErrorContains(t, err, "leave metadataPolicy out")
	assert.Equal(t, provider.Unsupported, provider.KindOf(err))
	assert.Empty(t, stats.Requests)
}

func TestAReaderDoesNotFind(t *testing.T) {
	_, finds := open(t, storeOf(t, api.WebhookProvider{URL: "http://a"})).(provider.Finder)
	assert.False(t, finds)
}
