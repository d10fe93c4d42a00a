package gcpsm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// What is said of a failure must be recognised as what it is.
func TestFailuresAreDiagnosed(t *testing.T) {
	const limited = "limited@shop.iam.gserviceaccount.com"
	ofKey := storeOf(`"projectID":"shop",` + withKey)
	reads := func(remote api.RemoteRef) func(t *testing.T, g *harness.GCPServer) error {
		return func(t *testing.T, g *harness.GCPServer) error {
			t.Helper()
			withVersions(t, g)
			location, reader := open(t, g, "")
			return read(t, location, reader, remote).Err
		}
	}
	answers := func(status int, body string) func(t *testing.T, g *harness.GCPServer) error {
		return func(t *testing.T, g *harness.GCPServer) error {
			t.Helper()
			g.Fault(t, harness.GCPFault{Request: "secretmanager.", Status: status, Body: body, Times: 9})
			return reads(api.RemoteRef{Key: "db"})(t, g)
		}
	}
	asLimited := func(do func(t *testing.T, location provider.Location, reader provider.Reader) error) func(t *testing.T, g *harness.GCPServer) error {
		return func(t *testing.T, g *harness.GCPServer) error {
			t.Helper()
			location, reader := openAs(t, fast(t, g), ofKey, keychain{secrets: map[string]string{"shop/login/key.json": g.Key(t, limited)}})
			return do(t, location, reader)
		}
	}
	logsIn := func(spec string, with func(t *testing.T, g *harness.GCPServer) keychain) func(t *testing.T, g *harness.GCPServer) error {
		return func(t *testing.T, g *harness.GCPServer) error {
			t.Helper()
			_, err := fast(t, g).Open(t.Context(), storeOf(spec), with(t, g))
			return err
		}
	}
	none := func(*testing.T, *harness.GCPServer) keychain { return keychain{} }
	for name, tc := range map[string]struct {
		fail func(t *testing.T, g *harness.GCPServer) error
		id   string
	}{
		"a secret that is not there":    {reads(api.RemoteRef{Key: "nothing"}), "GCP-50"},
		"a version that is not there":   {reads(api.RemoteRef{Key: "db", Version: "9"}), "GCP-50"},
		"a version that is disabled":    {reads(api.RemoteRef{Key: "off"}), "GCP-04"},
		"a version that was destroyed":  {reads(api.RemoteRef{Key: "gone"}), "GCP-04"},
		"a quota that is used up":       {answers(429, exhausted), "THR-05"},
		"an interface that is off":      {answers(403, said("PERMISSION_DENIED", "Secret Manager API has not been used in project 1 before or it is disabled.", "SERVICE_DISABLED")), "GCP-54"},
		"a token that is not known":     {answers(401, said("UNAUTHENTICATED", "Request had invalid authentication credentials.", "")), "GCP-56"},
		"a proxy that answers in place": {answers(200, "<html>"), "NET-52"},
		"a proxy that refuses in place": {answers(403, "<html>"), "NET-52"},
		"nobody's right to read": {asLimited(func(t *testing.T, l provider.Location, r provider.Reader) error {
			t.Helper()
			return read(t, l, r, api.RemoteRef{Key: "db"}).Err
		}), "GCP-01"},
		"nobody's right to the metadata": {asLimited(func(t *testing.T, l provider.Location, r provider.Reader) error {
			t.Helper()
			return read(t, l, r, api.RemoteRef{Key: "db", MetadataPolicy: api.MetadataPolicyFetch}).Err
		}), "GCP-01"},
		"nobody's right to search": {asLimited(func(t *testing.T, _ provider.Location, r provider.Reader) error {
			t.Helper()
			_, err := r.(provider.Finder).Find(t.Context(), &api.Find{Path: pointer("a")})
			return err
		}), "GCP-01"},
		"a key that is none": {logsIn(`"projectID":"shop",`+withKey, func(*testing.T, *harness.GCPServer) keychain {
			return keychain{secrets: map[string]string{"shop/login/key.json": "{"}}
		}), "GCP-06"},
		"credentials that are no key": {logsIn(`"projectID":"shop",`+withKey, func(*testing.T, *harness.GCPServer) keychain {
			return keychain{secrets: map[string]string{"shop/login/key.json": `{"type":"external_account"}`}}
		}), "GCP-06"},
		"a key that Google has not": {logsIn(`"projectID":"shop",`+withKey, func(t *testing.T, _ *harness.GCPServer) keychain { t.Helper(); return keyed(t, harness.GCP(t)) }), "GCP-51"},
		"a cluster that Google has not": {logsIn(asAccount, func(*testing.T, *harness.GCPServer) keychain {
			return keychain{accounts: map[string]map[string]string{"shop/app": nil}, mint: minted}
		}), "GCP-52"},
		"a pool that trusts another": {logsIn(federated, func(t *testing.T, g *harness.GCPServer) keychain {
			t.Helper()
			k := cluster(t, g, nil)
			k.mint = minted
			return k
		}), "GCP-52"},
		"an account that may not act": {logsIn(asAccount, func(t *testing.T, g *harness.GCPServer) keychain {
			t.Helper()
			return cluster(t, g, map[string]string{"iam.gke.io/gcp-service-account": limited})
		}), "GCP-02"},
		"a process without credentials": {logsIn(`"projectID":"shop"`, none), "GCP-53"},
		"a cluster that nobody tells":   {logsIn(`"projectID":"shop","auth":{"workloadIdentity":{"serviceAccountRef":{"name":"app"}}}`, none), "GCP-55"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.fail(t, harness.GCP(t))
			require.Error(t, err)
			assert.Equal(t, tc.id, diagnose.Error(err, nil).ID, err)
		})
	}
}

func minted(string, string, []string) (string, error) { return "none", nil }
