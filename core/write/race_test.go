package write_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

func TestRaces(t *testing.T) {
	once := func(c *cluster, meddle func()) {
		c.before = func(string) error {
			c.before = nil
			meddle()
			return nil
		}
	}
	data := map[string]string{"a": "new"}
	t.Run("a Secret that someone makes first is adopted", func(t *testing.T) {
		c, es := clusterOf(), externalSecret(t, "{}")
		once(c, func() { c.put(theirs()) })
		outcome, err := c.apply(t, es, data, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Outcome{Result: write.Updated, Adopted: true, Changes: write.Changes{
			Added: []string{"a"}, Removed: []string{"both", "theirs"}, Metadata: true,
		}}, outcome)
		assert.Equal(t, []string{"create db", "update db"}, c.writes)
		assert.Equal(t, map[string][]byte{"a": []byte("new")}, c.secret(es).Data)
		assert.Equal(t, "x", c.secret(es).Labels["team"])
	})
	t.Run("a Secret that the list of managed ones lacks is adopted", func(t *testing.T) {
		c, es := clusterOf(theirs()), externalSecret(t, "{}")
		index := write.NewIndex(c, nil)
		require.NoError(t, index.Load(t.Context(), nil))
		live, err := index.Target(t.Context(), es)
		require.NoError(t, err)
		assert.Nil(t, live)
		w := &write.Targets{Reader: c, Writer: c, APIVersion: "external-secrets.io/v1"}
		outcome, err := w.Apply(t.Context(), es, contentOf(es, data), live)
		require.NoError(t, err)
		assert.True(t, outcome.Adopted)
	})
	t.Run("a Secret that another ExternalSecret makes first is refused", func(t *testing.T) {
		c, es := clusterOf(), externalSecret(t, "{}")
		other := externalSecret(t, "{metadata: {name: other}, spec: {target: {name: db}}}")
		once(c, func() { c.put(written(t, other, map[string]string{"a": "theirs"})) })
		_, err := c.apply(t, es, data, write.DryRunNone)
		require.ErrorIs(t, err, write.ErrOwnedByAnother)
		assert.Equal(t, "theirs", string(c.secret(es).Data["a"]))
	})
	t.Run("a Secret that is deleted meanwhile is made anew", func(t *testing.T) {
		es := externalSecret(t, "{}")
		c := clusterOf(written(t, es, map[string]string{"a": "old"}))
		once(c, func() { delete(c.secrets, idOf(c.secret(es))) })
		outcome, err := c.apply(t, es, data, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Created, outcome.Result)
		assert.Equal(t, []string{"update db", "create db"}, c.writes)
	})
	t.Run("a Secret that is changed meanwhile is written on top of that", func(t *testing.T) {
		es := externalSecret(t, "{}")
		c := clusterOf(written(t, es, map[string]string{"a": "old"}))
		once(c, func() {
			meddled := c.secret(es).DeepCopy()
			meddled.Labels["late"] = "x"
			c.put(meddled)
		})
		outcome, err := c.apply(t, es, data, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Updated, outcome.Result)
		assert.Equal(t, "x", c.secret(es).Labels["late"])
		assert.Equal(t, "new", string(c.secret(es).Data["a"]))
	})
	t.Run("a Secret that someone brings to the same meanwhile is left", func(t *testing.T) {
		es := externalSecret(t, "{}")
		c := clusterOf(written(t, es, map[string]string{"a": "old"}))
		once(c, func() { c.put(written(t, es, data)) })
		outcome, err := c.apply(t, es, data, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Unchanged, outcome.Result)
		assert.Len(t, c.writes, 1)
	})
	t.Run("a race that is never won ends with an error", func(t *testing.T) {
		es := externalSecret(t, "{}")
		c := clusterOf(written(t, es, map[string]string{"a": "old"}))
		c.before = func(string) error {
			c.put(c.secret(es))
			return nil
		}
		_, err := c.apply(t, es, data, write.DryRunNone)
		require.ErrorContains(t, err, "could not update secret: lost a race 8 times")
		assert.Len(t, c.writes, 8)
	})
}

func TestIndex(t *testing.T) {
	es := externalSecret(t, "{}")
	ours := written(t, es, map[string]string{"a": "x"})
	elsewhere := ours.DeepCopy()
	elsewhere.Namespace = "bank"
	t.Run("reads by name until it is loaded", func(t *testing.T) {
		c := clusterOf(ours)
		index := write.NewIndex(c, nil)
		live, err := index.Target(t.Context(), es)
		require.NoError(t, err)
		assert.True(t, live.Valid())
		live, err = index.Target(t.Context(), externalSecret(t, "{metadata: {name: nope}}"))
		require.NoError(t, err)
		assert.Nil(t, live)
		assert.Equal(t, 2, c.reads)
	})
	t.Run("makes no more requests once it is loaded", func(t *testing.T) {
		c := clusterOf(ours, elsewhere)
		index := write.NewIndex(c, nil)
		require.NoError(t, index.Load(t.Context(), []string{"shop"}))
		live, err := index.Target(t.Context(), es)
		require.NoError(t, err)
		assert.True(t, live.Valid())
		live, err = index.Target(t.Context(), externalSecret(t, "{metadata: {name: nope}}"))
		require.NoError(t, err)
		assert.Nil(t, live)
		assert.Equal(t, 1, c.reads)
	})
}

func TestIndexLooksForAnUnmanagedSecretBeforeGeneratorsRun(t *testing.T) {
	c, es := clusterOf(theirs()), externalSecret(t, "{spec: {dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: u}}}]}}")
	index := write.NewIndex(c, nil)
	require.NoError(t, index.Load(t.Context(), nil))
	live, err := index.Target(t.Context(), es)
	require.NoError(t, err)
	assert.NotNil(t, live)
	assert.Equal(t, 2, c.reads)
	delete(c.secrets, idOf(theirs()))
	live, err = index.Target(t.Context(), es)
	require.NoError(t, err)
	assert.Nil(t, live)
}

func TestLive(t *testing.T) {
	es := externalSecret(t, "{}")
	for name, tc := range map[string]struct {
		change func(*corev1.Secret)
		valid  bool
	}{
		"as it was left it is valid":               {func(*corev1.Secret) {}, true},
		"with labels of others it is valid":        {func(s *corev1.Secret) { s.Labels["x"] = "y" }, true},
		"with altered data it is not":              {func(s *corev1.Secret) { s.Data["a"] = []byte("z") }, false},
		"with more data it is not":                 {func(s *corev1.Secret) { s.Data["z"] = nil }, false},
		"without data it is not":                   {func(s *corev1.Secret) { s.Data = nil }, false},
		"without the managed label it is not":      {func(s *corev1.Secret) { delete(s.Labels, api.LabelManaged) }, false},
		"with another word in the label it is not": {func(s *corev1.Secret) { s.Labels[api.LabelManaged] = "True" }, false},
		"without the hash it is not":               {func(s *corev1.Secret) { delete(s.Annotations, api.AnnotationDataHash) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.valid, write.NewLive(written(t, es, map[string]string{"a": "x"}, tc.change)).Valid())
		})
	}
	t.Run("none is not valid", func(t *testing.T) {
		var none *write.Live
		assert.False(t, none.Valid())
	})
	t.Run("keeps no value and no foreign record", func(t *testing.T) {
		live := write.NewLive(written(t, es, map[string]string{"a": "x"}, func(s *corev1.Secret) {
			manages(s, "kubectl", `{}`)
			manages(s, api.FieldManager("db"), `{}`)
		}))
		require.Len(t, live.Meta.ManagedFields, 1)
		assert.Equal(t, api.FieldManager("db"), live.Meta.ManagedFields[0].Manager)
	})
}
