package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// vaultPolicy is a policy as `rbac --cloud=vault` prints it.
type vaultPolicy struct {
	Path map[string]struct {
		Capabilities []string `json:"capabilities"`
	} `json:"path"`
}

// without is the policy less one capability at a path.
func (p vaultPolicy) without(path, capability string) vaultPolicy {
	less := vaultPolicy{Path: maps.Clone(p.Path)}
	rule := less.Path[path]
	rule.Capabilities = slices.DeleteFunc(slices.Clone(rule.Capabilities), func(c string) bool { return c == capability })
	less.Path[path] = rule
	return less
}

// TestThePolicyThatRBACPrintsIsWhatAPassNeedsOfVault makes a pass with exactly what is printed, and one without each line of it, which
// fails.
func TestThePolicyThatRBACPrintsIsWhatAPassNeedsOfVault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := harness.Vault(t)
	for _, name := range []string{"shop/db", `od"d ${x} key`, "team/a/one", "team/b/two", "other", "hidden", "shop/tagged", "new"} {
		v.Put(t, name, map[string]any{"value": "canary"})
		v.Note(t, name, map[string]string{"team": name})
	}
	v.Do(t, "POST", "kv/old", map[string]any{"value": "canary"})
	w.appRoleStore(t, v, "# nothing yet")
	role, secret := v.AppRole(t, "second", "second")
	old := vaultStore(v, fmt.Sprintf("version: v1, auth: {appRole: {roleId: %s, secretRef: {name: second, key: id}}}", role))
	w.apply(t, opaque("second", map[string]string{"id": secret}), named("kv", strings.Replace(old, "path: secret", "path: kv", 1)))
	names := []string{"app", "searched", "tagged", "kv"}
	w.apply(t,
		externalSecret("app", `refreshInterval: 1ms, data: [{secretKey: a, remoteRef: {key: shop/db}}, {secretKey: b, remoteRef: {key: 'od"d ${x} key'}},
			{secretKey: noted, remoteRef: {key: other, metadataPolicy: Fetch}}]`),
		externalSecret("searched", "refreshInterval: 1ms, dataFrom: [{find: {path: team, name: {regexp: ^team/}}, rewrite: [{regexp: {source: /, target: .}}]}]"),
		externalSecret("tagged", "refreshInterval: 1ms, dataFrom: [{find: {name: {regexp: ^shop/t}, tags: {team: shop/tagged}}, rewrite: [{regexp: {source: /, target: .}}]}]"),
		readsFrom("kv", externalSecret("kv", "refreshInterval: 1ms, "+dataOf("old"))))

	printed := w.plugin(t, "rbac", "--cloud=vault", "-o", "json")
	require.Zero(t, printed.Code, printed.Stderr)
	assert.Contains(t, printed.Stderr, "auth/token/revoke-self")
	var policies struct {
		Kind  string `json:"kind"`
		Items []struct {
			Server, Login, As string
			Stores            []string    `json:"stores"`
			Policy            vaultPolicy `json:"policy"`
		} `json:"items"`
	}
	require.NoError(t, json.Unmarshal([]byte(printed.Stdout), &policies))
	assert.Equal(t, "VaultPolicyList", policies.Kind)
	require.Len(t, policies.Items, 2)
	byPolicy := map[string]vaultPolicy{}
	for _, item := range policies.Items {
		assert.Equal(t, v.URL, item.Server)
		assert.Equal(t, "auth/approle", item.Login)
		require.Len(t, item.Stores, 1)
		name := "app"
		if item.Stores[0] == `SecretStore "kv" in namespace "`+w.namespace+`"` {
			name = "second"
			assert.Equal(t, "an AppRole with role id "+role+", of namespace "+w.namespace, item.As)
		}
		byPolicy[name] = item.Policy
	}
	write := func(t *testing.T, name string, policy vaultPolicy) {
		t.Helper()
		rules, err := json.Marshal(policy)
		require.NoError(t, err)
		v.Policy(t, name, string(rules))
	}
	write(t, "app", byPolicy["app"])
	write(t, "second", byPolicy["second"])
	p := w.pass(t).synced(t)
	assert.Empty(t, p.Report.Notes)
	assert.Len(t, w.data(t, "app"), 3)
	assert.Len(t, w.data(t, "searched"), 2)
	assert.Len(t, w.data(t, "tagged"), 1)

	lines := 0
	for name, policy := range byPolicy {
		for path, rule := range policy.Path {
			for _, capability := range rule.Capabilities {
				lines++
				write(t, name, policy.without(path, capability))
				p := w.pass(t)
				failed := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return p.of(t, name).Message == "" })
				assert.NotEmpty(t, failed, "nothing needs %s on %s", capability, path)
				for _, name := range failed {
					assert.Contains(t, p.of(t, name).Message, "status code: 403", "%s on %s", capability, path)
				}
			}
		}
		write(t, name, policy)
	}
	assert.Equal(t, 9, lines)
	w.apply(t, externalSecret("more", dataOf("new")))
	assert.Contains(t, w.pass(t).of(t, "more").Message, "status code: 403", "it is not in the policy yet")

	w.apply(t, strings.Replace(secretStore("elsewhere", "prefix: ''"), "aws:", "gitlab:", 1), readsFrom("elsewhere", externalSecret("elsewhere", dataOf("a"))),
		readsFrom("nowhere", externalSecret("nowhere", dataOf("a"))))
	narrow := w.plugin(t, "rbac", "--cloud=vault")
	assert.Equal(t, 1, narrow.Code)
	assert.Contains(t, narrow.Stderr, "/nowhere in namespace", "who knows which cloud it is of")
	assert.NotContains(t, narrow.Stderr, "elsewhere", "it is not of this one")
	assert.Contains(t, w.plugin(t, "rbac").Stderr, "/elsewhere in namespace", "the cluster's rights are all clouds'")

	one := w.plugin(t, "rbac", "kv", "--cloud=vault", "-o", "jsonpath={.items[0].policy}")
	v.Policy(t, "second", one.Stdout)
	assert.Empty(t, w.pass(t).of(t, "kv").Message, "what is printed is a policy as it is")
}
