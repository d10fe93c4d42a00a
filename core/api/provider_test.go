package api_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

func TestAProviderSurvivesARoundTrip(t *testing.T) {
	for name, tc := range map[string]struct{ provider, name string }{
		"that is known":             {`{"aws":{"service":"SecretsManager","region":"eu-central-1"}}`, "aws"},
		"that is not known":         {`{"vault":{"server":"https://v","auth":{"tokenSecretRef":{"name":"t"}},"n":12345678901234567890}}`, "vault"},
		"without settings":          {`{"fake":{}}`, "fake"},
		"whose settings are a null": {`{"fake":null}`, "fake"},
		"whose name is odd":         {`{"\u001b[31m":{}}`, "\x1b[31m"},
		"that is none":              {`null`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var store api.ClusterSecretStore
			require.NoError(t, json.Unmarshal([]byte(`{"spec":{"provider":`+tc.provider+`}}`), &store))
			assert.Equal(t, tc.name, store.Spec.Provider.Name())

			got, err := json.Marshal(store.Spec)
			require.NoError(t, err)
			assert.Equal(t, `{"provider":`+tc.provider+`}`, string(got))
		})
	}
}

func TestAProviderThatIsNotOneIsRefused(t *testing.T) {
	for name, tc := range map[string]struct{ provider, want string }{
		"none":            {`{}`, `exactly one provider, and names []`},
		"two":             {`{"vault":{},"aws":{}}`, `exactly one provider, and names ["aws" "vault"]`},
		"escapes":         {`{"a\u001b[31m":{},"b":{}}`, `and names ["a\x1b[31m" "b"]`},
		"a nameless one":  {`{"":{}}`, `the provider's name is empty`},
		"a list":          {`[]`, `read spec.provider`},
		"a text":          {`"aws"`, `read spec.provider`},
		"a broken object": {`{"aws":}`, `invalid character`},
	} {
		t.Run(name, func(t *testing.T) {
			var spec api.StoreSpec
			assert.ErrorContains(t, json.Unmarshal([]byte(`{"provider":`+tc.provider+`}`), &spec), tc.want)
		})
	}
}

func TestAStoreCanBeDecodedOverAnother(t *testing.T) {
	var spec api.StoreSpec
	require.NoError(t, json.Unmarshal([]byte(`{"provider":{"aws":{}}}`), &spec))
	require.NoError(t, json.Unmarshal([]byte(`{"provider":null}`), &spec))
	assert.Equal(t, api.SecretStoreProvider{}, spec.Provider)
}

func TestRefreshIntervalOfAStore(t *testing.T) {
	for name, tc := range map[string]struct {
		interval string
		want     intstr.IntOrString
	}{
		"may be seconds":    {`300`, intstr.FromInt32(300)},
		"may be a duration": {`"5m"`, intstr.FromString("5m")},
	} {
		t.Run(name, func(t *testing.T) {
			var spec api.StoreSpec
			require.NoError(t, json.Unmarshal([]byte(`{"provider":{"aws":{}},"refreshInterval":`+tc.interval+`}`), &spec))
			assert.Equal(t, tc.want, *spec.RefreshInterval)
		})
	}
}

func FuzzSecretStoreProvider(f *testing.F) {
	f.Add([]byte(`{"aws":{"region":"r"}}`))
	f.Add([]byte(`{"a":{},"b":{}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first, second api.SecretStoreProvider
		if json.Unmarshal(data, &first) != nil {
			return
		}
		content, err := json.Marshal(first)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(content, &second))
		assert.Equal(t, first.Name(), second.Name())
		if first.Name() != "" {
			assert.JSONEq(t, string(first.Raw), string(second.Raw))
		}
	})
}
