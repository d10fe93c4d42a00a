package write_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// theirs is a Secret that a person made, with the keys "theirs" and "both".
func theirs() *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db", Labels: map[string]string{"team": "x"}},
		Type:       corev1.SecretTypeOpaque, Data: map[string][]byte{"theirs": []byte("1"), "both": []byte("2")},
	}
}

func TestMerge(t *testing.T) {
	merge := func(t *testing.T) *api.ExternalSecret {
		t.Helper()
		return externalSecret(t, "{spec: {target: {creationPolicy: Merge}}}")
	}
	t.Run("adds and replaces keys and keeps those of others", func(t *testing.T) {
		c := clusterOf(theirs())
		outcome, err := c.apply(t, merge(t), map[string]string{"mine": "3", "both": "4"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Outcome{Result: write.Updated, Adopted: true, Changes: write.Changes{
			Added: []string{"mine"}, Changed: []string{"both"}, Metadata: true,
		}}, outcome)
		s := c.secret(merge(t))
		assert.Equal(t, map[string][]byte{"theirs": []byte("1"), "both": []byte("4"), "mine": []byte("3")}, s.Data)
		assert.Equal(t, map[string]string{"team": "x", "app": "db", api.LabelManaged: "true"}, s.Labels)
		assert.Empty(t, s.OwnerReferences)
		assert.True(t, write.NewLive(s).Valid(), "the hash is that of all keys")

		c.writes = nil
		outcome, err = c.apply(t, merge(t), map[string]string{"mine": "3", "both": "4"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Outcome{Result: write.Unchanged}, outcome)
		assert.Empty(t, c.writes)
	})
	t.Run("finds a Secret without the managed label in a loaded index", func(t *testing.T) {
		c := clusterOf(theirs())
		index := write.NewIndex(c, nil)
		require.NoError(t, index.Load(t.Context(), nil))
		live, err := index.Target(t.Context(), merge(t))
		require.NoError(t, err)
		require.NotNil(t, live)
		assert.False(t, live.Valid())
	})
	t.Run("takes out the keys that it wrote before and no longer has", func(t *testing.T) {
		c := clusterOf(theirs())
		_, err := c.apply(t, merge(t), map[string]string{"mine": "3", "stale": "4"}, write.DryRunNone)
		require.NoError(t, err)
		manages(c.secret(merge(t)), api.FieldManager("db"), `{"f:data":{"f:mine":{},"f:stale":{}}}`)
		outcome, err := c.apply(t, merge(t), map[string]string{"mine": "3"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Changes{Removed: []string{"stale"}}, outcome.Changes)
		assert.Equal(t, map[string][]byte{"theirs": []byte("1"), "both": []byte("2"), "mine": []byte("3")}, c.secret(merge(t)).Data)
		assert.True(t, write.NewLive(c.secret(merge(t))).Valid())
	})
	t.Run("renews the hash when others have changed their keys", func(t *testing.T) {
		c := clusterOf(theirs())
		_, err := c.apply(t, merge(t), map[string]string{"mine": "3"}, write.DryRunNone)
		require.NoError(t, err)
		c.secret(merge(t)).Data["theirs"] = []byte("changed")
		assert.False(t, write.NewLive(c.secret(merge(t))).Valid())
		outcome, err := c.apply(t, merge(t), map[string]string{"mine": "3"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Changes{Metadata: true}, outcome.Changes)
		assert.Equal(t, "changed", string(c.secret(merge(t)).Data["theirs"]))
		assert.True(t, write.NewLive(c.secret(merge(t))).Valid())
	})
	t.Run("keeps what others wrote between the read and the write", func(t *testing.T) {
		c := clusterOf(theirs())
		c.before = func(string) error {
			c.before = nil
			meddled := c.secrets[idOf(theirs())].DeepCopy()
			meddled.Data["late"] = []byte("5")
			c.put(meddled)
			return nil
		}
		_, err := c.apply(t, merge(t), map[string]string{"mine": "3"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, "5", string(c.secret(merge(t)).Data["late"]))
		assert.Equal(t, "3", string(c.secret(merge(t)).Data["mine"]))
		assert.Len(t, c.writes, 2)
	})
	t.Run("waits for a Secret that was deleted meanwhile", func(t *testing.T) {
		c := clusterOf(theirs())
		c.before = func(string) error {
			delete(c.secrets, idOf(theirs()))
			return nil
		}
		outcome, err := c.apply(t, merge(t), map[string]string{"mine": "3"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Absent, outcome.Result)
	})
}
