package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// fan is some namespaces with a label of their own, and a ClusterSecretStore, both of the name of the world's namespace.
type fan struct {
	*world
	namespaces []string
}

// newFan makes a fan of three namespaces. Passes over everything follow, so the cluster must have nothing else in it: a test with a
// fan is not parallel, and what earlier ones have left goes first.
func newFan(t *testing.T) *fan {
	t.Helper()
	f := &fan{world: newWorld(t)}
	f.cluster.Requests(t) // waits for that
	for range 3 {
		namespace := f.cluster.Namespace(t)
		f.label(t, namespace, f.namespace)
		f.namespaces = append(f.namespaces, namespace)
	}
	slices.Sort(f.namespaces)
	f.apply(t, fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: %s}
spec: {provider: {fake: {data: [{key: a, value: "1"}, {key: b, value: "2"}]}}}`, f.namespace))
	return f
}

// label gives a namespace the label "fan"; empty takes it away.
func (f *fan) label(t *testing.T, namespace, value string) {
	t.Helper()
	label := "fan=" + value
	if value == "" {
		label = "fan-"
	}
	f.cluster.Kubectl(t, "", "label", "namespace", namespace, label)
}

// cluster is a ClusterExternalSecret of the world's name for the namespaces of the fan, with the rest of its spec and that of the
// spec of its ExternalSecrets in YAML's flow style.
func (f *fan) externalSecret(child, more string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: {name: %s}
spec: {namespaceSelectors: [{matchLabels: {fan: %[1]s}}], externalSecretSpec: {secretStoreRef: {kind: ClusterSecretStore, name: %[1]s}, %[2]s}, %[3]s}`,
		f.namespace, child, more)
}

// everywhere makes a pass over everything.
func (f *fan) everywhere(t *testing.T, args ...string) pass {
	t.Helper()
	return readPass(t, harness.Run(t, f.environment(), runner(t), append([]string{"--report", "full"}, args...)...))
}

// only is the one result of a fan-out.
func (p pass) only(t *testing.T) fanOut {
	t.Helper()
	require.Len(t, p.Report.ClusterExternalSecrets, 1, "%s%s", p.Stdout, p.Stderr)
	return p.Report.ClusterExternalSecrets[0]
}

// in is the same world seen from another namespace.
func (f *fan) in(namespace string) *world {
	w := *f.world
	w.namespace = namespace
	return &w
}

// status is that of the ClusterExternalSecret.
func (f *fan) status(t *testing.T) api.ClusterExternalSecretStatus {
	t.Helper()
	object, err := f.resource(t, api.APIVersion, api.KindClusterExternalSecret, "").Get(t.Context(), f.namespace, metav1.GetOptions{})
	require.NoError(t, err)
	raw, err := json.Marshal(object.Object["status"])
	require.NoError(t, err)
	var status api.ClusterExternalSecretStatus
	require.NoError(t, json.Unmarshal(raw, &status))
	return status
}

// children are the namespaces that have an ExternalSecret.
func (f *fan) children(t *testing.T) []string {
	t.Helper()
	list, err := f.resource(t, api.APIVersion, api.KindExternalSecret, "").List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var namespaces []string
	for _, item := range list.Items {
		namespaces = append(namespaces, item.GetNamespace())
	}
	slices.Sort(namespaces)
	return namespaces
}

// secretIsGone waits until there is no Secret in a namespace.
func (f *fan) secretIsGone(t *testing.T, namespace, name string) {
	t.Helper()
	until(t, "the Secret goes with its ExternalSecret", func() bool {
		list, err := f.core.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{FieldSelector: "metadata.name=" + name})
		require.NoError(t, err)
		return len(list.Items) == 0
	})
}

func provisioned() []api.ClusterExternalSecretCondition {
	return []api.ClusterExternalSecretCondition{{Type: "Ready", Status: metav1.ConditionTrue}}
}

func TestAClusterExternalSecretFollowsTheNamespaces(t *testing.T) {
	f := newFan(t)
	f.apply(t, f.externalSecret(dataOf("a"), "externalSecretName: db, externalSecretMetadata: {labels: {l: v}}"))

	p := f.everywhere(t).synced(t)
	assert.Equal(t, fanOut{Name: f.namespace, Outcome: "updated", Matched: 3, Created: f.namespaces}, p.only(t))
	assert.Equal(t, map[string]int{"created": 3}, p.Report.Outcomes, "the Secrets come in the same pass")
	for _, namespace := range f.namespaces {
		w := f.in(namespace)
		assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "db"))
		es := w.get(t, "db")
		assert.Equal(t, map[string]string{"l": "v"}, es.Labels)
		assert.Empty(t, es.Finalizers)
		made, err := f.core.CoreV1().Namespaces().Get(t.Context(), namespace, metav1.GetOptions{})
		require.NoError(t, err)
		assert.Empty(t, made.Finalizers, "no finalizer keeps the Namespace")
	}
	assert.Equal(t, api.ClusterExternalSecretStatus{ExternalSecretName: "db", ProvisionedNamespaces: f.namespaces, Conditions: provisioned()}, f.status(t))
	assert.Regexp(t, `(?m)^NAME +STORE +REFRESH INTERVAL +READY\n`+f.namespace+` +`+f.namespace+` +True$`,
		f.cluster.Kubectl(t, "", "get", "ces"))

	before := f.cluster.Requests(t)
	p = f.everywhere(t).synced(t)
	since := f.cluster.Requests(t).Sub(before)
	assert.Equal(t, "unchanged", p.only(t).Outcome)
	for _, write := range []string{"POST", "PUT", "PATCH", "DELETE", "APPLY"} {
		for _, resource := range []string{"externalsecrets", "externalsecrets/status", "clusterexternalsecrets", "clusterexternalsecrets/status",
			"namespaces", "secrets"} {
			assert.Zero(t, since.Count(write, resource), "%s %s: nothing is written the second time", write, resource)
		}
	}
	assert.Equal(t, 1, since.Count("LIST", "clusterexternalsecrets"))
	assert.Equal(t, 1, since.Count("LIST", "externalsecrets"), "no list but that of the pass itself")

	left := f.namespaces[1]
	f.label(t, left, "")
	p = f.everywhere(t).synced(t)
	assert.Equal(t, []string{left}, p.only(t).Deleted)
	assert.Equal(t, map[string]int{"skipped": 2}, p.Report.Outcomes)
	rest := []string{f.namespaces[0], f.namespaces[2]}
	assert.Equal(t, rest, f.children(t))
	assert.Equal(t, rest, f.status(t).ProvisionedNamespaces)
	f.secretIsGone(t, left, "db")

	f.label(t, left, f.namespace)
	f.apply(t, f.externalSecret(dataOf("b"), "externalSecretName: db, externalSecretMetadata: {labels: {l: w}}"))
	p = f.everywhere(t).synced(t)
	assert.Equal(t, []string{left}, p.only(t).Created)
	assert.Equal(t, rest, p.only(t).Changed)
	assert.Equal(t, map[string]int{"created": 1, "updated": 2}, p.Report.Outcomes)
	for _, namespace := range f.namespaces {
		assert.Equal(t, map[string]string{"value": "2"}, f.in(namespace).data(t, "db"))
		assert.Equal(t, "w", f.in(namespace).secret(t, "db").Labels["l"])
	}

	f.cluster.Kubectl(t, "", "annotate", "ces", f.namespace, api.AnnotationForceSync+"=now")
	p = f.everywhere(t).synced(t)
	assert.Len(t, p.only(t).Changed, 3)
	assert.Equal(t, "now", f.in(left).get(t, "db").Annotations[api.AnnotationForceSync])

	f.cluster.Kubectl(t, "", "delete", "namespace", left, "--timeout=60s")
	p = f.everywhere(t).synced(t)
	assert.Equal(t, fanOut{Name: f.namespace, Outcome: "unchanged", Matched: 2}, p.only(t))
	assert.Equal(t, rest, f.status(t).ProvisionedNamespaces)

	f.cluster.Kubectl(t, "", "delete", "ces", f.namespace)
	for _, namespace := range rest {
		f.secretIsGone(t, namespace, "db")
	}
	assert.Empty(t, f.children(t))
	assert.Empty(t, f.everywhere(t).synced(t).Report.ClusterExternalSecrets)
}

func TestAnExternalSecretThatIsThereIsNotTakenOver(t *testing.T) {
	f := newFan(t)
	taken := f.in(f.namespaces[0])
	taken.apply(t, strings.Replace(externalSecret(f.namespace, dataOf("b")), "{name: store}", "{kind: ClusterSecretStore, name: "+f.namespace+"}", 1))
	f.apply(t, f.externalSecret(dataOf("a"), ""))

	p := f.everywhere(t)
	assert.Equal(t, 1, p.Code)
	r := p.only(t)
	assert.Equal(t, "failed", r.Outcome)
	assert.Equal(t, f.namespaces[1:], r.Created, "the others have theirs")
	require.Len(t, r.Failed, 1)
	assert.Equal(t, f.namespaces[0], r.Failed[0].Namespace)
	assert.Contains(t, r.Failed[0].Reason, "external secret already exists in namespace")
	assert.Contains(t, p.Stderr, "external secret already exists in namespace")
	status := f.status(t)
	assert.Equal(t, f.namespaces[1:], status.ProvisionedNamespaces)
	assert.Equal(t, []api.FailedNamespace{{Namespace: r.Failed[0].Namespace, Reason: r.Failed[0].Reason}}, status.FailedNamespaces)
	assert.Equal(t, []api.ClusterExternalSecretCondition{{Type: "Ready", Status: "False", Message: "one or more namespaces failed"}}, status.Conditions)
	assert.Empty(t, taken.get(t, f.namespace).OwnerReferences)
	assert.Equal(t, map[string]string{"value": "2"}, taken.data(t, f.namespace), "and it is synced as ever")

	taken.cluster.Kubectl(t, "", "delete", "es", f.namespace, "--namespace", taken.namespace)
	f.secretIsGone(t, taken.namespace, f.namespace)
	assert.Equal(t, f.namespaces[:1], f.everywhere(t).synced(t).only(t).Created)
	assert.Equal(t, provisioned(), f.status(t).Conditions)
	assert.Empty(t, f.status(t).FailedNamespaces)
}

func TestOnlyAPassOverEverythingFansOut(t *testing.T) {
	f := newFan(t)
	f.apply(t, f.externalSecret(dataOf("a"), ""))
	for name, args := range map[string][]string{
		"a namespace": {"--namespaces", f.namespaces[0]}, "a label": {"--selector", "a=b"}, "a field": {"--field-selector", "metadata.name=x"},
	} {
		assert.Empty(t, f.everywhere(t, args...).synced(t).Report.ClusterExternalSecrets, name)
	}
	for _, mode := range []string{"client", "server"} {
		p := f.everywhere(t, "--dry-run", mode).synced(t)
		assert.Equal(t, f.namespaces, p.only(t).Created, mode)
		assert.Equal(t, map[string]int{"created": 3}, p.Report.Outcomes, "what would become of them is told too")
	}
	assert.Empty(t, f.children(t))
	assert.Empty(t, f.status(t))

	r := harness.Run(t, f.environment(), pluginPath(t), "refresh", "--all", "-A")
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "clusterexternalsecret.external-secrets.io/"+f.namespace+" updated (created in "+strings.Join(f.namespaces, ", ")+")\n")
	assert.Contains(t, r.Stdout, "externalsecret.external-secrets.io/"+f.namespace+" in namespace "+f.namespaces[0]+" created\n")
	assert.Equal(t, f.namespaces, f.children(t))

	f.label(t, f.namespaces[2], "")
	f.apply(t, f.externalSecret(dataOf("b"), ""))
	for _, mode := range []string{"client", "server"} {
		p := f.everywhere(t, "--dry-run", mode).synced(t)
		assert.Equal(t, f.namespaces[:2], p.only(t).Changed, mode)
		assert.Equal(t, f.namespaces[2:], p.only(t).Deleted, mode)
		assert.Equal(t, map[string]int{"updated": 2}, p.Report.Outcomes, mode)
	}
	assert.Equal(t, f.namespaces, f.children(t))
	assert.Equal(t, map[string]string{"value": "1"}, f.in(f.namespaces[0]).data(t, f.namespace))
}

func TestAFanOutNeedsTheRightsThatAreDocumented(t *testing.T) {
	rules := map[string]string{
		"pass": `{apiGroups: [external-secrets.io], resources: [externalsecrets, secretstores, clustersecretstores], verbs: [get, list]}, ` +
			`{apiGroups: [external-secrets.io], resources: [externalsecrets/status], verbs: [patch]}, ` +
			`{apiGroups: [""], resources: [secrets], verbs: [get, list, create, update]}, {apiGroups: [""], resources: [events], verbs: [create, get, patch]}`,
		"list":       `{apiGroups: [external-secrets.io], resources: [clusterexternalsecrets], verbs: [list]}`,
		"status":     `{apiGroups: [external-secrets.io], resources: [clusterexternalsecrets/status], verbs: [patch]}`,
		"namespaces": `{apiGroups: [""], resources: [namespaces], verbs: [list]}`,
		"write":      `{apiGroups: [external-secrets.io], resources: [externalsecrets], verbs: [create, update, delete]}`,
	}
	for _, test := range []struct {
		name    string
		without string
		code    int
		says    []string
		note    string
		made    bool
	}{
		{name: "all that it uses", made: true},
		{name: "no listing of ClusterExternalSecrets: it says so and goes on", without: "list", note: "ClusterExternalSecrets are left alone"},
		{name: "no listing of namespaces", without: "namespaces", code: 1, says: []string{"the namespaces are not known", "forbidden"}},
		{name: "no writing of ExternalSecrets", without: "write", code: 1, says: []string{"create an ExternalSecret", "forbidden"}},
		{name: "no writing of the status", without: "status", code: 1, says: []string{"record the status", "forbidden"}, made: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFan(t)
			f.apply(t, f.externalSecret(dataOf("a"), ""))
			var granted []string
			for name, rule := range rules {
				if name != test.without {
					granted = append(granted, rule)
				}
			}
			f.apply(t, fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: %s}\nrules: [%s]", f.namespace, strings.Join(granted, ", ")),
				fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: %s}\n"+
					"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %[1]s}\nsubjects: [{kind: ServiceAccount, name: limited, namespace: %[1]s}]", f.namespace))
			environment := append(f.aws.Env(), "KUBECONFIG="+f.cluster.ServiceAccountKubeconfig(t, f.namespace, "limited"))
			run := func() pass { return readPass(t, harness.Run(t, environment, runner(t), "--report", "full")) }
			p := run()
			require.Equal(t, test.code, p.Code, "%s%s", p.Stdout, p.Stderr)
			for _, says := range test.says {
				assert.Contains(t, p.Stdout, says)
			}
			if test.note != "" {
				require.Len(t, p.Report.Notes, 1)
				assert.Contains(t, p.Report.Notes[0], test.note)
			} else {
				assert.Empty(t, p.Report.Notes)
			}
			if !test.made {
				assert.Empty(t, f.children(t))
				return
			}
			assert.Equal(t, f.namespaces, f.children(t))
			if test.without == "" { // the rights suffice for changes and deletions, too
				f.label(t, f.namespaces[0], "")
				f.apply(t, f.externalSecret(dataOf("b"), ""))
				r := run().synced(t).only(t)
				assert.Equal(t, f.namespaces[:1], r.Deleted)
				assert.Equal(t, f.namespaces[1:], r.Changed)
			}
		})
	}
}

func TestAFanOutWorksInTheOlderVersion(t *testing.T) {
	f := newFan(t)
	// What defaults and odd values there are: a spec that comes back otherwise than it went would be written in each pass.
	f.apply(t, f.externalSecret(`refreshInterval: 1ms, target: {template: {data: {value: "{{ .value }}"}, templateFrom: [{literal: "x: y"}]}}, data: [{secretKey: value, remoteRef: {key: a}}], `+
		`dataFrom: [{find: {name: {regexp: nothing}}}, {extract: {key: b}, rewrite: [{regexp: {source: a, target: b}}]}]`, ""))
	t.Run("while v1 is not served", func(t *testing.T) {
		f.serve(t, "v1beta1")
		assert.Equal(t, f.namespaces, f.everywhere(t).only(t).Created)
		r := f.everywhere(t)
		assert.Equal(t, "unchanged", r.only(t).Outcome)
	})
	before := f.cluster.Requests(t)
	assert.Equal(t, "unchanged", f.everywhere(t).only(t).Outcome, "once v1 is served too")
	since := f.cluster.Requests(t).Sub(before)
	assert.Zero(t, since.Count("PUT", "externalsecrets"), "%s", since)
	es := f.in(f.namespaces[0]).get(t, f.namespace)
	require.Len(t, es.OwnerReferences, 1)
	assert.Equal(t, "external-secrets.io/v1beta1", es.OwnerReferences[0].APIVersion)
	assert.Equal(t, provisioned(), f.status(t).Conditions)
}
