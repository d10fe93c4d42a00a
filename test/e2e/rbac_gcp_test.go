package e2e_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// TestTheBindingsThatRBACPrintsAreWhatAPassNeedsOfGoogle makes a pass with exactly what is printed, and one without each binding, which
// fails.
func TestTheBindingsThatRBACPrintsAreWhatAPassNeedsOfGoogle(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	for _, name := range []string{"db", "noted", "shut", "team-a", "team-b", "hidden"} {
		g.Put(t, harness.GCPSecret{Name: "projects/my-project/secrets/" + name, Value: []byte("canary"), Labels: map[string]string{"team": "shop"}})
	}
	g.Put(t, harness.GCPSecret{Name: "projects/my-project/secrets/shut", Value: []byte("canary")})
	g.State(t, "projects/my-project/secrets/shut", 2, "DISABLED")
	g.Put(t, harness.GCPSecret{Name: "projects/my-project/locations/us-east1/secrets/regional", Value: []byte("canary")})
	g.keyed(t)
	keys := strings.Replace(named("second", googleStore(", location: us-east1, secretVersionSelectionPolicy: LatestOrFetch")), "name: login", "name: second", 1)
	fetching := strings.Replace(named("fetching", googleStore(", secretVersionSelectionPolicy: LatestOrFetch")), "name: login", "name: second", 1)
	g.apply(t, opaque("second", map[string]string{"key.json": g.Key(t, "second@my-project.iam.gserviceaccount.com")}), keys, fetching,
		externalSecret("app", "refreshInterval: 1ms, "+dataOf("db")),
		externalSecret("searched", "refreshInterval: 1ms, dataFrom: [{find: {path: team-, tags: {team: shop}}}]"),
		readsFrom("second", externalSecret("regional", "refreshInterval: 1ms, data: [{secretKey: a, remoteRef: {key: regional, version: '1'}}]")),
		readsFrom("fetching", externalSecret("fetched", "refreshInterval: 1ms, "+dataOf("shut"))),
		readsFrom("fetching", externalSecret("noted", "refreshInterval: 1ms, data: [{secretKey: a, remoteRef: {key: noted, metadataPolicy: Fetch}}]")))
	names := []string{"app", "searched", "regional", "fetched", "noted"}

	printed := g.plugin(t, "rbac", "--cloud=gcp", "-o", "json")
	require.Zero(t, printed.Code, printed.Stderr)
	assert.Contains(t, printed.Stderr, "iam.gke.io/gcp-service-account")
	var list struct {
		Kind  string `json:"kind"`
		Items []struct {
			As       string   `json:"as"`
			Stores   []string `json:"stores"`
			Bindings []struct {
				Resource, Role string
				Condition      struct{ Expression string } `json:"condition"`
			} `json:"bindings"`
		} `json:"items"`
	}
	require.NoError(t, json.Unmarshal([]byte(printed.Stdout), &list))
	assert.Equal(t, "GCPBindingList", list.Kind)
	require.Len(t, list.Items, 2)
	var bindings []harness.GCPBinding
	for i, account := range []string{"reader", "second"} {
		item := list.Items[i]
		assert.Equal(t, "the service account of the key in Secret "+g.namespace+"/"+[]string{"login", "second"}[i], item.As)
		assert.Len(t, item.Stores, i+1)
		for _, b := range item.Bindings {
			bindings = append(bindings, harness.GCPBinding{Resource: b.Resource, Role: b.Role, Condition: b.Condition.Expression,
				Members: []string{"serviceAccount:" + account + "@my-project.iam.gserviceaccount.com"}})
		}
	}
	require.Len(t, bindings, 7)
	bind := func(t *testing.T, all []harness.GCPBinding) {
		t.Helper()
		g.UnbindAll(t)
		for _, b := range all {
			g.BindBy(t, b)
		}
	}
	bind(t, bindings)
	g.passIn(t, g.env).synced(t)
	assert.Len(t, g.data(t, "searched"), 2)
	for i, b := range bindings {
		bind(t, slices.Delete(slices.Clone(bindings), i, i+1))
		p := g.passIn(t, g.env)
		failed := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return p.of(t, name).Message == "" })
		assert.NotEmpty(t, failed, "nothing needs %v", b)
		for _, name := range failed {
			assert.Contains(t, p.of(t, name).Message, "PERMISSION_DENIED", "%v", b)
		}
	}
}
