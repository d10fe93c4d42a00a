package gcpsm_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

func TestFindInGoogle(t *testing.T) {
	g := harness.GCP(t)
	for name, labels := range map[string]map[string]string{
		"app-db": {"team": "shop", "env": "live"}, "app-mail": {"team": "shop"}, "other-app-db": {"team": "post"}, "odd": {"team": "größe"},
	} {
		g.Put(t, harness.GCPSecret{Name: "projects/shop/secrets/" + name, Value: []byte(name), Labels: labels})
	}
	g.Put(t, harness.GCPSecret{Name: "projects/elsewhere/secrets/app-db", Value: []byte("x"), Labels: map[string]string{"team": "shop"}})
	location, reader := open(t, g, "")
	for name, tc := range map[string]struct {
		find  api.Find
		want  []string
		query string
	}{
		"by name":                      {api.Find{Name: &api.FindName{RegExp: "db$"}}, []string{"app-db", "other-app-db"}, "?pageSize=1000"},
		"by name and path":             {api.Find{Name: &api.FindName{RegExp: "db$"}, Path: pointer("app-")}, []string{"app-db"}, "?filter=name%3Aapp-&pageSize=1000"},
		"by path":                      {api.Find{Path: pointer("app-")}, []string{"app-db", "app-mail"}, "?filter=name%3Aapp-&pageSize=1000"},
		"by labels":                    {api.Find{Tags: map[string]string{"team": "shop"}}, []string{"app-db", "app-mail"}, "?filter=labels.team%3Dshop&pageSize=1000"},
		"by all of the labels":         {api.Find{Tags: map[string]string{"team": "shop", "env": "live"}}, []string{"app-db"}, "?filter=labels.env%3Dlive+AND+labels.team%3Dshop&pageSize=1000"},
		"by labels and name":           {api.Find{Name: &api.FindName{RegExp: "mail"}, Tags: map[string]string{"team": "shop"}}, []string{"app-mail"}, "?filter=labels.team%3Dshop&pageSize=1000"},
		"by what no filter can say":    {api.Find{Tags: map[string]string{"team": "größe"}}, []string{"odd"}, "?pageSize=1000"},
		"nothing, by a filter's signs": {api.Find{Path: pointer("app OR name:odd")}, nil, "?pageSize=1000"},
	} {
		t.Run(name, func(t *testing.T) {
			g.Requests(t)
			found, err := reader.(provider.Finder).Find(t.Context(), &tc.find)
			require.NoError(t, err)
			var names []string
			for _, f := range found {
				names = append(names, f.Key)
				assert.Equal(t, location.Ref(&api.RemoteRef{Key: f.Key}), f.Ref)
				assert.True(t, location.Finds(&tc.find, f.Ref.Key))
			}
			assert.Equal(t, tc.want, names)
			assert.Equal(t, []string{"secretmanager.googleapis.com GET /v1/projects/shop/secrets" + tc.query}, g.Requests(t))
		})
	}
	assert.False(t, location.Finds(&api.Find{Path: pointer("app-")}, "other-app-db"))
	t.Run("by a name that is no pattern fails", func(t *testing.T) {
		_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "("}})
		require.ErrorContains(t, err, "find.name.regexp")
		assert.Equal(t, provider.Invalid, provider.KindOf(err))
	})
	t.Run("without the right to list says which it takes", func(t *testing.T) {
		const limited = "limited@shop.iam.gserviceaccount.com"
		g.Bind(t, "projects/shop", "roles/secretmanager.secretAccessor", "serviceAccount:"+limited)
		_, reader := openAs(t, fast(t, g), storeOf(`"projectID":"shop",`+withKey), keychain{secrets: map[string]string{"shop/login/key.json": g.Key(t, limited)}})
		_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Path: pointer("app-")})
		require.ErrorContains(t, err, "find needs roles/secretmanager.viewer on the project")
		assert.Equal(t, provider.Denied, provider.KindOf(err))
	})
}

func TestFindGoesThroughAllPages(t *testing.T) {
	g := harness.GCP(t)
	const count = 2100
	all := make([]harness.GCPSecret, count)
	for i := range all {
		all[i].Name = fmt.Sprintf("projects/shop/secrets/s-%04d", i)
	}
	g.Put(t, all...)
	_, reader := open(t, g, "")
	found, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "^s-"}})
	require.NoError(t, err)
	assert.Len(t, found, count)
	assert.Equal(t, 3, reader.Stats().Requests["SecretManager.ListSecrets"])
}

func pointer[T any](value T) *T { return &value }

func TestAListThatDoesNotEnd(t *testing.T) {
	g := harness.GCP(t)
	put(t, g, "off", "one")
	g.State(t, "projects/shop/secrets/off", 1, "DISABLED")
	location, reader := open(t, g, `,"secretVersionSelectionPolicy":"LatestOrFetch"`)
	for _, list := range []string{"secrets", "secrets/off/versions"} {
		g.Fault(t, harness.GCPFault{Request: "secretmanager.googleapis.com GET /v1/projects/shop/" + list + "?", Status: 200, Body: `{"nextPageToken":"again"}`, Times: 9})
	}
	const want = "the service answers the same page of a list again and again"
	_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "."}})
	require.ErrorContains(t, err, want)
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	require.ErrorContains(t, read(t, location, reader, api.RemoteRef{Key: "off"}).Err, want)
	requests := reader.Stats().Requests
	assert.Equal(t, 2, requests["SecretManager.ListSecrets"])
	assert.Equal(t, 2, requests["SecretManager.ListSecretVersions"])
}

// Secrets whose policy is to delete would go.
func TestASearchInAProjectThatIsGoneIsNotEmpty(t *testing.T) {
	g := harness.GCP(t)
	_, reader := open(t, g, "")
	g.Fault(t, harness.GCPFault{Request: "secretmanager.googleapis.com GET /v1/projects/shop/secrets?", Status: 404, Body: said("NOT_FOUND", "Requested entity was not found.", ""), Times: 9})
	_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{})
	require.ErrorContains(t, err, "check the store's projectID and location")
	assert.Equal(t, provider.Invalid, provider.KindOf(err))
}
