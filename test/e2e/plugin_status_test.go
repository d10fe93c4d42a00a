package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// consumer is a Pod that uses the Secrets red, green and blue. No node will run it.
const consumer = `
apiVersion: v1
kind: Pod
metadata: {name: consumer}
spec:
  containers:
  - name: app
    image: none
    env: [{name: RED, valueFrom: {secretKeyRef: {name: red, key: value}}}]
    envFrom: [{secretRef: {name: green}}]
  volumes: [{name: v, secret: {secretName: blue}}]`

// states makes one ExternalSecret in each state, and two that are well.
func (w *world) states(t *testing.T) {
	t.Helper()
	w.threeColours(t)
	w.apply(t, consumer, externalSecret("broken", dataOf("absent")), externalSecret("unreadable", "refreshInterval: 1d, "+dataOf("red")),
		externalSecret("edited", dataOf("red")), externalSecret("forgotten", dataOf("red")),
		externalSecret("targetless", "target: {creationPolicy: Merge}, "+dataOf("red")),
		strings.Replace(secretStore("theirs", "prefix: ''"), "spec: {", "spec: {controller: theirs, ", 1))
	w.pass(t)
	w.apply(t, externalSecret("new", dataOf("red")), strings.Replace(externalSecret("foreign", dataOf("red")), "name: store", "name: theirs", 1))
	w.patch(t, "edited", `{"spec":{"target":{"name":"elsewhere"}}}`)
	_, err := w.resource(t, api.APIVersion, api.KindExternalSecret, w.namespace).Patch(t.Context(), "forgotten", types.MergePatchType,
		[]byte(`{"status":{"refreshTime":"2020-01-01T00:00:00Z"}}`), metav1.PatchOptions{}, "status")
	require.NoError(t, err)
	w.change(t, "blue", func(s *corev1.Secret) { s.Data["value"] = []byte("drifted") })
}

func TestStatusTellsTheStatesApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	w.states(t)
	w.aws.ResetCounters(t)
	r := w.plugin(t, "status", "-o", "json")
	require.Zero(t, r.Code, r.Stderr)
	var list struct {
		APIVersion, Kind string
		Items            []struct {
			Metadata                             struct{ Name string }
			State, Reason, Message, LastSync     string
			Due                                  bool
			SecretName, RefreshInterval, NextDue string
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &list), r.Stdout)
	assert.Equal(t, "externalsecret.kubectl/v1", list.APIVersion)
	states := map[string]string{}
	for _, item := range list.Items {
		states[item.Metadata.Name] = item.State + " " + item.Reason
		if strings.HasPrefix(states[item.Metadata.Name], "Synced") {
			assert.NotEmpty(t, item.LastSync)
			assert.NotEmpty(t, item.NextDue)
			assert.False(t, item.Due)
			assert.Equal(t, item.Metadata.Name, item.SecretName)
		}
	}
	assert.Equal(t, map[string]string{
		"red": "Synced SecretSynced", "green": "Synced SecretSynced", "blue": "Synced SecretSynced",
		"broken": "Failed SecretSyncedError", "unreadable": "Failed Invalid", "new": "NeverSynced NeverSynced",
		"edited": "Stale Changed", "forgotten": "Stale Overdue", "foreign": "Skipped OtherClass", "targetless": "Skipped SecretMissing",
	}, states)
	assert.Zero(t, w.aws.Counters(t).Total(), "no provider is asked")

	table := w.plugin(t, "status").Stdout
	lines := strings.Split(strings.TrimSuffix(table, "\n"), "\n")
	require.Len(t, lines, 1+len(states), table)
	assert.Equal(t, []string{"NAME", "STORE", "INTERVAL", "LAST", "SYNC", "NEXT", "DUE", "STATE", "REASON"}, strings.Fields(lines[0]))
	assert.Regexp(t, `(?m)^red +store +1h0m0s +\S+ +in \S+ +Synced`, table)
	assert.Regexp(t, `(?m)^broken +store .* Failed +.*ResourceNotFoundException`, table)

	limited := w.pluginIn(t, w.as(t, "reader", "read"), "status", "-o", "name")
	assert.Zero(t, limited.Code, limited.Stderr)
	assert.Len(t, strings.Fields(limited.Stdout), len(states), "a list needs no right to read Secrets")
}

func TestStatusOfOneNameShowsTheWholeChain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	w.states(t)
	for name, says := range map[string][]string{
		"red": {"State: Synced", "SecretStore store", "Provider: aws", "Ready: True, SecretSynced", "Secret red", "Owner: ExternalSecret red",
			"as the last sync left it", "value: 1 byte", `value: spec.data[0], SecretStore/store, remote key "red"`, "└─ Secret red",
			"Refreshed by: CronJob " + w.namespace + "/externalsecret-runner", "consumer Pending env", "Normal Created", "secret created"},
		"green": {"State: Synced", "consumer Pending env"},
		"blue":  {"State: Stale", "Secret blue", "value: 7 bytes", "consumer Pending volume"},
		"broken": {"State: Failed", "ResourceNotFoundException", "It does not exist.", "Warning UpdateFailed",
			"Cause: ", "Fix: ", "More: kubectl externalsecret explain broken -n " + w.namespace},
		"foreign": {"State: Skipped", "SecretStore theirs", "Class: theirs"},
		"new":     {"State: NeverSynced", "Last sync: <never>"},
	} {
		r := w.plugin(t, "status", name)
		require.Zero(t, r.Code, r.Stderr)
		text := strings.Join(strings.Fields(r.Stdout), " ") // columns are as wide as they must be
		for _, want := range says {
			assert.Contains(t, text, want, name)
		}
	}
	assert.NotContains(t, w.plugin(t, "status", "blue").Stdout, "drifted")

	w.delete(t, "red")
	gone := w.plugin(t, "status", "red").Stdout
	assert.Contains(t, gone, "Stale")
	assert.Contains(t, gone, "It does not exist.")

	r := w.plugin(t, "status", "absent")
	assert.Equal(t, 1, r.Code)
	assert.Empty(t, r.Stdout)
	assert.Equal(t, "Error from server (NotFound): externalsecrets.external-secrets.io \"absent\" not found\n", r.Stderr)
}

func TestStatusGoesOnWherePartOfTheChainMayNotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.states(t)
	r := w.pluginIn(t, w.as(t, "reader", "read"), "status", "red")
	require.Zero(t, r.Code, r.Stderr)
	for _, says := range []string{"ExternalSecret red", "SecretStore store", "Secret red", "forbidden"} {
		assert.Contains(t, r.Stdout, says)
	}
}

func TestStatusWatchesChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.withRunner(t)
	w.threeColours(t)
	p := w.startProgram(t, pluginPath(t), "status", "-w", "--namespace", w.namespace, "--no-headers")
	shown := func(name, state string) func() bool {
		return func() bool {
			for line := range strings.Lines(p.Out()) {
				if fields := strings.Fields(line); len(fields) > 0 && fields[0] == name && strings.Contains(line, " "+state+" ") {
					return true
				}
			}
			return false
		}
	}
	until(t, "red is shown as it is", shown("red", "NeverSynced"))
	require.Zero(t, w.plugin(t, "refresh", "red").Code)
	until(t, "red is shown as it has become", shown("red", "Synced"))
	assert.False(t, shown("blue", "Synced")())
}
