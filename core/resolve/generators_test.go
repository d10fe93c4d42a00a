package resolve_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

// generated is an ExternalSecret in namespace shop with an entry for each generatorRef.
func generated(refs ...string) string {
	entries := ""
	for _, ref := range refs {
		entries += "{sourceRef: {generatorRef: " + ref + "}},"
	}
	return "{dataFrom: [" + entries + "]}"
}

func generatorPlanner(t *testing.T, fail func(string) error) (*resolve.Planner, *objects) {
	t.Helper()
	server := &objects{byResource: map[string][]json.RawMessage{}, fail: fail}
	for resource, texts := range map[string][]string{
		"passwords": {
			"{metadata: {namespace: shop, name: p}, spec: {length: 8}}", "{metadata: {namespace: bank, name: vaulted}, spec: {}}",
			"{metadata: {namespace: shop, name: bad}, spec: {length: long}}", "{metadata: {namespace: shop, name: bare}}",
		},
		"uuids":   {"{metadata: {namespace: shop, name: u}, spec: {}}"},
		"sshkeys": {"{metadata: {namespace: shop, name: s}, spec: {keyType: ecdsa}}"},
		"fakes": {
			"{metadata: {namespace: shop, name: f}, spec: {controller: ours, data: {k: v}}}",
			"{metadata: {namespace: shop, name: foreign}, spec: {controller: eso, data: {k: v}}}",
		},
		"vaultdynamicsecrets": {
			"{metadata: {namespace: shop, name: v}, spec: {path: x}}", "{metadata: {namespace: shop, name: foreign}, spec: {controller: eso, path: x}}",
		},
		"clustergenerators": {
			"{metadata: {name: p}, spec: {kind: Password, generator: {passwordSpec: {length: 9}}}}",
			"{metadata: {name: u}, spec: {kind: UUID, generator: {uuidSpec: {}}}}",
			"{metadata: {name: s}, spec: {kind: SSHKey, generator: {sshKeySpec: {}}}}",
			"{metadata: {name: mixed}, spec: {kind: UUID, generator: {passwordSpec: {}}}}",
			"{metadata: {name: v}, spec: {kind: VaultDynamicSecret, generator: {vaultDynamicSecretSpec: {path: x}}}}",
			"{metadata: {name: foreign}, spec: {kind: VaultDynamicSecret, generator: {vaultDynamicSecretSpec: {controller: eso}}}}",
		},
	} {
		for _, text := range texts {
			server.byResource[resource] = append(server.byResource[resource], raw(t, text))
		}
	}
	return &resolve.Planner{
		Stores: resolve.NewStores(server, server), Generators: resolve.NewGenerators(server), Class: "ours",
	}, server
}

func TestPlanFindsGenerators(t *testing.T) {
	p, server := generatorPlanner(t, nil)
	reads, err := p.Plan(t.Context(), inShop(t, generated("{kind: Password, name: p}", "{kind: UUID, name: u}", "{kind: SSHKey, name: s}",
		"{kind: Fake, name: f, apiVersion: generators.external-secrets.io/v1alpha1}", "{kind: ClusterGenerator, name: p}", "{kind: ClusterGenerator, name: u}",
		"{kind: ClusterGenerator, name: s}", "{kind: Password, name: bare}", "{kind: Password, name: p}")))
	require.NoError(t, err)
	var specs []generators.Spec
	for _, read := range reads {
		require.NotNil(t, read.Generator)
		specs = append(specs, *read.Generator)
		assert.Empty(t, read.Identity)
	}
	assert.Equal(t, []generators.Spec{
		{Password: &generators.PasswordSpec{Length: 8}}, {UUID: &generators.UUIDSpec{}}, {SSHKey: &generators.SSHKeySpec{KeyType: "ecdsa"}},
		{Fake: &generators.FakeSpec{Controller: "ours", Data: map[string]string{"k": "v"}}},
		{Password: &generators.PasswordSpec{Length: 9}}, {UUID: &generators.UUIDSpec{}}, {SSHKey: &generators.SSHKeySpec{}},
		{Password: &generators.PasswordSpec{}}, {Password: &generators.PasswordSpec{Length: 8}},
	}, specs)
	_, err = p.Plan(t.Context(), inShop(t, generated("{kind: Password, name: p}")))
	require.NoError(t, err)
	assert.Len(t, server.requests, 8, "each is read once: %q", server.requests)
}

func TestPlanRefusesGenerators(t *testing.T) {
	for name, tc := range map[string]struct {
		ref, want   string
		unsupported bool
	}{
		"of a kind that can't be run here":             {"{kind: VaultDynamicSecret, name: v}", "spec.dataFrom[0].sourceRef.generatorRef: a generator of kind VaultDynamicSecret is not supported by this version", true},
		"of such a kind that are not there either":     {"{kind: Webhook, name: none}", "kind Webhook is not supported", true},
		"of such a kind in a ClusterGenerator":         {"{kind: ClusterGenerator, name: v}", `ClusterGenerator "v": a generator of kind VaultDynamicSecret is not supported`, true},
		"of another version":                           {"{kind: Password, name: p, apiVersion: generators.external-secrets.io/v2}", `generatorRef.apiVersion "generators.external-secrets.io/v2" is not supported`, true},
		"that are not there":                           {"{kind: Password, name: none}", `spec.dataFrom[0].sourceRef.generatorRef: there is no Password "none" in namespace "shop": create it`, false},
		"of another namespace":                         {"{kind: Password, name: vaulted}", `there is no Password "vaulted" in namespace "shop"`, false},
		"of the cluster that are not there":            {"{kind: ClusterGenerator, name: none}", `there is no ClusterGenerator "none": create it`, false},
		"whose spec can't be read":                     {"{kind: Password, name: bad}", `read Password "bad" in namespace "shop": its spec: json: cannot unmarshal`, false},
		"of the cluster whose spec is of another kind": {"{kind: ClusterGenerator, name: mixed}", `ClusterGenerator "mixed": spec.generator has no spec of a UUID`, false},
		"that may not be read":                         {"{kind: UUID, name: u}", `could not get UUID "u" in namespace "shop": things "thing" is forbidden`, false},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := generatorPlanner(t, refuse(forbidden(), "get uuids"))
			_, err := p.Plan(t.Context(), inShop(t, generated(tc.ref)))
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, tc.unsupported, errors.Is(err, resolve.ErrUnsupported))
		})
	}
}

func TestForeignGenerator(t *testing.T) {
	for name, tc := range map[string]struct {
		spec, want string
	}{
		"of another class": {generated("{kind: UUID, name: u}", "{kind: Fake, name: foreign}"), `Fake "foreign" in namespace "shop" is of class "eso"`},
		"of another class and a kind that can't be run":   {generated("{kind: VaultDynamicSecret, name: foreign}"), `VaultDynamicSecret "foreign" in namespace "shop" is of class "eso"`},
		"of another class in a ClusterGenerator":          {generated("{kind: ClusterGenerator, name: foreign}"), `ClusterGenerator "foreign" is of class "eso"`},
		"one that is missing beside one of another class": {generated("{kind: UUID, name: none}", "{kind: Fake, name: foreign}"), `Fake "foreign"`},
		"of our class":            {generated("{kind: Fake, name: f}"), ""},
		"of no class":             {generated("{kind: Password, name: p}", "{kind: VaultDynamicSecret, name: v}"), ""},
		"that are missing":        {generated("{kind: Password, name: none}"), ""},
		"of which there are none": {"{secretStoreRef: {name: one}, data: [{secretKey: a, remoteRef: {key: k}}]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := generatorPlanner(t, nil)
			other := p.ForeignGenerator(t.Context(), inShop(t, tc.spec))
			if tc.want == "" {
				assert.Nil(t, other)
				return
			}
			require.NotNil(t, other)
			assert.ErrorContains(t, other, tc.want)
		})
	}
}

func TestWithheld(t *testing.T) {
	uuid := "dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: u}}}]"
	for name, tc := range map[string]struct {
		spec   string
		exists bool
		want   []string
	}{
		"where the Secret exists":                  {"{" + uuid + "}", true, []string{`Secret "app" exists`, "rotate live credentials", `delete Secret "app" to have it made anew`}},
		"where it exists, whatever the policy":     {"{target: {creationPolicy: CreateOrMerge}, refreshPolicy: CreatedOnce, " + uuid + "}", true, []string{`delete Secret "app"`}},
		"not where there is no Secret":             {"{" + uuid + "}", false, nil},
		"not where a Secret can be made or merged": {"{target: {creationPolicy: CreateOrMerge}, " + uuid + "}", false, nil},
		"where nothing is written":                 {"{target: {creationPolicy: None}, " + uuid + "}", false, []string{"creationPolicy None"}},
		"where a Secret is merged into":            {"{target: {creationPolicy: Merge}, " + uuid + "}", true, []string{"creationPolicy Merge", "rotate live credentials"}},
		"where one would be merged into":           {"{target: {creationPolicy: Merge}, " + uuid + "}", false, []string{"creationPolicy Merge"}},
		"one among other entries is enough":        {"{dataFrom: [{extract: {key: k}}, {sourceRef: {generatorRef: {kind: UUID, name: u}}}]}", true, []string{"exists"}},
		"not where there is no generator":          {"{dataFrom: [{extract: {key: k}, sourceRef: {storeRef: {name: s}}}]}", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			why := resolve.Withheld(inShop(t, tc.spec), `Secret "app"`, tc.exists)
			assert.Equal(t, tc.want == nil, why == "")
			for _, want := range tc.want {
				assert.Contains(t, why, want)
			}
		})
	}
}
