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

// written is the Secret as a sync of es left it, changed by hand afterwards.
func written(t *testing.T, es *api.ExternalSecret, data map[string]string, changes ...func(*corev1.Secret)) *corev1.Secret {
	t.Helper()
	c := clusterOf()
	_, err := c.apply(t, es, data, write.DryRunNone)
	require.NoError(t, err)
	s := c.secret(es)
	s.Type = corev1.SecretTypeOpaque
	for _, change := range changes {
		change(s)
	}
	return s
}

func TestUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*corev1.Secret)
		want   write.Changes
	}{
		"a value that was altered is put back":                         {func(s *corev1.Secret) { s.Data["a"] = []byte("mine") }, write.Changes{Changed: []string{"a"}}},
		"a key that was added is taken out":                            {func(s *corev1.Secret) { s.Data["c"] = []byte("mine") }, write.Changes{Removed: []string{"c"}}},
		"a key that was taken out is put back":                         {func(s *corev1.Secret) { delete(s.Data, "b") }, write.Changes{Added: []string{"b"}}},
		"the managed label is put back":                                {func(s *corev1.Secret) { delete(s.Labels, api.LabelManaged) }, write.Changes{Metadata: true}},
		"the owner label is put back":                                  {func(s *corev1.Secret) { s.Labels[api.LabelOwner] = "x" }, write.Changes{Metadata: true}},
		"the hash is put back":                                         {func(s *corev1.Secret) { s.Annotations[api.AnnotationDataHash] = "x" }, write.Changes{Metadata: true}},
		"the owner is put back":                                        {func(s *corev1.Secret) { s.OwnerReferences = nil }, write.Changes{Metadata: true}},
		"the owner of an ExternalSecret that was made anew is renewed": {func(s *corev1.Secret) { s.OwnerReferences[0].UID = "uid-0" }, write.Changes{Metadata: true}},
		"a label of the ExternalSecret is put back":                    {func(s *corev1.Secret) { s.Labels["app"] = "x" }, write.Changes{Metadata: true}},
	} {
		t.Run(name, func(t *testing.T) {
			es := externalSecret(t, "{}")
			data := map[string]string{"a": "x", "b": "y"}
			want := written(t, es, data)
			c := clusterOf(written(t, es, data, tc.change))
			outcome, err := c.apply(t, es, data, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Updated, outcome.Result)
			assert.Equal(t, tc.want, outcome.Changes)
			assert.Equal(t, []string{"update db"}, c.writes)
			assert.Equal(t, api.FieldManager("db"), c.manager)
			got := c.secret(es)
			got.ResourceVersion, want.ResourceVersion = "", ""
			assert.Equal(t, want, got)
		})
	}
	for name, change := range map[string]func(*corev1.Secret){
		"a label of others stays":       func(s *corev1.Secret) { s.Labels["theirs"] = "x" },
		"an annotation of others stays": func(s *corev1.Secret) { s.Annotations["theirs"] = "x" },
		"an owner of others that does not control stays": func(s *corev1.Secret) {
			s.OwnerReferences = append([]metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "theirs", UID: "u"}}, s.OwnerReferences...)
		},
		"an owner in the older version stays": func(s *corev1.Secret) { s.OwnerReferences[0].APIVersion = "external-secrets.io/v1beta1" },
		"a finalizer of others stays":         func(s *corev1.Secret) { s.Finalizers = []string{"theirs/x"} },
		"a type stays":                        func(s *corev1.Secret) { s.Type = corev1.SecretTypeTLS },
	} {
		t.Run(name+", and there is nothing to write", func(t *testing.T) {
			es := externalSecret(t, "{}")
			c := clusterOf(written(t, es, map[string]string{"a": "x"}, change))
			outcome, err := c.apply(t, es, map[string]string{"a": "x"}, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Outcome{Result: write.Unchanged}, outcome)
			assert.Empty(t, c.writes)
		})
		t.Run(name+" when the data changes", func(t *testing.T) {
			es := externalSecret(t, "{}")
			before := written(t, es, map[string]string{"a": "x"}, change)
			c := clusterOf(before)
			_, err := c.apply(t, es, map[string]string{"a": "new"}, write.DryRunNone)
			require.NoError(t, err)
			got := c.secret(es)
			assert.Equal(t, "new", string(got.Data["a"]))
			before.Annotations[api.AnnotationDataHash] = got.Annotations[api.AnnotationDataHash]
			before.Data, before.ResourceVersion = got.Data, got.ResourceVersion
			assert.Equal(t, before, got)
		})
	}
}

func TestUpdatePrunes(t *testing.T) {
	const fields = `{"f:metadata":{"f:labels":{".":{},"f:gone":{}},"f:annotations":{"f:gone":{}}}}`
	mine := api.FieldManager("db")
	for name, tc := range map[string]struct {
		record func(*corev1.Secret)
		pruned bool
	}{
		"what the ExternalSecret wrote before and no longer has": {func(s *corev1.Secret) { manages(s, mine, fields) }, true},
		"not what another ExternalSecret wrote":                  {func(s *corev1.Secret) { manages(s, api.FieldManager("other"), fields) }, false},
		"not what a person wrote":                                {func(s *corev1.Secret) { manages(s, "kubectl-edit", fields) }, false},
		"nothing where there is no record":                       {func(*corev1.Secret) {}, false},
		"nothing where the record can't be read":                 {func(s *corev1.Secret) { manages(s, mine, `{"f:metadata":`) }, false},
		"nothing where the record is of an apply": {func(s *corev1.Secret) {
			manages(s, mine, fields)
			s.ManagedFields[0].Operation = metav1.ManagedFieldsOperationApply
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			es := externalSecret(t, "{}")
			c := clusterOf(written(t, es, map[string]string{"a": "x"}, func(s *corev1.Secret) {
				s.Labels["gone"], s.Annotations["gone"] = "x", "x"
				tc.record(s)
			}))
			outcome, err := c.apply(t, es, map[string]string{"a": "x"}, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Changes{Metadata: tc.pruned}, outcome.Changes)
			assert.Equal(t, !tc.pruned, c.secret(es).Labels["gone"] != "")
			assert.Equal(t, !tc.pruned, c.secret(es).Annotations["gone"] != "")
			assert.Equal(t, "db", c.secret(es).Labels["app"], "what it still has stays")
		})
	}
	t.Run("under a name so long that its manager is a hash", func(t *testing.T) {
		es := externalSecret(t, "{metadata: {name: a-name-of-more-than-twenty-seven-bytes}}")
		c := clusterOf(written(t, es, map[string]string{"a": "x"}, func(s *corev1.Secret) {
			s.Labels["gone"] = "x"
			manages(s, api.FieldManager(es.Name), fields)
		}))
		_, err := c.apply(t, es, map[string]string{"a": "x"}, write.DryRunNone)
		require.NoError(t, err)
		assert.NotContains(t, c.secret(es).Labels, "gone")
	})
}

func TestUpdateOwner(t *testing.T) {
	theirs := func(apiVersion, kind string) func(*corev1.Secret) {
		return func(s *corev1.Secret) {
			s.OwnerReferences = []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: "theirs", UID: "u", Controller: new(true)}}
		}
	}
	eso := theirs("external-secrets.io/v1beta1", "ExternalSecret")
	for name, tc := range map[string]struct {
		policy string
		owner  func(*corev1.Secret)
		err    error
		text   string
	}{
		"Owner refuses another ExternalSecret's":      {"Owner", eso, write.ErrOwnedByAnother, `target is owned by another ExternalSecret: ExternalSecret "theirs"; give one of them another spec.target.name`},
		"Orphan refuses another ExternalSecret's":     {"Orphan", eso, write.ErrOwnedByAnother, ""},
		"Merge refuses another ExternalSecret's":      {"Merge", eso, write.ErrOwnedByAnother, ""},
		"Owner refuses another controller's":          {"Owner", theirs("cert-manager.io/v1", "Certificate"), write.ErrOwnership, `failed to take ownership of target secret: its controller is Certificate "theirs"`},
		"Owner refuses a namesake's in another group": {"Owner", theirs("kubernetes-client.io/v1", "ExternalSecret"), write.ErrOwnership, ""},
		"Orphan takes another controller's":           {"Orphan", theirs("cert-manager.io/v1", "Certificate"), nil, ""},
		"Merge takes another controller's":            {"Merge", theirs("cert-manager.io/v1", "Certificate"), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			es := externalSecret(t, "{spec: {target: {creationPolicy: "+tc.policy+"}}}")
			c := clusterOf(managed(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "db"}, Data: map[string][]byte{"z": []byte("theirs")}}))
			tc.owner(c.secret(es))
			before := c.secret(es).DeepCopy()
			_, err := c.apply(t, es, map[string]string{"a": "canary"}, write.DryRunNone)
			if tc.err == nil {
				require.NoError(t, err)
				assert.Equal(t, before.OwnerReferences, c.secret(es).OwnerReferences)
				return
			}
			require.ErrorIs(t, err, tc.err)
			require.ErrorContains(t, err, tc.text)
			assert.NotContains(t, err.Error(), api.MessageUpdateFailed, "one of ESO's texts is enough")
			assert.Equal(t, before, c.secret(es), "it is left as it was")
			assert.Empty(t, c.writes)
		})
	}
	for _, policy := range []string{"Orphan", "Merge"} {
		t.Run("is let go of when the policy becomes "+policy, func(t *testing.T) {
			owned := written(t, externalSecret(t, "{}"), map[string]string{"a": "x"})
			es := externalSecret(t, "{spec: {target: {creationPolicy: "+policy+"}}}")
			c := clusterOf(owned)
			outcome, err := c.apply(t, es, map[string]string{"a": "x"}, write.DryRunNone)
			require.NoError(t, err)
			assert.Equal(t, write.Changes{Metadata: true}, outcome.Changes)
			assert.Empty(t, c.secret(es).OwnerReferences)
			assert.NotContains(t, c.secret(es).Labels, api.LabelOwner)
			assert.True(t, write.NewLive(c.secret(es)).Valid())
		})
	}
}

func TestUpdateImmutable(t *testing.T) {
	fixed := func(s *corev1.Secret) { s.Immutable = new(true) }
	for name, tc := range map[string]struct {
		spec   string
		change func(*corev1.Secret)
		data   string
		want   write.Outcome
		err    string
	}{
		"the same data writes nothing":           {"{}", fixed, "x", write.Outcome{Result: write.Unchanged}, ""},
		"metadata may change":                    {"{}", func(s *corev1.Secret) { fixed(s); s.Labels["app"] = "old" }, "x", write.Outcome{Result: write.Updated, Changes: write.Changes{Metadata: true}}, ""},
		"data may not":                           {"{}", fixed, "new", write.Outcome{}, `could not update secret, target is immutable: delete Secret "db" to have it made anew`},
		"a Secret becomes immutable when wanted": {"{spec: {target: {immutable: true}}}", func(*corev1.Secret) {}, "x", write.Outcome{Result: write.Updated, Changes: write.Changes{Metadata: true}}, ""},
		"and keeps what it has then":             {"{spec: {target: {immutable: true}}}", func(*corev1.Secret) {}, "new", write.Outcome{Result: write.Updated, Changes: write.Changes{Metadata: true}, Frozen: true}, ""},
		"one that is wanted so stays as it is":   {"{spec: {target: {immutable: true}}}", func(s *corev1.Secret) { fixed(s); s.Labels["app"] = "old" }, "new", write.Outcome{Result: write.Unchanged, Frozen: true}, ""},
		"but for the marks of who manages it":    {"{spec: {target: {immutable: true}}}", func(s *corev1.Secret) { fixed(s); delete(s.Labels, api.LabelManaged) }, "x", write.Outcome{Result: write.Updated, Changes: write.Changes{Metadata: true}, Adopted: true}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := clusterOf(written(t, externalSecret(t, "{}"), map[string]string{"a": "x"}, tc.change))
			es := externalSecret(t, tc.spec)
			outcome, err := c.apply(t, es, map[string]string{"a": tc.data}, write.DryRunNone)
			if tc.err != "" {
				require.EqualError(t, err, tc.err)
				require.ErrorIs(t, err, write.ErrImmutable)
				assert.Empty(t, c.writes)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, tc.want, outcome)
			if tc.want.Result == write.Updated {
				assert.True(t, *c.secret(es).Immutable)
				assert.Equal(t, map[string][]byte{"a": []byte("x")}, c.secret(es).Data)
			}
		})
	}
}
