package explain_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// denying answers what an API server asks of a webhook: no.
func denying(message string) http.Handler {
	return http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) {
		var review struct {
			Request struct {
				UID string `json:"uid"`
			} `json:"request"`
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		_ = json.NewEncoder(answer).Encode(map[string]any{
			"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
			"response": map[string]any{"uid": review.Request.UID, "allowed": false, "status": map[string]any{"message": message}},
		})
	})
}

// webhook has the API server ask at a URL before it makes a Secret in the world's namespace.
func (w *world) webhook(t *testing.T, url string, certificate []byte) {
	t.Helper()
	w.apply(t, fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: %[1]s}
webhooks:
- name: secrets.policy.example.com
  clientConfig: {url: %[2]s/validate, caBundle: %[3]q}
  rules: [{apiGroups: [""], apiVersions: [v1], resources: [secrets], operations: [CREATE]}]
  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %[1]s}}
  admissionReviewVersions: [v1]
  sideEffects: None
  failurePolicy: Fail`, w.namespace, url, base64.StdEncoding.EncodeToString(certificate)))
	w.untilRefused(t, "webhook")
}

// policy has the API server refuse an operation on the objects of a group in the world's namespace. Without the scope it would refuse
// those of other tests that are in no namespace: a namespaceSelector lets them all through.
func (w *world) policy(t *testing.T, operation, group, resource, message string) {
	t.Helper()
	w.apply(t, fmt.Sprintf(`
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: %[1]s}
spec:
  failurePolicy: Fail
  matchConstraints:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %[1]s}}
    resourceRules: [{apiGroups: [%[3]s], apiVersions: ["*"], resources: [%[4]q], operations: [%[2]s], scope: Namespaced}, {apiGroups: [""], apiVersions: [v1], resources: [configmaps], operations: [CREATE]}]
  validations: [{expression: "false", message: %[5]q}]
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: %[1]s}
spec: {policyName: %[1]s, validationActions: [Deny]}`, w.namespace, operation, group, resource, message))
	until(t, "the policy is in force", func() bool {
		probe := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "probe"}}
		_, err := w.core.CoreV1().ConfigMaps(w.namespace).Create(t.Context(), probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err != nil && strings.Contains(err.Error(), message)
	})
}

// untilRefused waits until the API server refuses a Secret in the world's namespace, and says so.
func (w *world) untilRefused(t *testing.T, says string) {
	t.Helper()
	until(t, "a Secret is refused with: "+says, func() bool {
		probe := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "probe"}}
		_, err := w.core.CoreV1().Secrets(w.namespace).Create(t.Context(), probe, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err != nil && strings.Contains(err.Error(), says)
	})
}

// until waits for something that the cluster comes to by itself.
func until(t *testing.T, what string, come func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !come(); time.Sleep(20 * time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "waited for nothing: %s", what)
	}
}
