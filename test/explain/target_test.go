package explain_test

import (
	"crypto/x509"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// spoiled arranges what is well, and then what is done to the cluster.
func spoiled(spec string, spoil func(t *testing.T, w *world)) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.apply(t, store(), externalSecret(spec))
		spoil(t, w)
	}
}

func TestTargetsThatCanNotBeWrittenAreExplained(t *testing.T) {
	t.Parallel()
	target := map[trace.Step][]string{trace.Read: {"spec.data[0]: plain: read"}, trace.Target: {"target: Secret app"}}
	explainAll(t, []fault{
		{
			name: "Secrets may not be written",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				w.as(t, "person", readObjects, `{apiGroups: [""], resources: [secrets], verbs: [get, list]}`)
			}),
			step: trace.Target, id: "K8S-08", owner: diagnose.Platform, shows: target, says: []string{"forbidden", `cannot create resource "secrets"`},
		}, {
			name: "Secrets may not be read",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				w.as(t, "person", readObjects)
			}),
			step: trace.Target, id: "K8S-08", owner: diagnose.Platform, says: []string{"forbidden", `cannot get resource "secrets"`},
			shows: map[trace.Step][]string{trace.Target: {"exists: not known"}},
		}, {
			name:    "a quota has no room for another Secret",
			arrange: spoiled(dataOf("plain"), fullQuota),
			step:    trace.Target, id: "K8S-50", owner: diagnose.Platform, shows: target, says: []string{"exceeded quota: secrets"},
		}, {
			name: "a webhook denies the Secret",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				url, certificate := serveTLS(t, denying("policy restrict-secrets: only with a team label"), func(*x509.Certificate) {})
				w.webhook(t, url, certificate)
			}),
			step: trace.Target, id: "K8S-14", owner: diagnose.Platform, shows: target, says: []string{"admission webhook", "only with a team label"},
		}, {
			name: "a webhook can't be reached",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				w.webhook(t, "https://127.0.0.1:1", nil)
			}),
			step: trace.Target, id: "K8S-10", owner: diagnose.Platform, shows: target, says: []string{"failed calling webhook", "connection refused"},
		}, {
			name: "an admission policy denies the Secret",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				w.policy(t, "CREATE", `""`, "secrets", "Secrets of this namespace come from elsewhere")
			}),
			step: trace.Target, id: "K8S-14", owner: diagnose.Platform, shows: target, says: []string{"ValidatingAdmissionPolicy", "come from elsewhere"},
		}, {
			name: "the Secret is immutable",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				w.apply(t, opaque("app", "value: old")+"\nimmutable: true")
			}),
			step: trace.Target, id: "K8S-52", owner: diagnose.App, shows: target,
		}, {
			name: "the Secret is another ExternalSecret's",
			arrange: spoiled("target: {name: shared}, "+dataOf("plain"), func(t *testing.T, w *world) {
				w.apply(t, opaque("shared", "value: old"), strings.Replace(reading("plain"), "name: app", "name: other", 1))
				w.own(t, "shared", w.externalSecrets(), "other")
			}),
			step: trace.Target, id: "K8S-02", owner: diagnose.App, says: []string{`ExternalSecret "other"`},
		}, {
			name: "the Secret is another controller's",
			arrange: spoiled(dataOf("plain"), func(t *testing.T, w *world) {
				w.apply(t, opaque("app", "value: old"), serviceAccount())
				w.own(t, "app", w.objects.Resource(schema.GroupVersionResource{Version: "v1", Resource: "serviceaccounts"}).Namespace(w.namespace), "app")
			}),
			step: trace.Target, id: "K8S-53", owner: diagnose.App, shows: target, says: []string{`ServiceAccount "app"`},
		}, {
			name: "the type of the Secret was changed",
			arrange: spoiled("target: {template: {type: kubernetes.io/basic-auth}}, data: [{secretKey: password, remoteRef: {key: plain}}]",
				func(t *testing.T, w *world) { w.apply(t, opaque("app", "password: old")) }),
			step: trace.Target, id: "K8S-17", owner: diagnose.App, shows: target, says: []string{"field is immutable"},
		}, {
			name:    "the type of the Secret asks for keys that are not there",
			arrange: applying(store(), externalSecret("target: {template: {type: kubernetes.io/tls}}, "+dataOf("plain"))),
			step:    trace.Target, id: "DAT-58", owner: diagnose.App, shows: target, says: []string{"data[tls.crt]: Required value"},
		}, {
			name:    "the type of the Secret asks for an annotation",
			arrange: applying(store(), externalSecret("target: {template: {type: kubernetes.io/service-account-token}}, "+dataOf("plain"))),
			step:    trace.Target, id: "DAT-58", owner: diagnose.App, shows: target, says: []string{"Required value"},
		}, {
			name: "the type of the Secret asks for another form of a value",
			arrange: applying(store(), externalSecret("target: {template: {type: kubernetes.io/dockerconfigjson}}, "+
				"data: [{secretKey: .dockerconfigjson, remoteRef: {key: plain}}]")),
			step: trace.Target, id: "DAT-58", owner: diagnose.App, shows: target, says: []string{".dockerconfigjson"},
		}, {
			name:    "there is no Secret to merge into",
			arrange: applying(store(), externalSecret("target: {creationPolicy: Merge}, "+dataOf("plain"))),
			step:    trace.Target, id: "K8S-03", owner: diagnose.App, shows: target,
		}, {
			name:    "the namespace is being deleted",
			arrange: spoiled(dataOf("plain"), terminating),
			step:    trace.Target, id: "K8S-15", owner: diagnose.Platform, shows: target, says: []string{"being terminated"},
		},
	})
}

// own makes something the controller of a Secret.
func (w *world) own(t *testing.T, secret string, owners dynamic.ResourceInterface, owner string) {
	t.Helper()
	o, err := owners.Get(t.Context(), owner, metav1.GetOptions{})
	require.NoError(t, err)
	client := w.core.CoreV1().Secrets(w.namespace)
	s, err := client.Get(t.Context(), secret, metav1.GetOptions{})
	require.NoError(t, err)
	s.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(o, o.GroupVersionKind())}
	_, err = client.Update(t.Context(), s, metav1.UpdateOptions{})
	require.NoError(t, err)
}

// fullQuota makes a quota that the Secrets of the namespace use up.
func fullQuota(t *testing.T, w *world) {
	t.Helper()
	w.apply(t, `
apiVersion: v1
kind: ResourceQuota
metadata: {name: secrets}
spec: {hard: {count/secrets: "0"}}`)
	w.untilRefused(t, "exceeded quota")
}

// terminating has the namespace deleted, though its ExternalSecret and its store can't be.
func terminating(t *testing.T, w *world) {
	t.Helper()
	w.policy(t, "DELETE", api.Group, "*", "they are held back")
	w.cluster.Kubectl(t, "", "delete", "namespace", w.namespace, "--wait=false")
	w.untilRefused(t, "being terminated")
}
