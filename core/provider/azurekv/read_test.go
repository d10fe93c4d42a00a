package azurekv_test

import (
	"encoding/json"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestReadSecrets(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "old"})
	a.Put(t, harness.AzureSecret{Name: "db", Value: `{"user":"app"}`})
	a.Put(t, harness.AzureSecret{Name: "off", Value: "canary", Disabled: true})
	a.Put(t, harness.AzureSecret{Name: "gone", Value: "canary", Deleted: "yes"})
	a.Put(t, harness.AzureSecret{Name: "going", Value: "canary", Deleted: "now"})
	a.Put(t, harness.AzureSecret{Name: "late", Value: "kept", Expires: 1})
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	for name, tc := range map[string]struct {
		remote        api.RemoteRef
		want, version string
		kind          provider.Kind
		message       string
		asks          bool
	}{
		"the current version":                 {remote: api.RemoteRef{Key: "db"}, want: `{"user":"app"}`, version: harness.AzureVersion("db", 2)},
		"a name with its kind":                {remote: api.RemoteRef{Key: "secret/db"}, want: `{"user":"app"}`, version: harness.AzureVersion("db", 2)},
		"an older version":                    {remote: api.RemoteRef{Key: "db", Version: harness.AzureVersion("db", 1)}, want: "old", version: harness.AzureVersion("db", 1)},
		"a secret that has expired":           {remote: api.RemoteRef{Key: "late"}, want: "kept", version: harness.AzureVersion("late", 1)},
		"a version that is not there":         {remote: api.RemoteRef{Key: "db", Version: strings.Repeat("0", 32)}, kind: provider.NotFound, message: "SecretNotFound", asks: true},
		"a version that can't be one":         {remote: api.RemoteRef{Key: "db", Version: "../x"}, kind: provider.Invalid, message: "remoteRef.version"},
		"a secret that is not there":          {remote: api.RemoteRef{Key: "none"}, kind: provider.NotFound, message: "check remoteRef.key", asks: true},
		"a secret that was deleted":           {remote: api.RemoteRef{Key: "gone"}, kind: provider.NotFound, message: "SecretNotFound", asks: true},
		"a secret that is being deleted":      {remote: api.RemoteRef{Key: "going"}, kind: provider.NotFound, message: "ObjectIsBeingDeleted", asks: true},
		"a secret that is disabled":           {remote: api.RemoteRef{Key: "off"}, kind: provider.Denied, message: "enable that version", asks: true},
		"a name that can't be one":            {remote: api.RemoteRef{Key: "my_app.db"}, kind: provider.Invalid, message: "letters, digits and hyphens"},
		"a kind that there is none of":        {remote: api.RemoteRef{Key: "blob/db"}, kind: provider.Invalid, message: "secret/, key/ or cert/"},
		"a name that goes up":                 {remote: api.RemoteRef{Key: "secret/../keys"}, kind: provider.Invalid, message: "letters, digits and hyphens"},
		"a key of the same name, not there":   {remote: api.RemoteRef{Key: "key/db"}, kind: provider.Denied, message: `"Key Vault Reader"`, asks: true},
		"a certificate that may not be read":  {remote: api.RemoteRef{Key: "cert/db"}, kind: provider.Denied, message: `"get" on certificates`, asks: true},
		"the metadata of what is not there":   {remote: api.RemoteRef{Key: "none", MetadataPolicy: api.MetadataPolicyFetch}, kind: provider.NotFound, message: "SecretNotFound", asks: true},
		"a key that only names what it is of": {remote: api.RemoteRef{Key: "key/"}, kind: provider.Invalid, message: "names no object"},
	} {
		t.Run(name, func(t *testing.T) {
			a.Requests(t)
			answer := read(t, location, reader, tc.remote)
			requests := a.Requests(t)
			if tc.kind != "" {
				require.ErrorContains(t, answer.Err, tc.message)
				assert.Equal(t, tc.kind, provider.KindOf(answer.Err), answer.Err)
				assert.NotContains(t, answer.Err.Error(), "canary")
				assert.Equal(t, tc.asks, len(requests) == 1, requests)
				return
			}
			require.NoError(t, answer.Err)
			assert.Equal(t, tc.want, string(answer.Value.Reveal()))
			assert.Equal(t, tc.version, answer.Version)
			assert.WithinDuration(t, time.Now(), answer.Changed, time.Minute)
		})
	}
}

func TestAValueAndItsMetadataAreOneRequest(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v", Tags: map[string]string{"team": "shop", "a.b": "c"}, Expires: 4102444800})
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	value, metadata := api.RemoteRef{Key: "db"}, api.RemoteRef{Key: "secret/db", MetadataPolicy: api.MetadataPolicyFetch}
	other := api.RemoteRef{Key: "db", Version: harness.AzureVersion("db", 1)}
	groups := reader.Plan([]provider.Ref{location.Ref(&value), location.Ref(&other), location.Ref(&metadata)})
	require.Len(t, groups, 2)
	a.Requests(t)
	answers := reader.Read(t.Context(), groups[0])
	assert.Equal(t, []string{"GET shop.vault.azure.net/secrets/db/"}, a.Requests(t))
	require.NoError(t, answers[0].Err)
	assert.Equal(t, "v", string(answers[0].Value.Reveal()))
	var got map[string]string
	require.NoError(t, json.Unmarshal(answers[1].Value.Reveal(), &got))
	assert.Equal(t, []string{"a.b", "attribute.created", "attribute.expires", "attribute.updated", "team"}, sorted(got))
	assert.Equal(t, "2100-01-01T00:00:00Z", got["attribute.expires"])

	t.Run("with useAzureSDK the metadata are the tags alone, as in ESO", func(t *testing.T) {
		location, reader := opened(t, fast(t, a), storeOf(`"useAzureSDK":true,`+bySecret), ofLogin())
		assert.JSONEq(t, `{"team":"shop","a.b":"c"}`, string(read(t, location, reader, metadata).Value.Reveal()))
	})
}

func TestReadKeysAndCertificates(t *testing.T) {
	a := harness.Azure(t)
	a.App(t, harness.AzureApp{ClientID: clientID, Secret: password, Roles: map[string][]string{harness.AzureVault: {"Key Vault Reader"}}})
	_, certificate := selfSigned(t)
	a.Import(t, "tls", string(certificate))
	a.Key(t, "rsa", "RSA")
	a.Key(t, "ec", "EC")
	location, reader := opened(t, fast(t, a), storeOf(bySecret), ofLogin())
	modernLocation, modern := opened(t, fast(t, a), storeOf(`"useAzureSDK":true,`+bySecret), ofLogin())
	t.Run("a certificate is its DER, without the key", func(t *testing.T) {
		answer := read(t, location, reader, api.RemoteRef{Key: "cert/tls"})
		require.NoError(t, answer.Err)
		block, _ := pem.Decode(certificate)
		assert.Equal(t, block.Bytes, answer.Value.Reveal())
		assert.Len(t, answer.Version, 32)
	})
	t.Run("a key is a JSON web key, in the order of whichever library the store means", func(t *testing.T) {
		for name, tc := range map[string]struct{ legacy, modern string }{
			"rsa": {`^\{"kid":"https://shop.vault.azure.net/keys/rsa/\w{32}","kty":"RSA","key_ops":\["sign","verify"\],"n":"[\w-]+","e":"AQAB"\}$`,
				`^\{"e":"AQAB","key_ops":\["sign","verify"\],"kid":"https://shop.vault.azure.net/keys/rsa/\w{32}","kty":"RSA","n":"[\w-]+"\}$`},
			"ec": {`^\{"kid":"[^"]+","kty":"EC","key_ops":\["sign","verify"\],"crv":"P-256","x":"[\w-]+","y":"[\w-]+"\}$`,
				`^\{"crv":"P-256","key_ops":\["sign","verify"\],"kid":"[^"]+","kty":"EC","x":"[\w-]+","y":"[\w-]+"\}$`},
		} {
			answer := read(t, location, reader, api.RemoteRef{Key: "key/" + name})
			require.NoError(t, answer.Err)
			assert.Regexp(t, tc.legacy, string(answer.Value.Reveal()))
			assert.Len(t, answer.Version, 32)
			answer = read(t, modernLocation, modern, api.RemoteRef{Key: "key/" + name})
			require.NoError(t, answer.Err)
			assert.Regexp(t, tc.modern, string(answer.Value.Reveal()))
		}
	})
	t.Run("their metadata are theirs", func(t *testing.T) {
		for _, key := range []string{"key/rsa", "cert/tls"} {
			answer := read(t, location, reader, api.RemoteRef{Key: key, MetadataPolicy: api.MetadataPolicyFetch})
			require.NoError(t, answer.Err)
			assert.Contains(t, string(answer.Value.Reveal()), "attribute.created")
		}
	})
	t.Run("what is not there is missing", func(t *testing.T) {
		for key, want := range map[string]string{"key/none": "KeyNotFound", "cert/none": "CertificateNotFound"} {
			answer := read(t, location, reader, api.RemoteRef{Key: key})
			require.ErrorContains(t, answer.Err, want)
			assert.Equal(t, provider.NotFound, provider.KindOf(answer.Err))
		}
	})
	t.Run("the role that suffices for these does not for secrets", func(t *testing.T) {
		answer := read(t, location, reader, api.RemoteRef{Key: "tls"})
		require.ErrorContains(t, answer.Err, `"Key Vault Secrets User"`)
	})
	assert.Equal(t, 1, reader.Stats().Requests["KeyVault.GetCertificate"]-2)
}

func TestEachCloudHasItsOwnHosts(t *testing.T) {
	a := started(t)
	a.Put(t, harness.AzureSecret{Name: "db", Value: "v"})
	const tenant = harness.AzureTenant
	for name, tc := range map[string]struct {
		vault, rest, login string
	}{
		"China":              {"https://shop.vault.azure.cn", `"environmentType":"ChinaCloud"`, "login.chinacloudapi.cn"},
		"the US government":  {"https://shop.vault.usgovcloudapi.net/", `"environmentType":"USGovernmentCloud"`, "login.microsoftonline.us"},
		"the public one":     {"https://SHOP.vault.azure.net", `"environmentType":"PublicCloud"`, "login.microsoftonline.com"},
		"one's own, by DNS":  {"https://shop.vault.corp.example", custom(`"activeDirectoryEndpoint":"https://login.corp.example/","keyVaultDNSSuffix":".vault.corp.example"`), "login.corp.example"},
		"one's own, by name": {"https://shop.vault.corp.example", custom(`"activeDirectoryEndpoint":"https://login.corp.example","keyVaultEndpoint":"https://vault.corp.example/"`), "login.corp.example"},
		"a login of one's own": {"https://shop.vault.azure.net", `"customCloudConfig":{"activeDirectoryEndpoint":"https://login.corp.example"}`,
			"login.corp.example"},
	} {
		t.Run(name, func(t *testing.T) {
			store := storeOf("")
			store.Spec = json.RawMessage(`{"vaultUrl":"` + tc.vault + `",` + tc.rest + `,` + bySecret + `}`)
			location, reader := opened(t, fast(t, a), store, ofLogin())
			assert.Equal(t, []string{"POST " + tc.login + "/" + tenant + "/oauth2/v2.0/token"}, a.Requests(t))
			require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
			a.Requests(t)
		})
	}
}
