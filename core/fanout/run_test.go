package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	prod  = "{metadata: {name: all, uid: u1}, spec: {externalSecretSpec: {refreshInterval: 1h, data: []}, namespaceSelectors: [{matchLabels: {env: prod}}]}}"
	owner = "ownerReferences: [{apiVersion: external-secrets.io/v1, kind: ClusterExternalSecret, name: all, uid: u1, controller: true, blockOwnerDeletion: true}]"
)

// mine is an ExternalSecret "all" as prod makes it, with more metadata.
func mine(namespace string, more ...string) string {
	return "{metadata: {" + strings.Join(append([]string{"namespace: " + namespace, "name: all", owner}, more...), ", ") + "}, spec: {refreshInterval: 1h, data: []}}"
}

func at(namespace, name string) types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: name}
}

func TestRun(t *testing.T) {
	for name, tc := range map[string]struct {
		source   string
		children []string
		writes   []string
		outcome  Outcome
		status   string // externalSecretName: provisioned / failed
		says     []string
	}{
		"makes what is missing":                 {source: prod, writes: []string{"create a/all", "create b/all"}, outcome: Updated, status: "all: a b / "},
		"makes only what is missing":            {source: prod, children: []string{mine("a")}, writes: []string{"create b/all"}, outcome: Updated, status: "all: a b / "},
		"leaves what is right":                  {source: prod, children: []string{mine("a"), mine("b")}, outcome: Unchanged, status: "all: a b / "},
		"deletes where nothing matches":         {source: prod, children: []string{mine("a"), mine("b"), mine("c")}, writes: []string{"delete c/all"}, outcome: Updated, status: "all: a b / "},
		"takes away what was added to labels":   {source: prod, children: []string{mine("a", "labels: {x: z}"), mine("b")}, writes: []string{"update a/all"}, outcome: Updated, status: "all: a b / "},
		"takes away a finished force-sync":      {source: prod, children: []string{mine("a", "annotations: {external-secrets.io/force-sync: '1'}"), mine("b")}, writes: []string{"update a/all"}, outcome: Updated, status: "all: a b / "},
		"leaves the finalizers of others alone": {source: prod, children: []string{mine("a", "finalizers: [x/y]"), mine("b")}, outcome: Unchanged, status: "all: a b / "},
		"mends a changed spec": {source: prod, children: []string{strings.Replace(mine("a"), "1h", "2h", 1), mine("b")},
			writes: []string{"update a/all"}, outcome: Updated, status: "all: a b / "},
		"mends a spec that has more": {source: prod, children: []string{strings.Replace(mine("a"), "1h", "1h, refreshPolicy: OnChange", 1), mine("b")},
			writes: []string{"update a/all"}, outcome: Updated, status: "all: a b / "},
		"is not taken in by the order of fields": {source: prod, children: []string{strings.Replace(mine("a"), "{refreshInterval: 1h, data: []}", "{data: [], refreshInterval: 1h}", 1), mine("b")},
			outcome: Unchanged, status: "all: a b / "},
		"does not take over what nobody controls": {source: prod, children: []string{"{metadata: {namespace: a, name: all}, spec: {}}", mine("b")},
			outcome: Failed, status: "all: b / a", says: []string{"external secret already exists in namespace", "does not take it over"}},
		"does not take over what another controls": {source: prod, children: []string{strings.Replace(mine("a"), "name: all, uid", "name: other, uid", 1), mine("b")},
			outcome: Failed, status: "all: b / a", says: []string{"external secret already exists in namespace"}},
		"does not take over what another kind of that name controls": {source: prod, children: []string{strings.Replace(mine("a"), "kind: Cluster", "kind: Custom", 1), mine("b")},
			outcome: Failed, status: "all: b / a", says: []string{"external secret already exists in namespace"}},
		"takes up what it controlled before it was made anew": {source: prod, children: []string{strings.Replace(mine("a"), "uid: u1", "uid: u0", 1), mine("b")},
			writes: []string{"update a/all"}, outcome: Updated, status: "all: a b / "},
		"keeps an owner by the other version": {source: prod, children: []string{strings.Replace(mine("a"), "io/v1,", "io/v1beta1,", 1), mine("b")}, outcome: Unchanged, status: "all: a b / "},
		"waits for one that is being deleted": {source: prod, children: []string{mine("a", "deletionTimestamp: '2026-01-01T00:00:00Z'"), mine("b")},
			outcome: Failed, status: "all: b / a", says: []string{"is being deleted"}},
		"does not delete twice": {source: prod, children: []string{mine("a"), mine("b"), mine("c", "deletionTimestamp: '2026-01-01T00:00:00Z'")}, outcome: Unchanged, status: "all: a b / "},
		"follows a new name": {source: strings.Replace(prod, "spec: {", "spec: {externalSecretName: new, ", 1), children: []string{mine("a"), mine("c")},
			writes: []string{"create a/new", "create b/new", "delete a/all", "delete c/all"}, outcome: Updated, status: "new: a b / "},
		"leaves a namespace alone that it does not know": {source: prod, children: []string{mine("a"), mine("b"), mine("newer")}, outcome: Unchanged, status: "all: a b / "},
		"deletes everywhere if nothing is chosen": {source: strings.Replace(prod, ", namespaceSelectors: [{matchLabels: {env: prod}}]", "", 1), children: []string{mine("a"), mine("c")},
			writes: []string{"delete a/all", "delete c/all"}, outcome: Updated, status: "all:  / "},
		"does nothing by a selector that is none": {source: strings.Replace(prod, "{matchLabels: {env: prod}}", "{matchExpressions: [{key: a, operator: Has}]}", 1), children: []string{mine("a"), mine("c")},
			outcome: Failed, status: ":  / ", says: []string{"spec.namespaceSelectors[0]", "Has"}},
		"does nothing without a spec to give": {source: "{metadata: {name: all, uid: u1}, spec: {namespaceSelectors: [{}]}}", children: []string{mine("a")},
			outcome: Failed, status: ":  / ", says: []string{"spec.externalSecretSpec is missing"}},
		"leaves its children to the garbage collector": {source: strings.Replace(prod, "uid: u1", "uid: u1, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: [foregroundDeletion]", 1),
			children: []string{mine("a"), mine("c")}, outcome: Skipped, says: []string{"is being deleted"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := clusterOf(t, tc.children...)
			c.sources = []string{tc.source}
			changed, results := c.run(t)
			require.Len(t, results, 1)
			r := results[0]
			assert.Equal(t, tc.outcome, r.Outcome, "%+v", r)
			if len(tc.writes) == 0 {
				assert.Empty(t, c.written())
			} else {
				assert.Equal(t, tc.writes, c.written())
			}
			assert.Len(t, changed, len(tc.writes))
			for id, raw := range changed {
				if live, ok := c.children[id]; ok {
					assert.Equal(t, live.Metadata.ResourceVersion, readChild(raw).Metadata.ResourceVersion, "what the pass goes on with")
				} else {
					assert.Nil(t, raw)
				}
			}
			text := r.Message
			for _, failed := range r.Failed {
				text += " " + failed.Reason
			}
			for _, says := range tc.says {
				assert.Contains(t, text, says)
			}
			if status := c.recorded(t, "all"); tc.status == "" {
				assert.Nil(t, status)
			} else {
				require.NotNil(t, status)
				var failed []string
				for _, f := range status.FailedNamespaces {
					failed = append(failed, f.Namespace)
				}
				assert.Equal(t, tc.status, status.ExternalSecretName+": "+strings.Join(status.ProvisionedNamespaces, " ")+" / "+strings.Join(failed, " "))
				require.Len(t, status.Conditions, 1)
				assert.Equal(t, tc.outcome == Failed, status.Conditions[0].Status == metav1.ConditionFalse)
			}
			if tc.outcome == Updated || tc.outcome == Unchanged {
				if status := c.recorded(t, "all"); status != nil {
					text, err := json.Marshal(status)
					require.NoError(t, err)
					c.sources[0] = strings.TrimSuffix(tc.source, "}") + ", status: " + string(text) + "}"
				}
				_, results = c.run(t)
				assert.Equal(t, Unchanged, results[0].Outcome)
				assert.Empty(t, c.writes, "a second time there is nothing to do, not even in the status")
			}
		})
	}
}

func TestWhatAChildIsMadeOf(t *testing.T) {
	c := clusterOf(t)
	c.namespaces = map[string]string{"a": "env=prod"}
	c.sources = []string{`{metadata: {name: all, uid: u1, labels: {not: this}, annotations: {nor: this, external-secrets.io/force-sync: "7"}}, spec: {
		externalSecretSpec: {unknown: {deep: [1]}, refreshInterval: 1h}, externalSecretName: db, namespaces: [a],
		externalSecretMetadata: {labels: {l: "1"}, annotations: {a: "2", external-secrets.io/force-sync: "own"}}}}`}
	_, results := c.run(t)
	assert.Equal(t, Result{Name: "all", Outcome: Updated, Matched: 1, Created: []string{"a"}}, results[0])
	made := c.children[at("a", "db")]
	yes := true
	assert.Equal(t, "external-secrets.io/v1 ExternalSecret", made.APIVersion+" "+made.Kind)
	assert.Equal(t, map[string]string{"l": "1"}, made.Metadata.Labels)
	assert.Equal(t, map[string]string{"a": "2", "external-secrets.io/force-sync": "7"}, made.Metadata.Annotations)
	assert.Equal(t, []metav1.OwnerReference{{
		APIVersion: "external-secrets.io/v1", Kind: "ClusterExternalSecret", Name: "all", UID: "u1", Controller: &yes, BlockOwnerDeletion: &yes,
	}}, made.Metadata.OwnerReferences)
	assert.JSONEq(t, `{"unknown":{"deep":[1]},"refreshInterval":"1h"}`, string(made.Spec))
}

func TestAForceSyncIsThatOfTheClusterExternalSecretOnly(t *testing.T) {
	c := clusterOf(t)
	c.sources = []string{strings.Replace(prod, "spec: {", "spec: {externalSecretMetadata: {annotations: {a: b, external-secrets.io/force-sync: own}}, ", 1)}
	_, results := c.run(t)
	assert.Equal(t, []string{"a", "b"}, results[0].Created)
	for _, namespace := range results[0].Created {
		assert.Equal(t, map[string]string{"a": "b"}, c.children[at(namespace, "all")].Metadata.Annotations)
	}
}

func TestDigitsOfLargeNumbersCount(t *testing.T) {
	c := clusterOf(t, strings.Replace(mine("a"), "data: []", "n: 12345678901234567", 1), strings.Replace(mine("b"), "data: []", "n: 12345678901234568", 1))
	c.sources = []string{strings.Replace(prod, "data: []", "n: 12345678901234567", 1)}
	_, results := c.run(t)
	assert.Equal(t, []string{"b"}, results[0].Changed)
}

func TestManagedFieldsAreTheServers(t *testing.T) {
	c := clusterOf(t, mine("a", "labels: {x: z}", "managedFields: [{manager: somebody}]"), mine("b"))
	c.sources = []string{prod}
	c.run(t)
	assert.Empty(t, c.children[at("a", "all")].Metadata.ManagedFields)
}

func TestWhatIsInANamespaceThatGoesIsLeftToIt(t *testing.T) {
	c := clusterOf(t, mine("a"), mine("b"), mine("c"))
	c.namespaces["c"], c.namespaces["b"] = "env=test,going=yes", "env=prod,going=yes"
	c.sources = []string{prod}
	_, results := c.run(t)
	assert.Equal(t, Result{Name: "all", Outcome: Unchanged, Matched: 1}, results[0])
	assert.Empty(t, c.written())
}

func TestAnOldNameGoesBeforeANewOneComes(t *testing.T) {
	c := clusterOf(t, mine("a"), mine("b"))
	c.sources = []string{strings.Replace(prod, "spec: {", "spec: {externalSecretName: new, ", 1)}
	c.run(t)
	require.Len(t, c.writes, 5)
	for i, write := range c.writes[:4] {
		assert.Equal(t, i < 2, strings.HasPrefix(write, "delete "), c.writes)
	}
}

func TestClusterExternalSecretsDoNotStandInEachOthersWay(t *testing.T) {
	t.Run("one that can't be read stops no other, and loses nothing", func(t *testing.T) {
		c := clusterOf(t, mine("c"))
		c.sources = []string{"{metadata: {name: all}, spec: {namespaces: 7}}", strings.ReplaceAll(prod, "all", "good")}
		_, results := c.run(t)
		assert.Equal(t, []Outcome{Failed, Updated}, []Outcome{results[0].Outcome, results[1].Outcome})
		assert.Equal(t, []string{"create a/good", "create b/good"}, c.written())
		assert.Nil(t, c.recorded(t, "all"))
	})
	t.Run("of two that want one name the first gets it, always", func(t *testing.T) {
		c := clusterOf(t)
		c.sources = []string{
			"{metadata: {name: z, uid: u2}, spec: {externalSecretSpec: {}, externalSecretName: all, namespaces: [a, c]}}", prod,
		}
		_, results := c.run(t)
		assert.Equal(t, []string{"create a/all", "create b/all", "create c/all"}, c.written())
		assert.Equal(t, Updated, results[0].Outcome)
		require.Len(t, results[1].Failed, 1)
		assert.Contains(t, results[1].Failed[0].Reason, `ClusterExternalSecret "all" wants an ExternalSecret of the same name there`)
		assert.Equal(t, []string{"c"}, results[1].Created)
	})
}

func TestWhatAServerDoesNotKeepIsNoChange(t *testing.T) {
	c := clusterOf(t, mine("a"), mine("b"))
	c.sources = []string{strings.Replace(prod, "refreshInterval: 1h", "refreshInterval: 1h, dropped: true", 1)}
	f := func(f *FanOut) { f.Writer = forgetful{c} }
	_, results := c.run(t, f)
	assert.Equal(t, Unchanged, results[0].Outcome, "a write that changes nothing is not told")
}

// forgetful is a server whose schema lacks a field.
type forgetful struct{ *cluster }

func (f forgetful) UpdateExternalSecret(ctx context.Context, namespace, name string, object json.RawMessage) (json.RawMessage, error) {
	return f.cluster.UpdateExternalSecret(ctx, namespace, name, json.RawMessage(strings.Replace(string(object), `"dropped":true,`, "", 1)))
}

func TestDryRunOfTheClient(t *testing.T) {
	c := clusterOf(t, strings.Replace(mine("a"), "1h", "2h", 1), mine("c"))
	c.sources = []string{prod}
	changed, results := c.run(t, func(f *FanOut) { f.Writer, f.Recorder = Pretend{}, nil })
	assert.Equal(t, Result{Name: "all", Outcome: Updated, Matched: 2, Created: []string{"b"}, Changed: []string{"a"}, Deleted: []string{"c"}}, results[0])
	assert.Empty(t, c.writes)
	assert.JSONEq(t, `{"refreshInterval":"1h","data":[]}`, string(readChild(changed[at("a", "all")]).Spec))
	assert.Equal(t, int64(2), readChild(changed[at("a", "all")]).Metadata.Generation, "so that the pass sees a changed one")
	assert.Nil(t, changed[at("c", "all")])
}

func TestDeletionsThatAreTooManyAreNotMade(t *testing.T) {
	c := clusterOf(t, mine("a"), mine("b"), mine("c"))
	c.namespaces = map[string]string{"a": "env=prod", "b": "env=test", "c": "env=test"}
	c.sources = []string{prod}
	refuse := func(f *FanOut) {
		f.Admit = func(n, there int) error {
			assert.Equal(t, []int{2, 3}, []int{n, there})
			return errors.New("too many")
		}
	}
	_, results := c.run(t, refuse)
	assert.Equal(t, Failed, results[0].Outcome)
	assert.Contains(t, results[0].Message+results[0].Failed[0].Reason, "too many")
	assert.Empty(t, c.written())

	_, results = c.run(t, func(f *FanOut) { f.Admit = func(int, int) error { return nil } })
	assert.Equal(t, Updated, results[0].Outcome)
	assert.Equal(t, []string{"delete b/all", "delete c/all"}, c.written())
	c.run(t, func(f *FanOut) {
		f.Admit = func(int, int) error { t.Error("asked for nothing"); return nil }
	})
}
