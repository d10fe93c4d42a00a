package gcpsm_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const (
	pool      = "infra.svc.id.goog"
	ofCluster = "identitynamespace:" + pool + ":https://container.googleapis.com/v1/projects/infra/locations/europe-west3/clusters/main"
	ofPool    = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/k8s"
	issuer    = "https://kubernetes.example"
	federated = `"projectID":"shop","auth":{"workloadIdentityFederation":{"serviceAccountRef":{"name":"app"},"audience":"` + ofPool + `"}}`
)

// cluster mints tokens that the fake trusts, for the service account app of the namespace shop, with these annotations.
func cluster(t *testing.T, g *harness.GCPServer, annotations map[string]string) keychain {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	keys, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256"}}})
	require.NoError(t, err)
	g.Trust(t, harness.GCPIssuer{Audience: ofCluster, Issuer: issuer, JWKS: keys, Audiences: []string{pool}})
	g.Trust(t, harness.GCPIssuer{Audience: ofPool, Issuer: issuer, JWKS: keys, Audiences: []string{ofPool, "mine"}})
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: key, KeyID: "k"}}, nil)
	require.NoError(t, err)
	return keychain{
		accounts: map[string]map[string]string{"shop/app": annotations},
		mint: func(namespace, name string, audiences []string) (string, error) {
			return jwt.Signed(signer).Claims(jwt.Claims{
				Issuer: issuer, Subject: "system:serviceaccount:" + namespace + ":" + name, Audience: audiences, Expiry: jwt.NewNumericDate(time.Now().Add(time.Hour)),
			}).Serialize()
		},
	}
}

// callerOf is whom a reader takes itself for.
func callerOf(t *testing.T, reader provider.Reader) string {
	t.Helper()
	facts, err := reader.(provider.Identifier).Identity(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, facts)
	assert.Equal(t, "caller", facts[0].Name)
	return facts[0].Value
}

func TestLoginsToGoogle(t *testing.T) {
	const acting = "acting@shop.iam.gserviceaccount.com"
	annotated := map[string]string{"iam.gke.io/gcp-service-account": acting}
	file := func(t *testing.T, content string) string { t.Helper(); return writeFile(t, content) }
	for name, tc := range map[string]struct {
		spec     string
		caller   string
		requests map[string]int
		prepare  func(t *testing.T, g *harness.GCPServer) (keychain, []string)
	}{
		"with a key": {`"projectID":"shop",` + withKey, "serviceAccount:" + account, map[string]int{"OAuth.Token": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) { t.Helper(); return keyed(t, g), nil }},
		"as an account of the cluster": {asAccount, "serviceAccount:" + pool + "[shop/app]", map[string]int{"STS.ExchangeToken": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				return cluster(t, g, nil), nil
			}},
		"as an account of the cluster that acts as Google's": {asAccount, "serviceAccount:" + acting, map[string]int{"STS.ExchangeToken": 1, "IAMCredentials.GenerateAccessToken": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				g.Bind(t, "serviceAccounts/"+acting, "roles/iam.workloadIdentityUser", "serviceAccount:"+pool+"[shop/app]")
				return cluster(t, g, annotated), nil
			}},
		"as an account of the cluster that the machine is of": {`"auth":{"workloadIdentity":{"serviceAccountRef":{"name":"app"}}}`, "serviceAccount:" + pool + "[shop/app]", map[string]int{"STS.ExchangeToken": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				g.Machine(t, harness.GCPMachine{Project: "infra", Cluster: "main", Location: "europe-west3"})
				return cluster(t, g, nil), nil
			}},
		"as an account that a pool trusts": {federated, "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/system:serviceaccount:shop:app",
			map[string]int{"STS.ExchangeToken": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				return cluster(t, g, nil), nil
			}},
		"as an account that a pool trusts, by audiences of its own": {strings.Replace(federated, `"name":"app"`, `"name":"app","audiences":["mine"]`, 1),
			"principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/system:serviceaccount:shop:app", map[string]int{"STS.ExchangeToken": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				return cluster(t, g, nil), nil
			}},
		"as the machine": {`"projectID":"shop"`, "serviceAccount:node@infra.iam.gserviceaccount.com", map[string]int{},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				g.Machine(t, harness.GCPMachine{Project: "infra", Account: "node@infra.iam.gserviceaccount.com"})
				return keychain{}, nil
			}},
		"by a file with a key": {`"projectID":"shop"`, "serviceAccount:" + account, map[string]int{"OAuth.Token": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				return keychain{}, []string{"GOOGLE_APPLICATION_CREDENTIALS", file(t, g.Key(t, account))}
			}},
		"as a user": {`"projectID":"shop"`, "me@example.com", map[string]int{"OAuth.Token": 1, "OAuth.TokenInfo": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				g.User(t, "me@example.com", "refresh")
				return keychain{}, []string{"GOOGLE_APPLICATION_CREDENTIALS", file(t, `{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"refresh","quota_project_id":"shop"}`)}
			}},
		"by a file as an account that a pool trusts": {`"projectID":"shop"`, "not told", map[string]int{"OAuth.Token": 1},
			func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
				t.Helper()
				token, err := cluster(t, g, nil).mint("shop", "app", []string{"mine"})
				require.NoError(t, err)
				return keychain{}, []string{"GOOGLE_APPLICATION_CREDENTIALS", file(t, `{"type":"external_account","audience":"`+ofPool+`","subject_token_type":"urn:ietf:params:oauth:token-type:jwt",
					"token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"`+file(t, token)+`"}}`)}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			g := harness.GCP(t)
			for _, project := range []string{"shop", "infra"} {
				g.Put(t, harness.GCPSecret{Name: "projects/" + project + "/secrets/db", Value: []byte("v")})
				member := tc.caller
				if !strings.Contains(member, ":") {
					member = "user:" + member
				}
				if tc.caller == "not told" {
					member = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/system:serviceaccount:shop:app"
				}
				g.Bind(t, "projects/"+project+"/secrets/db", "roles/secretmanager.secretAccessor", member)
			}
			credentials, environment := tc.prepare(t, g)
			location, reader := openAs(t, fast(t, g, environment...), storeOf(tc.spec), credentials)
			for range 3 {
				answer := read(t, location, reader, api.RemoteRef{Key: "db"})
				require.NoError(t, answer.Err)
				assert.Equal(t, "v", string(answer.Value.Reveal()))
			}
			if tc.caller != "not told" {
				assert.Equal(t, tc.caller, callerOf(t, reader))
			}
			tc.requests["SecretManager.AccessSecretVersion"] = 3
			assert.Equal(t, tc.requests, reader.Stats().Requests)
			require.NoError(t, reader.(provider.Closer).Close(t.Context()))
		})
	}
}

// carrier carries requests.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func TestAQuotaProjectIsCharged(t *testing.T) {
	g := harness.GCP(t)
	g.User(t, "me@example.com", "refresh")
	path := writeFile(t, `{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"refresh","quota_project_id":"of-file"}`)
	for name, tc := range map[string]struct {
		environment []string
		want        string
	}{
		"of the file":        {nil, "of-file"},
		"of the environment": {[]string{"GOOGLE_CLOUD_QUOTA_PROJECT", "of-environment"}, "of-environment"},
	} {
		t.Run(name, func(t *testing.T) {
			p := fast(t, g, append(tc.environment, "GOOGLE_APPLICATION_CREDENTIALS", path)...)
			charged := map[string]string{} // by host
			inner := p.Transport
			p.Transport = carrier(func(r *http.Request) (*http.Response, error) {
				charged[r.URL.Host] = r.Header.Get("X-Goog-User-Project")
				return inner.RoundTrip(r)
			})
			location, reader := openAs(t, p, storeOf(`"projectID":"shop"`), keychain{})
			require.Error(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err, "nobody may")
			assert.Equal(t, tc.want, charged["secretmanager.googleapis.com"])
			facts, err := reader.(provider.Identifier).Identity(t.Context())
			require.NoError(t, err)
			assert.Contains(t, facts, trace.Fact{Name: "quota project", Value: tc.want})
		})
	}
}

func TestALoginToGoogleIsRefused(t *testing.T) {
	const acting = "acting@shop.iam.gserviceaccount.com"
	key := func(change map[string]string) func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
		return func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
			t.Helper()
			var file map[string]string
			require.NoError(t, json.Unmarshal([]byte(g.Key(t, account)), &file))
			for name, value := range change {
				file[name] = value
			}
			text, err := json.Marshal(file)
			require.NoError(t, err)
			return keychain{secrets: map[string]string{"shop/login/key.json": string(text)}}, nil
		}
	}
	text := func(text string) func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
		return func(*testing.T, *harness.GCPServer) (keychain, []string) {
			return keychain{secrets: map[string]string{"shop/login/key.json": text}}, nil
		}
	}
	file := func(text string) func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
		return func(t *testing.T, _ *harness.GCPServer) (keychain, []string) {
			t.Helper()
			return keychain{}, []string{"GOOGLE_APPLICATION_CREDENTIALS", writeFile(t, text)}
		}
	}
	account := func(annotations map[string]string, change func(*keychain)) func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
		return func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
			t.Helper()
			k := cluster(t, g, annotations)
			change(&k)
			return k, nil
		}
	}
	none := func(*keychain) {}
	const ofKey, ofProcess = `"projectID":"shop",` + withKey, `"projectID":"shop"`
	for name, tc := range map[string]struct {
		spec    string
		prepare func(t *testing.T, g *harness.GCPServer) (keychain, []string)
		kind    provider.Kind
		want    string
	}{
		"a Secret that is not there":      {ofKey, text(""), provider.Invalid, "secretAccessKeySecretRef does not hold the key of a service account: it is no JSON"},
		"a key that Google does not know": {ofKey, key(map[string]string{"private_key_id": "other"}), provider.Unauthenticated, "invalid_grant: Invalid grant: account not found"},
		"a key of somebody else":          {ofKey, key(map[string]string{"client_email": "other@shop.iam.gserviceaccount.com"}), provider.Unauthenticated, "Invalid JWT Signature"},
		"a key too large to sign with": {ofKey, func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
			t.Helper()
			private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: harness.SlowKey(t, 12288)})
			return key(map[string]string{"private_key": string(private)})(t, g)
		}, provider.Invalid, "its private_key is no RSA key of at most 8192 bits"},
		"a key that is cut off":        {ofKey, key(map[string]string{"private_key": "-----BEGIN canary"}), provider.Invalid, "its private_key is no PEM"},
		"a key of another sort":        {ofKey, key(map[string]string{"private_key": "-----BEGIN EC PRIVATE KEY-----\nY2FuYXJ5\n-----END EC PRIVATE KEY-----\n"}), provider.Invalid, "no RSA key"},
		"a key of nobody":              {ofKey, key(map[string]string{"client_email": ""}), provider.Invalid, "no client_email"},
		"a key that is sent elsewhere": {ofKey, key(map[string]string{"token_uri": "https://evil.example/token"}), provider.Unsupported, "token_uri that is not Google's"},
		"a key of another universe":    {ofKey, key(map[string]string{"universe_domain": "evil.example"}), provider.Unsupported, "universe"},
		"a program as a key": {ofKey, text(`{"type":"external_account","credential_source":{"executable":{"command":"/bin/canary"}}}`), provider.Unsupported,
			`credentials of the type "external_account": only keys of service accounts are supported`},
		"something else as a key":     {ofKey, text(`{"type":"canary"}`), provider.Invalid, `does not hold the key of a service account: its type is not "service_account"`},
		"a user as a key":             {ofKey, text(`{"type":"authorized_user","refresh_token":"canary"}`), provider.Unsupported, `"authorized_user"`},
		"an impersonation as a key":   {ofKey, text(`{"type":"impersonated_service_account","service_account_impersonation_url":"https://evil.example"}`), provider.Unsupported, `"impersonated_service_account"`},
		"a pool that is not there":    {strings.ReplaceAll(federated, "providers/k8s", "providers/none"), account(nil, none), provider.Unauthenticated, "check the cluster, or the audience"},
		"an audience that is wrong":   {strings.Replace(federated, `"name":"app"`, `"name":"app","audiences":["others"]`, 1), account(nil, none), provider.Unauthenticated, "invalid_grant"},
		"an issuer that is not known": {federated, account(nil, func(k *keychain) { k.mint = func(string, string, []string) (string, error) { return "canary", nil } }), provider.Unauthenticated, "check that the pool trusts this cluster's issuer"},
		"an account that is not there": {federated, account(nil, func(k *keychain) { k.accounts = nil }), provider.Unknown,
			"read spec.provider.gcpsm.auth.workloadIdentityFederation.serviceAccountRef: there is no service account"},
		"an account that may have no token": {asAccount, account(nil, func(k *keychain) {
			k.mint = func(string, string, []string) (string, error) { return "", errors.New("may not") }
		}), provider.Unknown, "mint a token for spec.provider.gcpsm.auth.workloadIdentity.serviceAccountRef: may not"},
		"an account that may not act as Google's": {asAccount, account(map[string]string{"iam.gke.io/gcp-service-account": acting}, none), provider.Denied, "it needs roles/iam.workloadIdentityUser on that service account"},
		"an account that acts as one that is gone": {asAccount, func(t *testing.T, g *harness.GCPServer) (keychain, []string) {
			t.Helper()
			g.Fault(t, harness.GCPFault{Request: "iamcredentials.googleapis.com POST", Status: 404, Body: said("NOT_FOUND", "Not found; Gaia id not found for email "+acting, ""), Times: 9})
			return account(map[string]string{"iam.gke.io/gcp-service-account": acting}, none)(t, g)
		}, provider.Unauthenticated, "is there a service account of that name?"},
		"an account that acts as nobody": {asAccount, account(map[string]string{"iam.gke.io/gcp-service-account": "x:generate/../y"}, none), provider.Invalid, "no email of a service account"},
		"a cluster that nobody tells":    {`"projectID":"shop","auth":{"workloadIdentity":{"serviceAccountRef":{"name":"app"}}}`, account(nil, none), provider.Invalid, "clusterLocation is missing, and no metadata server tells it"},
		"a project that nobody tells":    {``, file(`{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"r"}`), provider.Invalid, "spec.provider.gcpsm.projectID is missing, and no metadata server tells it"},
		"a process without credentials":  {ofProcess, func(*testing.T, *harness.GCPServer) (keychain, []string) { return keychain{}, nil }, provider.Unauthenticated, "neither a file of default credentials nor a metadata server was found"},
		"a file that is not there": {ofProcess, func(*testing.T, *harness.GCPServer) (keychain, []string) {
			return keychain{}, []string{"GOOGLE_APPLICATION_CREDENTIALS", "/none/at/all"}
		}, provider.Unauthenticated, "/none/at/all"},
		"a file that is no JSON":                     {ofProcess, file("canary"), provider.Invalid, "are no JSON"},
		"a file of a sort that is not known":         {ofProcess, file(`{"type":"gdch_service_account"}`), provider.Unsupported, `"gdch_service_account", which is not supported`},
		"a login of a user that has ended":           {ofProcess, file(`{"type":"authorized_user","client_id":"i","client_secret":"s","refresh_token":"canary"}`), provider.Unauthenticated, "invalid_grant: Token has been expired or revoked."},
		"a file that names a file that is not there": {ofProcess, file(`{"type":"external_account","audience":"a","subject_token_type":"urn:ietf:params:oauth:token-type:jwt","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"/none/token"}}`), provider.Unauthenticated, "/none/token"},
	} {
		t.Run(name, func(t *testing.T) {
			g := harness.GCP(t)
			credentials, environment := tc.prepare(t, g)
			_, err := fast(t, g, environment...).Open(t.Context(), storeOf(tc.spec), credentials)
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.kind, provider.KindOf(err), err)
			for _, hidden := range []string{"canary", "BEGIN", "ya29", "eyJ"} {
				assert.NotContains(t, err.Error(), hidden)
			}
			for _, request := range g.Requests(t) {
				assert.NotContains(t, request, "secretmanager.googleapis.com", "nothing is read by a login that failed")
			}
		})
	}
}

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	g := harness.GCP(t)
	put(t, g, "db", "v")
	g.Fault(t, harness.GCPFault{Request: "oauth2.googleapis.com POST /token", Status: 200, Body: `{"access_token":"ya29.ended","expires_in":30}`, Times: 1})
	location, reader := open(t, g, "")
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	assert.Equal(t, 2, reader.Stats().Requests["OAuth.Token"])
}
