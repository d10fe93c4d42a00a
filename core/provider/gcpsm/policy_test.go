package gcpsm_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/gcpsm"
)

const accessor, viewer = "roles/secretmanager.secretAccessor", "roles/secretmanager.viewer"

func wantedOf(name, spec string, refs []provider.Ref, finds ...*api.Find) provider.Wanted {
	return provider.Wanted{Provider: "gcpsm", Names: []string{name}, Store: storeOf(spec), Refs: refs, Finds: finds}
}

func TestGrantsForReading(t *testing.T) {
	const shop = `"projectID":"shop"`
	find := func(text string) []*api.Find {
		var f api.Find
		require.NoError(t, json.Unmarshal([]byte(text), &f))
		return []*api.Find{&f}
	}
	for name, tc := range map[string]struct {
		spec  string
		refs  []provider.Ref
		finds []*api.Find
		want  []string // "role resource condition"
	}{
		"a secret":                     {shop, []provider.Ref{{Key: "db"}}, nil, []string{accessor + " projects/shop/secrets/db"}},
		"its versions are one secret":  {shop, []provider.Ref{{Key: "db"}, {Key: "db", Version: "1"}}, nil, []string{accessor + " projects/shop/secrets/db"}},
		"a secret of a location":       {shop + `,"location":"us-east1"`, []provider.Ref{{Key: "db"}}, nil, []string{accessor + " projects/shop/locations/us-east1/secrets/db"}},
		"metadata":                     {shop, []provider.Ref{{Key: "db", Metadata: true}}, nil, []string{viewer + " projects/shop/secrets/db"}},
		"the newest that is enabled":   {shop + `,"secretVersionSelectionPolicy":"LatestOrFetch"`, []provider.Ref{{Key: "a"}, {Key: "b", Version: "1"}}, nil, []string{accessor + " projects/shop/secrets/a", viewer + " projects/shop/secrets/a", accessor + " projects/shop/secrets/b"}},
		"a key that is refused":        {shop, []provider.Ref{{Key: "projects/other/secrets/db"}, {Key: "*"}}, nil, nil},
		"a search":                     {shop, nil, find(`{"name":{"regexp":"db"}}`), []string{accessor + " projects/shop", viewer + " projects/shop"}},
		"a search below a path":        {shop, nil, find(`{"path":"app-"}`), []string{accessor + ` projects/shop resource.name.extract("/secrets/{name}").startsWith("app-")`, viewer + " projects/shop"}},
		"a search for how names begin": {shop + `,"location":"us-east1"`, nil, find(`{"path":"app","name":{"regexp":"^app-db.*"}}`), []string{accessor + ` projects/shop resource.name.extract("/secrets/{name}").startsWith("app-db")`, viewer + " projects/shop"}},
		"what a search may read already": {shop, []provider.Ref{{Key: "app-db"}, {Key: "app-db", Metadata: true}, {Key: "db"}}, find(`{"path":"app-"}`), []string{
			accessor + ` projects/shop resource.name.extract("/secrets/{name}").startsWith("app-")`, viewer + " projects/shop", accessor + " projects/shop/secrets/db"}},
		"what a search for all may read already": {shop, []provider.Ref{{Key: "db"}}, append(find(`{"path":"app-"}`), find(`{"name":{"regexp":"."}}`)...), []string{accessor + " projects/shop", viewer + " projects/shop"}},
		"a search that can't be read":            {shop, nil, find(`{"name":{"regexp":"("}}`), nil},
		"a path that no name begins with":        {shop, nil, find(`{"path":"\"||true"}`), []string{accessor + " projects/shop", viewer + " projects/shop"}},
	} {
		t.Run(name, func(t *testing.T) {
			grants, problems, err := gcpsm.Grants([]provider.Wanted{wantedOf("s", tc.spec, tc.refs, tc.finds...)})
			require.NoError(t, err)
			assert.Empty(t, problems)
			require.Len(t, grants, 1)
			var got []string
			for _, b := range grants[0].Bindings {
				text := b.Role + " " + b.Resource
				if b.Condition != nil {
					text += " " + b.Condition.Expression
				}
				got = append(got, text)
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestGrantsAreByLogin(t *testing.T) {
	db, mail := []provider.Ref{{Key: "db"}}, []provider.Ref{{Key: "mail"}}
	grants, problems, err := gcpsm.Grants([]provider.Wanted{
		wantedOf("two", asAccount, db), wantedOf("one", asAccount+`,"location":"us-east1"`, mail), wantedOf("keyed", `"projectID":"shop",`+withKey, db),
		wantedOf("pool", federated, db), wantedOf("process", `"projectID":"shop"`, db), wantedOf("machine", ``, db),
		wantedOf("somewhere", `"auth":{"workloadIdentity":{"serviceAccountRef":{"name":"app"}}}`, db),
	})
	require.NoError(t, err)
	assert.Equal(t, []string{"machine: the store does not say in which project its secrets are", "somewhere: the store does not say in which project its secrets are"}, problems)
	shop := []gcpsm.Binding{{Resource: "projects/shop/secrets/db", Role: accessor}}
	assert.ElementsMatch(t, []gcpsm.Grant{
		{"serviceAccount:infra.svc.id.goog[shop/app]", "service account shop/app of a cluster of project infra", []string{"one", "two"}, []gcpsm.Binding{
			{Resource: "projects/infra/locations/us-east1/secrets/mail", Role: accessor}, {Resource: "projects/infra/secrets/db", Role: accessor},
		}},
		{"", "the service account of the key in Secret shop/login", []string{"keyed"}, shop},
		{"principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/subject/system:serviceaccount:shop:app",
			"service account shop/app by " + ofPool, []string{"pool"}, shop},
		{"", "the identity of the process", []string{"machine", "process"}, shop},
		{"", "service account shop/app of the cluster", []string{"somewhere"}, []gcpsm.Binding{}},
	}, grants)
	grants, _, err = gcpsm.Grants([]provider.Wanted{
		wantedOf("one", `"projectID":"shop"`, nil, &api.Find{Path: pointer("app-")}), wantedOf("two", `"projectID":"shop2"`, []provider.Ref{{Key: "app-db"}}),
	})
	require.NoError(t, err)
	require.Len(t, grants, 1)
	assert.Len(t, grants[0].Bindings, 3, "a project whose name begins as another's is another")
	again, _, err := gcpsm.Grants(nil)
	require.NoError(t, err)
	assert.NotNil(t, again, "nothing is an empty list in JSON")
}
