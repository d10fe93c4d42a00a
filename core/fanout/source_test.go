package fanout

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// sourceOf is a ClusterExternalSecret in YAML, as it is read.
func sourceOf(t *testing.T, text string) *source {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	return decode(raw)
}

func TestTargets(t *testing.T) {
	namespaces := map[string]namespace{
		"shop":  {labels: map[string]string{"team": "web", "env": "prod", "kubernetes.io/metadata.name": "shop"}},
		"bank":  {labels: map[string]string{"team": "pay", "env": "prod", "kubernetes.io/metadata.name": "bank"}},
		"test":  {labels: map[string]string{"env": "test", "kubernetes.io/metadata.name": "test"}},
		"going": {labels: map[string]string{"env": "prod", "kubernetes.io/metadata.name": "going"}, going: true},
	}
	for name, tc := range map[string]struct{ spec, want string }{
		"nothing chooses nothing":                       {"{}", ""},
		"a label":                                       {"{namespaceSelectors: [{matchLabels: {env: prod}}]}", "bank shop"},
		"all labels of one selector":                    {"{namespaceSelectors: [{matchLabels: {env: prod, team: pay}}]}", "bank"},
		"any of several selectors":                      {"{namespaceSelectors: [{matchLabels: {team: pay}}, {matchLabels: {env: test}}]}", "bank test"},
		"the deprecated selector":                       {"{namespaceSelector: {matchLabels: {env: test}}}", "test"},
		"the deprecated selector beside the others":     {"{namespaceSelector: {matchLabels: {env: test}}, namespaceSelectors: [{matchLabels: {team: web}}]}", "shop test"},
		"names, of which one does not exist":            {"{namespaces: [test, nowhere]}", "test"},
		"a name beside a selector":                      {"{namespaces: [test], namespaceSelectors: [{matchLabels: {team: web}}]}", "shop test"},
		"a namespace that is chosen twice is one":       {"{namespaces: [shop, shop], namespaceSelectors: [{matchLabels: {team: web}}]}", "shop"},
		"a name by the label that each has":             {"{namespaceSelectors: [{matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [shop, bank]}]}]}", "bank shop"},
		"a label that is not there":                     {"{namespaceSelectors: [{matchExpressions: [{key: team, operator: DoesNotExist}]}]}", "test"},
		"an empty selector chooses all, save what goes": {"{namespaceSelectors: [{}]}", "bank shop test"},
		"no list of selectors chooses nothing":          {"{namespaceSelectors: []}", ""},
		"what goes is not chosen by name either":        {"{namespaces: [going]}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			targets, err := sourceOf(t, "spec: "+tc.spec).targets(namespaces)
			require.NoError(t, err)
			assert.Equal(t, tc.want, strings.Join(targets, " "))
		})
	}
	for name, tc := range map[string]struct{ spec, want string }{
		"an operator that is none": {"{namespaceSelectors: [{}, {matchExpressions: [{key: a, operator: Has}]}]}", "spec.namespaceSelectors[1]: "},
		"In without values":        {"{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}", "spec.namespaceSelector: "},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			_, err := sourceOf(t, "spec: "+tc.spec).targets(namespaces)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func TestDecode(t *testing.T) {
	t.Run("keeps the spec of the children as it came", func(t *testing.T) {
		s := decode([]byte(`{"metadata":{"name":"all"},"spec":{"externalSecretName":"db","externalSecretSpec":{"unknown":[1.0],"refreshInterval":7}}}`))
		require.NoError(t, s.err)
		assert.JSONEq(t, `{"unknown":[1.0],"refreshInterval":7}`, string(s.Spec.Child))
		assert.Contains(t, string(s.Spec.Child), "1.0")
		assert.Equal(t, "db", s.childName())
	})
	t.Run("keeps the name of what can't be read", func(t *testing.T) {
		s := decode([]byte(`{"metadata":{"name":"bad"},"spec":{"namespaces":7}}`))
		require.ErrorContains(t, s.err, "namespaces")
		assert.Equal(t, "bad", s.Name)
	})
	t.Run("names the children after itself", func(t *testing.T) {
		assert.Equal(t, "all", sourceOf(t, "metadata: {name: all}").childName())
	})
}

func TestAbandoned(t *testing.T) {
	const ours = "externalsecrets.external-secrets.io/clusterexternalsecret-cleanup"
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		finalizers string
		after      time.Duration
		want       bool
	}{
		"one that waits for the operator's finalizer":   {ours, 2 * time.Minute, true},
		"not while the operator may be on its way":      {ours, 30 * time.Second, false},
		"not one that waits for somebody else's":        {"foregroundDeletion", time.Hour, false},
		"also one that waits for somebody else's too":   {"foregroundDeletion, " + ours, time.Hour, true},
		"not one with the finalizer of ExternalSecrets": {"externalsecrets.external-secrets.io/externalsecret-cleanup", time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := sourceOf(t, "metadata: {name: all, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ["+tc.finalizers+"]}")
			assert.Equal(t, tc.want, api.Abandoned(&s.ObjectMeta, api.FinalizerClusterExternalSecret, since.Add(tc.after)))
		})
	}
}
