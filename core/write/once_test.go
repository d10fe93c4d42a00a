package write_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

func TestCreateOnly(t *testing.T) {
	data := map[string]string{"a": "new"}
	for _, dryRun := range []write.DryRun{write.DryRunNone, write.DryRunClient, write.DryRunServer} {
		t.Run("makes a Secret that is not there, under dry run "+string(dryRun), func(t *testing.T) {
			c, es := clusterOf(), externalSecret(t, "{}")
			w := &write.Targets{Reader: c, Writer: c, DryRun: dryRun, APIVersion: api.APIVersion}
			outcome, err := w.CreateOnly(t.Context(), es, contentOf(es, data))
			require.NoError(t, err)
			assert.Equal(t, write.Outcome{Result: write.Created, Changes: write.Changes{Added: []string{"a"}}}, outcome)
		})
		for policy, before := range map[string]*corev1.Secret{"Owner": theirs(), "CreateOrMerge": theirs(), "Orphan": theirs()} {
			t.Run("leaves one that is there by now as it is, under "+policy+" and dry run "+string(dryRun), func(t *testing.T) {
				c, es := clusterOf(before), externalSecret(t, "{spec: {target: {creationPolicy: "+policy+"}}}")
				w := &write.Targets{Reader: c, Writer: c, DryRun: dryRun, APIVersion: api.APIVersion}
				outcome, err := w.CreateOnly(t.Context(), es, contentOf(es, data))
				require.NoError(t, err)
				assert.Equal(t, write.Outcome{Result: write.Exists}, outcome)
				assert.Equal(t, theirs().Data, c.secret(es).Data)
				assert.Equal(t, theirs().Labels, c.secret(es).Labels)
			})
		}
	}
}

func TestMadeFor(t *testing.T) {
	born := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tc := range map[string]struct {
		change func(*corev1.Secret)
		want   bool
	}{
		"as a sync made it":                   {func(*corev1.Secret) {}, true},
		"made within the second of its maker": {func(s *corev1.Secret) { s.CreationTimestamp.Time = born }, true},
		"there before the ExternalSecret was": {func(s *corev1.Secret) { s.CreationTimestamp.Time = born.Add(-time.Second) }, false},
		"altered since":                       {func(s *corev1.Secret) { s.Data["a"] = []byte("other") }, false},
		"no longer managed":                   {func(s *corev1.Secret) { delete(s.Labels, api.LabelManaged) }, false},
		"written by another ExternalSecret":   {func(s *corev1.Secret) { s.ManagedFields[0].Manager = api.FieldManager("other") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			es := externalSecret(t, "{}")
			es.CreationTimestamp = metav1.NewTime(born)
			s := written(t, es, map[string]string{"a": "b"})
			s.CreationTimestamp = metav1.NewTime(born.Add(time.Minute))
			manages(s, api.FieldManager(es.Name), `{"f:data": {".": {}, "f:a": {}}}`)
			tc.change(s)
			assert.Equal(t, tc.want, write.NewLive(s).MadeFor(es))
		})
	}
}
