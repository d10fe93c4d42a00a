package e2e_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

var updateOutcomes = flag.Bool("update-outcomes", false, "write docs/outcomes.md anew from what the test sees")

const outcomesPage = "../../docs/outcomes.md"

const outcomesHead = `# Outcomes

What a pass does for every creation policy, deletion policy, Secret that it meets, and answer of the provider. The table is
written by a test that makes each case on a real API server: ` + "`go test ./test/e2e -run Outcomes -update-outcomes`" + `.

- *none*: there is no Secret. *own*: the Secret is as an earlier pass of the same ExternalSecret left it, with ` + "`value=old`" + `.
  *somebody's*: a Secret with ` + "`theirs=x`" + ` that no ExternalSecret manages. *another's*: the same, controlled by another ExternalSecret.
- *new*: the provider holds ` + "`new`" + `. *nothing*: it does not have the remote secret.
- Ready is what the condition says afterwards; where the ExternalSecret is refused, the Secret stays as it was.

| creationPolicy | deletionPolicy | Secret | provider | outcome | Ready | Secret afterwards |
| --- | --- | --- | --- | --- | --- | --- |
`

// outcomeCase is one row of the table.
type outcomeCase struct {
	creation api.CreationPolicy
	deletion api.DeletionPolicy
	secret   string // none, own, somebody's, another's
	provider string // new, nothing
}

func (c outcomeCase) name() string {
	return strings.ToLower(fmt.Sprintf("%s-%s-%s-%s", c.creation, c.deletion, strings.TrimSuffix(c.secret, "'s"), c.provider))
}

// manifest reads store "new" or "nothing".
func (c outcomeCase) manifest() string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: %s}
spec:
  refreshInterval: 1ms
  secretStoreRef: {name: %s}
  target: {creationPolicy: %s, deletionPolicy: %s}
  data: [{secretKey: value, remoteRef: {key: app}}]`, c.name(), c.provider, c.creation, c.deletion)
}

func fakeStore(name, key, value string) string {
	return fmt.Sprintf(`
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: %s}
spec: {provider: {fake: {data: [{key: %s, value: %s}]}}}`, name, key, value)
}

func outcomeCases() []outcomeCase {
	var cases []outcomeCase
	for _, creation := range []api.CreationPolicy{
		api.CreationPolicyOwner, api.CreationPolicyOrphan, api.CreationPolicyMerge, api.CreationPolicyCreateOrMerge, api.CreationPolicyNone,
	} {
		for _, deletion := range []api.DeletionPolicy{api.DeletionPolicyRetain, api.DeletionPolicyDelete, api.DeletionPolicyMerge} {
			for _, secret := range []string{"none", "own", "somebody's", "another's"} {
				for _, provider := range []string{"new", "nothing"} {
					cases = append(cases, outcomeCase{creation, deletion, secret, provider})
				}
			}
		}
	}
	return cases
}

func TestOutcomesAreAsDocumented(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cases := outcomeCases()
	w.apply(t, fakeStore("new", "app", "old"), fakeStore("nothing", "app", "old"))
	for _, c := range cases {
		if c.secret == "own" {
			if c.creation == api.CreationPolicyMerge {
				w.apply(t, opaque(c.name(), map[string]string{"theirs": "x"}))
			}
			w.apply(t, c.manifest())
		}
	}
	w.pass(t)

	w.apply(t, fakeStore("new", "app", "new"), fakeStore("nothing", "other", "x"),
		strings.Replace(externalSecret("another", dataOf("app")), "name: store", "name: new", 1))
	another := w.get(t, "another")
	for _, c := range cases {
		switch c.secret {
		case "somebody's":
			w.apply(t, opaque(c.name(), map[string]string{"theirs": "x"}))
		case "another's":
			w.controlled(t, c.name(), another)
		}
		if c.secret != "own" {
			w.apply(t, c.manifest())
		}
	}
	p := w.pass(t, "--max-removals=100%") // the table is of cases that come alone
	again := w.pass(t, "--max-removals=100%")

	var page strings.Builder
	page.WriteString(outcomesHead)
	for _, c := range cases {
		r := p.of(t, c.name()).Outcome
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s | %s | %s |\n", c.creation, c.deletion, c.secret, c.provider,
			r, w.readiness(t, c.name()), w.afterwards(t, c.name()))
		if r != "failed" && r != "deleted" {
			require.NotEqual(t, "updated", again.of(t, c.name()).Outcome, "%s: a second pass finds nothing to do", c.name())
		}
	}
	if *updateOutcomes {
		require.NoError(t, os.WriteFile(outcomesPage, []byte(page.String()), 0o600))
	}
	documented, err := os.ReadFile(outcomesPage)
	require.NoError(t, err)
	require.Equal(t, string(documented), page.String(), "run with -update-outcomes, and read the difference")
}

// controlled makes a Secret whose controller is the ExternalSecret.
func (w *world) controlled(t *testing.T, name string, es *api.ExternalSecret) {
	t.Helper()
	controller := true
	_, err := w.core.CoreV1().Secrets(w.namespace).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: []metav1.OwnerReference{{
			APIVersion: api.APIVersion, Kind: api.KindExternalSecret, Name: es.Name, UID: es.UID, Controller: &controller,
		}}},
		Data: map[string][]byte{"theirs": []byte("x")},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
}

// readiness is the Ready condition in a word: the reason, or that there is none.
func (w *world) readiness(t *testing.T, name string) string {
	t.Helper()
	conditions := w.get(t, name).Status.Conditions
	if len(conditions) == 0 {
		return "-"
	}
	return fmt.Sprintf("%s, %s", conditions[0].Status, conditions[0].Reason)
}

// afterwards describes a Secret: its data and whose it is.
func (w *world) afterwards(t *testing.T, name string) string {
	t.Helper()
	s, err := w.core.CoreV1().Secrets(w.namespace).Get(t.Context(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "none"
	}
	require.NoError(t, err)
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(s.Data)) {
		parts = append(parts, fmt.Sprintf("%s=%s", key, s.Data[key]))
	}
	text := "`" + strings.Join(parts, " ") + "`"
	if controller := metav1.GetControllerOf(s); controller != nil && controller.Name == name {
		text += ", owned"
	}
	return text
}
