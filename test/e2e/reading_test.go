package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// library makes ExternalSecrets that read in different ways and from different stores, also a ClusterSecretStore that has the name of
// the namespace.
func (w *world) library(t *testing.T) {
	t.Helper()
	document := `{"a": "1"}`
	w.aws.Seed(t, map[string]string{"db": "2", "other": "3"})
	w.aws.SeedAll(t, []harness.AWSSecret{{Name: "prod/db", String: &document, Tags: map[string]string{"team": "a"}}})
	cluster := fmt.Sprintf("kind: ClusterSecretStore, name: %s", w.namespace)
	of := func(name, store, rest string) string {
		return strings.Replace(externalSecret(name, rest), "name: store}", store+"}", 1)
	}
	w.apply(t, secretStore("store", "prefix: prod/"),
		strings.Replace(strings.Replace(awsStore, "kind: SecretStore", "kind: ClusterSecretStore", 1), "name: store", "name: "+w.namespace, 1),
		of("by-data", "name: store", dataOf("db")), of("by-extract", cluster, "dataFrom: [{extract: {key: prod/db}}]"),
		of("by-search", cluster, "dataFrom: [{find: {name: {regexp: '^prod/'}}, rewrite: [{regexp: {source: /, target: _}}]}]"),
		of("by-tags", cluster, "dataFrom: [{find: {tags: {team: a}}, rewrite: [{regexp: {source: /, target: _}}]}]"), of("other", cluster, dataOf("other")),
		of("plain", cluster, dataOf("db")))
}

func TestRefreshOfWhatReadsARemoteSecretOrAStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.library(t)
	require.Zero(t, w.plugin(t, "refresh", "--all").Code)
	cluster := "clusterstore/" + w.namespace
	for name, test := range map[string]struct {
		args []string
		want []string
		told string
	}{
		"a remote secret, in the words of the provider": {[]string{"--remote-key", "prod/db"}, []string{"by-data", "by-extract", "by-search", "by-tags"},
			`Note: ExternalSecret "by-tags" in namespace "` + w.namespace + `" searches by tags`},
		"a remote secret of a store":              {[]string{"--remote-key", "db", "--store", "store"}, []string{"by-data"}, ""},
		"a remote secret of a ClusterSecretStore": {[]string{"--remote-key=db", "--store", cluster}, []string{"plain", "by-tags"}, "by tags"},
		"a SecretStore":                           {[]string{"--store", "store/store"}, []string{"by-data"}, ""},
		"a ClusterSecretStore, everywhere":        {[]string{"--store", cluster, "-A"}, []string{"by-extract", "by-search", "by-tags", "other", "plain"}, ""},
		"a store and a field":                     {[]string{"--store", cluster, "--field-selector", "metadata.name=other"}, []string{"other"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.plugin(t, append([]string{"refresh"}, test.args...)...)
			assert.Len(t, strings.Split(strings.TrimSpace(r.Stdout), "\n"), len(test.want), r.Stdout)
			for _, name := range test.want {
				assert.Contains(t, r.Stdout, called+name+" ")
			}
			assert.Contains(t, r.Stderr, test.told)
		})
	}

	r := w.plugin(t, "refresh", "--remote-key", "prod/d", "--store", "store")
	assert.Zero(t, r.Code, "as with a selector that matches nothing")
	assert.Empty(t, r.Stdout)
	assert.Equal(t, `No resources found in `+w.namespace+` namespace that read remote secret "prod/d" of SecretStore "store".`+"\n", r.Stderr)

	w.aws.ResetCounters(t)
	require.Zero(t, w.plugin(t, "refresh", "--remote-key", "db", "--store", "store").Code)
	assert.Equal(t, map[string]int{"secretsmanager.GetSecretValue": 1}, w.aws.Counters(t).Requests, "nothing else is read")

	for args, want := range map[string]string{
		"--store ":                      cluster + "\n",
		"--store clusterstore/":         cluster + "\n",
		"--store store/":                "store/store\n",
		"--remote-key pr":               "prod/db\n",
		"--remote-key prod/db --store ": "store\n",
	} {
		completed := harness.Run(t, w.environment(), pluginPath(t),
			append([]string{"__complete", "refresh", "--namespace", w.namespace}, strings.Split(args, " ")...)...)
		assert.Contains(t, completed.Stdout, want, args)
	}
}

func TestAControllerIsAskedForWhatReadsARemoteSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	w.controller(t, map[string]func(){"red": func() { w.status(t, "red", map[string]any{"syncedResourceVersion": "1-def"}) }})
	r := w.plugin(t, "refresh", "--remote-key", "red", "--via=controller")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Equal(t, called+"red refreshed\n", r.Stdout)
	assert.Empty(t, w.get(t, "blue").Annotations["force-sync"])

	r = w.plugin(t, "refresh", "--remote-key", "nothing", "--via=controller")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stderr, `that read remote secret "nothing"`)
	assert.Empty(t, w.get(t, "green").Annotations["force-sync"], "nothing is not all")
}
