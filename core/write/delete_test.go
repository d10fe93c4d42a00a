package write_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// controlledBy is a Secret "app" whose controller has the UID.
func controlledBy(uid types.UID) *corev1.Secret {
	controller := true
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "app", UID: "secret-1",
			Labels:          map[string]string{api.LabelManaged: api.LabelManagedValue},
			OwnerReferences: []metav1.OwnerReference{{APIVersion: api.APIVersion, Kind: api.KindExternalSecret, Name: "app", UID: uid, Controller: &controller}},
		},
		Data: map[string][]byte{"password": []byte("x"), "username": []byte("y")},
	}
}

func TestDelete(t *testing.T) {
	es := &api.ExternalSecret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "app", UID: "es-1"}}
	remove := func(t *testing.T, c *cluster, dryRun write.DryRun) (write.Outcome, error) {
		t.Helper()
		live, err := write.NewIndex(c, nil).Target(t.Context(), es)
		require.NoError(t, err)
		return (&write.Targets{Reader: c, Writer: c, DryRun: dryRun}).Delete(t.Context(), es, live)
	}
	t.Run("an own Secret goes, and the outcome names its keys", func(t *testing.T) {
		c := clusterOf(controlledBy("es-1"))
		outcome, err := remove(t, c, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Deleted, outcome.Result)
		assert.Equal(t, []string{"password", "username"}, outcome.Changes.Removed)
		assert.Empty(t, c.secrets)
	})
	t.Run("a Secret that is gone already is no error and no change", func(t *testing.T) {
		c := clusterOf()
		outcome, err := remove(t, c, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Deleted, outcome.Result)
		assert.False(t, outcome.Changes.Any())
		assert.Empty(t, c.writes)
	})
	for name, owner := range map[string]types.UID{"of another": "es-2", "of nobody": ""} {
		t.Run("a Secret "+name+" stays, and the refusal says why", func(t *testing.T) {
			s := controlledBy(owner)
			if owner == "" {
				s.OwnerReferences = nil
			}
			c := clusterOf(s)
			_, err := remove(t, c, write.DryRunNone)
			require.ErrorContains(t, err, `could not delete secret: Secret "app" is not controlled by this ExternalSecret`)
			assert.Len(t, c.secrets, 1)
			assert.Empty(t, c.writes)
		})
	}
	t.Run("a Secret that was given to another meanwhile stays", func(t *testing.T) {
		c := clusterOf(controlledBy("es-1"))
		c.before = func(string) error {
			c.before = nil
			c.put(controlledBy("es-2"))
			return nil
		}
		_, err := remove(t, c, write.DryRunNone)
		require.ErrorContains(t, err, "not controlled by this ExternalSecret")
		assert.Len(t, c.secrets, 1)
	})
	t.Run("a dry run of the client sends nothing", func(t *testing.T) {
		c := clusterOf(controlledBy("es-1"))
		outcome, err := remove(t, c, write.DryRunClient)
		require.NoError(t, err)
		assert.Equal(t, write.Deleted, outcome.Result)
		assert.Empty(t, c.writes)
		assert.Len(t, c.secrets, 1)
	})
	t.Run("a dry run of the server deletes nothing", func(t *testing.T) {
		c := clusterOf(controlledBy("es-1"))
		_, err := remove(t, c, write.DryRunServer)
		require.NoError(t, err)
		assert.Equal(t, []string{"delete app (dry run)"}, c.writes)
		assert.Len(t, c.secrets, 1)
	})
}

func TestDeleteOrphan(t *testing.T) {
	renamed := func(policy api.CreationPolicy) *api.ExternalSecret {
		return &api.ExternalSecret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "app", UID: "es-1"},
			Spec:       api.ExternalSecretSpec{Target: api.Target{Name: "new", CreationPolicy: policy}},
			Status:     api.ExternalSecretStatus{Binding: &api.Binding{Name: "app"}},
		}
	}
	own := func(uid types.UID) *corev1.Secret {
		s := controlledBy(uid)
		s.Labels[api.LabelOwner] = api.OwnerLabel("shop", "app")
		return s
	}
	for name, tc := range map[string]struct {
		es      *api.ExternalSecret
		secret  *corev1.Secret
		deleted string
	}{
		"the Secret of the name before goes":   {renamed(""), own("es-1"), "app"},
		"one that is another's by now stays":   {renamed(""), own("es-2"), ""},
		"one whose owner label is gone stays":  {renamed(""), controlledBy("es-1"), ""},
		"under creationPolicy Orphan it stays": {renamed(api.CreationPolicyOrphan), own("es-1"), ""},
		"a name that has not changed is no orphan's": {func() *api.ExternalSecret {
			es := renamed("")
			es.Spec.Target.Name = "app"
			return es
		}(), own("es-1"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := clusterOf(tc.secret)
			deleted, err := (&write.Targets{Reader: c, Writer: c}).DeleteOrphan(t.Context(), tc.es)
			require.NoError(t, err)
			assert.Equal(t, tc.deleted, deleted)
			assert.Equal(t, tc.deleted != "", len(c.secrets) == 0)
		})
	}
}
