package gcpsm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// withVersions are secrets of the project shop in each state.
func withVersions(t *testing.T, g *harness.GCPServer) {
	t.Helper()
	g.Put(t, harness.GCPSecret{Name: "projects/shop/secrets/db", Value: []byte("one")},
		harness.GCPSecret{Name: "projects/shop/secrets/db", Value: []byte("two"), Aliases: map[string]int64{"stable": 1}},
		harness.GCPSecret{Name: "projects/shop/secrets/none"}, harness.GCPSecret{Name: "projects/shop/secrets/empty", Value: []byte{}},
		harness.GCPSecret{Name: "projects/other/secrets/db", Value: []byte("canary of another project")})
	put(t, g, "off", "one", "two", "three", "four")
	g.State(t, "projects/shop/secrets/off", 2, "DISABLED")
	g.State(t, "projects/shop/secrets/off", 3, "DESTROYED")
	g.State(t, "projects/shop/secrets/off", 4, "DISABLED")
	put(t, g, "gone", "one")
	g.State(t, "projects/shop/secrets/gone", 1, "DESTROYED")
}

func TestReadOfGoogle(t *testing.T) {
	g := harness.GCP(t)
	withVersions(t, g)
	location, reader := open(t, g, "")
	for name, tc := range map[string]struct {
		remote        api.RemoteRef
		want, version string
		kind          provider.Kind
		message       string
	}{
		"the latest version":                      {remote: api.RemoteRef{Key: "db"}, want: "two", version: "2"},
		"the latest version by that name":         {remote: api.RemoteRef{Key: "db", Version: "latest"}, want: "two", version: "2"},
		"an older version":                        {remote: api.RemoteRef{Key: "db", Version: "1"}, want: "one", version: "1"},
		"an alias of a version":                   {remote: api.RemoteRef{Key: "db", Version: "stable"}, want: "one", version: "1"},
		"a full name":                             {remote: api.RemoteRef{Key: "projects/shop/secrets/db"}, want: "two", version: "2"},
		"a full name with a version":              {remote: api.RemoteRef{Key: "projects/shop/secrets/db/versions/1"}, want: "one", version: "1"},
		"a version that is named twice":           {remote: api.RemoteRef{Key: "projects/shop/secrets/db/versions/1", Version: "1"}, want: "one", version: "1"},
		"an empty value":                          {remote: api.RemoteRef{Key: "empty"}, want: "", version: "1"},
		"two versions at once":                    {remote: api.RemoteRef{Key: "projects/shop/secrets/db/versions/1", Version: "2"}, kind: provider.Invalid, message: "which of them?"},
		"a secret of another project":             {remote: api.RemoteRef{Key: "projects/other/secrets/db"}, kind: provider.Invalid, message: `another project than the store's, which is "shop"`},
		"a secret of another location":            {remote: api.RemoteRef{Key: "projects/shop/locations/europe-west3/secrets/db"}, kind: provider.Invalid, message: "another location"},
		"a key that leaves the project":           {remote: api.RemoteRef{Key: "../../other/secrets/db"}, kind: provider.Invalid, message: "neither the name of a secret nor a full one"},
		"a version that leaves the secret":        {remote: api.RemoteRef{Key: "db", Version: "1:access?x="}, kind: provider.Invalid, message: "no version of a secret"},
		"a secret that is not there":              {remote: api.RemoteRef{Key: "nothing"}, kind: provider.NotFound, message: "check remoteRef.key"},
		"a secret without a version":              {remote: api.RemoteRef{Key: "none"}, kind: provider.NotFound, message: "has no versions"},
		"a version that is not there":             {remote: api.RemoteRef{Key: "db", Version: "7"}, kind: provider.NotFound, message: "projects/shop/secrets/db/versions/7"},
		"a version that was disabled":             {remote: api.RemoteRef{Key: "off"}, kind: provider.Invalid, message: "DISABLED state"},
		"a version that was destroyed":            {remote: api.RemoteRef{Key: "off", Version: "3"}, kind: provider.Invalid, message: "DESTROYED state"},
		"metadata of a secret that is not there":  {remote: api.RemoteRef{Key: "nothing", MetadataPolicy: api.MetadataPolicyFetch}, kind: provider.NotFound, message: "projects/shop/secrets/nothing"},
		"a name that no secret can have":          {remote: api.RemoteRef{Key: "my.app"}, kind: provider.Invalid, message: "these have letters, digits, - and _"},
		"another version than latest by an alias": {remote: api.RemoteRef{Key: "db", Version: "AWSCURRENT"}, kind: provider.NotFound, message: "AWSCURRENT"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := read(t, location, reader, tc.remote)
			if tc.kind != "" {
				require.ErrorContains(t, answer.Err, tc.message)
				assert.Equal(t, tc.kind, provider.KindOf(answer.Err), answer.Err)
				assert.NotContains(t, answer.Err.Error(), "canary")
				return
			}
			require.NoError(t, answer.Err)
			assert.Equal(t, tc.want, string(answer.Value.Reveal()))
			assert.Equal(t, tc.version, answer.Version)
		})
	}
}

func TestAFullNameInTheMachinesProject(t *testing.T) {
	const node = "node@infra.iam.gserviceaccount.com"
	g := harness.GCP(t)
	g.Machine(t, harness.GCPMachine{Project: "infra", Account: node})
	g.Put(t, harness.GCPSecret{Name: "projects/infra/secrets/db", Value: []byte("v")})
	g.Bind(t, "projects/infra", "roles/secretmanager.secretAccessor", "serviceAccount:"+node)
	location, reader := openAs(t, fast(t, g), storeOf(""), keychain{})
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
	err := read(t, location, reader, api.RemoteRef{Key: "projects/infra/secrets/db"}).Err
	require.ErrorContains(t, err, "names a project, and the store does not: give it projectID, or name the secret alone")
	assert.Equal(t, provider.Invalid, provider.KindOf(err))
}

func TestOneSecretIsOneRead(t *testing.T) {
	location, err := fast(t, harness.GCP(t)).Locate(storeOf(`"projectID":"shop",` + withKey))
	require.NoError(t, err)
	want := location.Ref(&api.RemoteRef{Key: "db"})
	for _, remote := range []api.RemoteRef{
		{Key: "db", Version: "latest"}, {Key: "projects/shop/secrets/db"}, {Key: "projects/shop/secrets/db/versions/latest"}, {Key: "db", Property: "a"},
	} {
		assert.Equal(t, want, location.Ref(&remote), remote.Key)
	}
	assert.NotEqual(t, want, location.Ref(&api.RemoteRef{Key: "db", Version: "1"}))
}

func TestLatestOrFetch(t *testing.T) {
	g := harness.GCP(t)
	withVersions(t, g)
	location, reader := open(t, g, `,"secretVersionSelectionPolicy":"LatestOrFetch"`)
	t.Run("takes the newest version that is enabled", func(t *testing.T) {
		answer := read(t, location, reader, api.RemoteRef{Key: "off"})
		require.NoError(t, answer.Err)
		assert.Equal(t, "one", string(answer.Value.Reveal()))
		assert.Equal(t, "1", answer.Version)
		assert.Equal(t, map[string]int{"OAuth.Token": 1, "SecretManager.AccessSecretVersion": 2, "SecretManager.ListSecretVersions": 1}, reader.Stats().Requests)
	})
	t.Run("takes no other than the one that is named", func(t *testing.T) {
		require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "off", Version: "latest"}).Err, "DISABLED state")
	})
	t.Run("fails where none is enabled", func(t *testing.T) {
		require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "gone"}).Err, "DESTROYED state")
	})
	t.Run("asks no more where the latest is enabled", func(t *testing.T) {
		before := reader.Stats().Requests["SecretManager.ListSecretVersions"]
		require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db"}).Err)
		assert.Equal(t, before, reader.Stats().Requests["SecretManager.ListSecretVersions"])
	})
	t.Run("says that it may not see the versions", func(t *testing.T) {
		const limited = "limited@shop.iam.gserviceaccount.com"
		g.Bind(t, "projects/shop", "roles/secretmanager.secretAccessor", "serviceAccount:"+limited)
		location, reader := openAs(t, fast(t, g), storeOf(`"projectID":"shop","secretVersionSelectionPolicy":"LatestOrFetch",`+withKey),
			keychain{secrets: map[string]string{"shop/login/key.json": g.Key(t, limited)}})
		err := read(t, location, reader, api.RemoteRef{Key: "off"}).Err
		require.ErrorContains(t, err, "LatestOrFetch needs roles/secretmanager.viewer")
		assert.Equal(t, provider.Denied, provider.KindOf(err))
	})
}

func TestMetadata(t *testing.T) {
	g := harness.GCP(t)
	g.Put(t, harness.GCPSecret{Name: "projects/shop/secrets/db", Labels: map[string]string{"team": "shop"}, Annotations: map[string]string{"example.com/a.b": "c<d"}},
		harness.GCPSecret{Name: "projects/shop/secrets/bare"})
	location, reader := open(t, g, "")
	answer := read(t, location, reader, api.RemoteRef{Key: "db", MetadataPolicy: api.MetadataPolicyFetch, Version: "1"})
	require.NoError(t, answer.Err)
	assert.Equal(t, //nolint:testifylint // byte for byte, so that a Secret stays as External Secrets Operator has made it
		`{"annotations":{"example.com/a.b":"c\u003cd"},"labels":{"team":"shop"}}`, string(answer.Value.Reveal()))
	for property, want := range map[string]string{"labels.team": "shop", "annotations.example.com/a.b": "c<d", "labels": `{"team":"shop"}`} {
		value, err := shape.PropertyOfParts(answer.Parts, property)
		require.NoError(t, err)
		assert.Equal(t, want, string(value.Reveal()), property)
	}
	answer = read(t, location, reader, api.RemoteRef{Key: "bare", MetadataPolicy: api.MetadataPolicyFetch})
	require.NoError(t, answer.Err)
	assert.Equal(t, `{"annotations":null,"labels":null}`, string(answer.Value.Reveal()))
	assert.Equal(t, map[string]int{"OAuth.Token": 1, "SecretManager.GetSecret": 2}, reader.Stats().Requests)
}

func TestALocationIsAskedAtItsOwnHost(t *testing.T) {
	g := harness.GCP(t)
	g.Put(t, harness.GCPSecret{Name: "projects/shop/locations/europe-west3/secrets/db", Value: []byte("regional"), Labels: map[string]string{"a": "b"}},
		harness.GCPSecret{Name: "projects/shop/secrets/db", Value: []byte("global"), Labels: map[string]string{"a": "b"}})
	location, reader := open(t, g, `,"location":"europe-west3"`)
	for _, key := range []string{"db", "projects/shop/locations/europe-west3/secrets/db"} {
		answer := read(t, location, reader, api.RemoteRef{Key: key})
		require.NoError(t, answer.Err)
		assert.Equal(t, "regional", string(answer.Value.Reveal()))
	}
	found, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Tags: map[string]string{"a": "b"}})
	require.NoError(t, err)
	assert.Len(t, found, 1)
	require.NoError(t, read(t, location, reader, api.RemoteRef{Key: "db", MetadataPolicy: api.MetadataPolicyFetch}).Err)
	for _, request := range g.Requests(t)[1:] {
		assert.Contains(t, request, "secretmanager.europe-west3.rep.googleapis.com GET /v1/projects/shop/locations/europe-west3/secrets")
	}
}
