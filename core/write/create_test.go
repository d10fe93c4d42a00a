package write_test

import (
	"errors"
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

func TestCreate(t *testing.T) {
	hash := api.DataHash(map[string][]byte{"a": []byte("x"), "b": {}})
	owner := []metav1.OwnerReference{{
		APIVersion: "external-secrets.io/v1", Kind: "ExternalSecret", Name: "db", UID: "uid-1", Controller: new(true), BlockOwnerDeletion: new(true),
	}}
	for name, tc := range map[string]struct {
		es     string
		name   string
		labels map[string]string
		owners []metav1.OwnerReference
		fixed  *bool
	}{
		"under no policy it belongs to the ExternalSecret": {
			"{}", "db", map[string]string{"app": "db", api.LabelManaged: "true", api.LabelOwner: api.OwnerLabel("shop", "db")}, owner, nil,
		},
		"under Owner it belongs to the ExternalSecret": {
			"{spec: {target: {creationPolicy: Owner}}}", "db",
			map[string]string{"app": "db", api.LabelManaged: "true", api.LabelOwner: api.OwnerLabel("shop", "db")}, owner, nil,
		},
		"under Orphan it belongs to nobody": {
			"{spec: {target: {creationPolicy: Orphan}}}", "db", map[string]string{"app": "db", api.LabelManaged: "true"}, nil, nil,
		},
		"a target has a name of its own": {
			"{spec: {target: {name: other, creationPolicy: Orphan}}}", "other", map[string]string{"app": "db", api.LabelManaged: "true"}, nil, nil,
		},
		"an immutable one says so": {
			"{spec: {target: {immutable: true, creationPolicy: Orphan}}}", "db", map[string]string{"app": "db", api.LabelManaged: "true"}, nil, new(true),
		},
		"marks that the ExternalSecret bears itself do not win over ours": {
			"{metadata: {labels: {" + api.LabelManaged + ": 'no', " + api.LabelOwner + ": forged}, annotations: {" + api.AnnotationDataHash + ": forged}}, spec: {target: {creationPolicy: Orphan}}}",
			"db", map[string]string{"app": "db", api.LabelManaged: "true"}, nil, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := clusterOf()
			es := externalSecret(t, tc.es)
			outcome, err := c.apply(t, es, map[string]string{"a": "x", "b": ""}, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Outcome{Result: write.Created, Changes: write.Changes{Added: []string{"a", "b"}}}, outcome)
			assert.Equal(t, []string{"create " + tc.name}, c.writes)
			assert.Equal(t, api.FieldManager("db"), c.manager)
			s := c.secret(es)
			require.NotNil(t, s)
			assert.Equal(t, map[string][]byte{"a": []byte("x"), "b": {}}, s.Data)
			assert.Equal(t, tc.labels, s.Labels)
			assert.Equal(t, map[string]string{"note": "hello", api.AnnotationDataHash: hash}, s.Annotations)
			assert.Equal(t, tc.owners, s.OwnerReferences)
			assert.Equal(t, tc.fixed, s.Immutable)
			assert.Empty(t, s.Type, "the API server's default")
			assert.True(t, write.NewLive(s).Valid())

			c.writes = nil
			outcome, err = c.apply(t, es, map[string]string{"a": "x", "b": ""}, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Outcome{Result: write.Unchanged}, outcome)
			assert.Empty(t, c.writes, "the same again writes nothing")
		})
	}
	t.Run("does not change the ExternalSecret", func(t *testing.T) {
		es := externalSecret(t, "{}")
		before := maps.Clone(es.Labels)
		_, err := clusterOf().apply(t, es, map[string]string{"a": "x"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, before, es.Labels)
		assert.Equal(t, map[string]string{"note": "hello"}, es.Annotations)
	})
	t.Run("an ExternalSecret without labels and annotations", func(t *testing.T) {
		es := externalSecret(t, "{}")
		es.Labels, es.Annotations = nil, nil
		c := clusterOf()
		_, err := c.apply(t, es, map[string]string{"a": "x"}, write.DryRunNone)
		require.NoError(t, err)
		assert.True(t, write.NewLive(c.secret(es)).Valid())
	})
	t.Run("under None there is nothing to write", func(t *testing.T) {
		c := clusterOf()
		outcome, err := c.apply(t, externalSecret(t, "{spec: {target: {creationPolicy: None}}}"), map[string]string{"a": "x"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Unchanged, outcome.Result)
		assert.Empty(t, c.writes)
	})
	t.Run("under Merge nothing is made", func(t *testing.T) {
		c := clusterOf()
		outcome, err := c.apply(t, externalSecret(t, "{spec: {target: {creationPolicy: Merge}}}"), map[string]string{"a": "x"}, write.DryRunNone)
		require.NoError(t, err)
		assert.Equal(t, write.Outcome{Result: write.Absent}, outcome)
		assert.Empty(t, c.writes)
	})
}

func TestCreateFails(t *testing.T) {
	t.Run("a namespace that does not exist is told after one attempt", func(t *testing.T) {
		c := clusterOf()
		c.before = func(string) error { return apierrors.NewNotFound(corev1.Resource("namespaces"), "shop") }
		_, err := c.apply(t, externalSecret(t, "{}"), map[string]string{"a": "canary"}, write.DryRunNone)
		require.ErrorContains(t, err, api.MessageUpdateFailed)
		require.ErrorContains(t, err, `namespaces "shop" not found`)
		assert.Len(t, c.writes, 1)
		assert.NotContains(t, err.Error(), "canary")
	})
	t.Run("an error of the API server is told after one attempt", func(t *testing.T) {
		c := clusterOf()
		c.before = func(string) error { return errors.New("quota exceeded") }
		_, err := c.apply(t, externalSecret(t, "{}"), map[string]string{"a": "x"}, write.DryRunNone)
		require.EqualError(t, err, "could not update secret: quota exceeded")
		assert.Len(t, c.writes, 1)
	})
}

func TestDryRun(t *testing.T) {
	es := func(t *testing.T) *api.ExternalSecret { t.Helper(); return externalSecret(t, "{}") }
	theirs := func(data string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db"}, Data: map[string][]byte{"a": []byte(data)}}
	}
	for name, tc := range map[string]struct {
		dryRun write.DryRun
		there  []*corev1.Secret
		want   write.Outcome
		writes []string
	}{
		"the client's foresees a creation":                   {write.DryRunClient, nil, write.Outcome{Result: write.Created, Changes: write.Changes{Added: []string{"a"}}}, nil},
		"the client's foresees an update":                    {write.DryRunClient, []*corev1.Secret{theirs("old")}, write.Outcome{Result: write.Updated, Changes: write.Changes{Changed: []string{"a"}, Metadata: true}, Adopted: true}, nil},
		"the server's has a creation checked":                {write.DryRunServer, nil, write.Outcome{Result: write.Created, Changes: write.Changes{Added: []string{"a"}}}, []string{"create db (dry run)"}},
		"the server's has an update checked":                 {write.DryRunServer, []*corev1.Secret{theirs("old")}, write.Outcome{Result: write.Updated, Changes: write.Changes{Changed: []string{"a"}, Metadata: true}, Adopted: true}, []string{"update db (dry run)"}},
		"none of them says that what is managed was adopted": {write.DryRunClient, []*corev1.Secret{managed(theirs("old"))}, write.Outcome{Result: write.Updated, Changes: write.Changes{Changed: []string{"a"}, Metadata: true}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := clusterOf(tc.there...)
			version := c.version
			outcome, err := c.apply(t, es(t), map[string]string{"a": "new"}, tc.dryRun)
			require.NoError(t, err)
			assert.Equal(t, tc.want, outcome)
			assert.Equal(t, tc.writes, c.writes)
			assert.Equal(t, version, c.version, "nothing is stored")
		})
	}
	t.Run("the client's does not promise a creation where an unmanaged Secret is", func(t *testing.T) {
		c := clusterOf(theirs("old"))
		w := &write.Targets{Reader: c, Writer: c, DryRun: write.DryRunClient, APIVersion: "external-secrets.io/v1"}
		outcome, err := w.Apply(t.Context(), es(t), contentOf(es(t), map[string]string{"a": "new"}), nil)
		require.NoError(t, err)
		assert.Equal(t, write.Updated, outcome.Result)
		assert.Empty(t, c.writes)
	})
}

func managed(s *corev1.Secret) *corev1.Secret {
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.Labels[api.LabelManaged] = api.LabelManagedValue
	return s
}
