package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rights are the rules of a Role, in YAML's flow style, by what they are for.
func rights() map[string]string {
	return map[string]string{
		"read":       `{apiGroups: [external-secrets.io], resources: [externalsecrets, secretstores], verbs: [get, list]}`,
		"generators": `{apiGroups: [generators.external-secrets.io], resources: [passwords, uuids, sshkeys, fakes], verbs: [get]}`,
		"status":     `{apiGroups: [external-secrets.io], resources: [externalsecrets/status], verbs: [patch]}`,
		"list":       `{apiGroups: [""], resources: [secrets], verbs: [list]}`,
		"get":        `{apiGroups: [""], resources: [secrets], verbs: [get]}`,
		"write":      `{apiGroups: [""], resources: [secrets], verbs: [create, update]}`,
		"users": `{apiGroups: [""], resources: [pods], verbs: [list]}, {apiGroups: [batch], resources: [jobs, cronjobs], verbs: [list]},
			{apiGroups: [apps], resources: [deployments, statefulsets, daemonsets, replicasets], verbs: [list]}`,
		"restart": `{apiGroups: [apps], resources: [deployments, statefulsets, daemonsets], verbs: [patch]}`,
		"events":  `{apiGroups: [""], resources: [events], verbs: [create, get, patch]}`,
	}
}

// as is the world's environment with the rights of a service account that has nothing but those named.
func (w *world) as(t *testing.T, account string, named ...string) []string {
	t.Helper()
	kubeconfig := w.cluster.ServiceAccountKubeconfig(t, w.namespace, account)
	if len(named) > 0 {
		var rules []string
		for _, name := range named {
			require.Contains(t, rights(), name)
			rules = append(rules, rights()[name])
		}
		w.apply(t, fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: %s}\nrules: [%s]", account, strings.Join(rules, ", ")),
			fmt.Sprintf("apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: %s}\n"+
				"roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %[1]s}\nsubjects: [{kind: ServiceAccount, name: %[1]s}]", account))
	}
	return append(w.aws.Env(), "KUBECONFIG="+kubeconfig)
}

func TestWhatTheRunnerDoesWithTheRightsItHas(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rights  []string
		code    int
		outcome string
		says    []string // in the message of a failure
		notes   []string
	}{
		"all that it uses": {
			rights: []string{"read", "status", "list", "get", "write", "events"}, outcome: "created",
		},
		"no listing of Secrets: it reads them by name": {
			rights: []string{"read", "status", "get", "write", "events"}, outcome: "created",
			notes: []string{"Secrets are read one by one", "forbidden", "list resource \"secrets\""},
		},
		"no Events: it says so and goes on": {
			rights: []string{"read", "status", "list", "get", "write"}, outcome: "created",
			notes: []string{"Event could not be written", "forbidden"},
		},
		"no writing of Secrets": {
			rights: []string{"read", "status", "list", "get", "events"}, code: 1, outcome: "failed",
			says: []string{"could not update secret", `create secret "app"`, "forbidden"},
		},
		"no reading of Secrets at all": {
			rights: []string{"read", "status", "write", "events"}, code: 1, outcome: "failed",
			says: []string{`get secret "app"`, "forbidden"}, notes: []string{"Secrets are read one by one"},
		},
		"no writing of the status": {
			rights: []string{"read", "list", "get", "write", "events"}, code: 1, outcome: "failed",
			says: []string{"patch the status", `"app"`, "forbidden"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.apply(t, awsStore, externalSecret("app", dataOf("a")))
			p := w.passIn(t, w.as(t, "limited", test.rights...))
			require.Equal(t, test.code, p.Code, "%s%s", p.Stdout, p.Stderr)
			r := p.of(t, "app")
			assert.Equal(t, test.outcome, r.Outcome)
			for _, says := range test.says {
				assert.Contains(t, r.Message, says)
			}
			if test.notes == nil {
				assert.Empty(t, p.Report.Notes)
			}
			for _, says := range test.notes {
				require.Len(t, p.Report.Notes, 1)
				assert.Contains(t, p.Report.Notes[0], says)
			}
			if test.outcome != "failed" {
				assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "app"))
				assert.Equal(t, "skipped", w.passIn(t, w.as(t, "limited")).of(t, "app").Outcome)
			}
		})
	}
}

func TestOneNamespacesRightsDoNotReachAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.another(t)
	w.aws.Put(t, "a", "1")
	other.apply(t, awsStore, externalSecret("app", dataOf("a")))
	environment := w.as(t, "limited", "read", "status", "get", "write", "events")
	p := other.passIn(t, environment)
	assert.Equal(t, 2, p.Code, "someone has to grant rights first")
	assert.Contains(t, p.Stderr, "forbidden")
	assert.Contains(t, p.Stderr, "externalsecrets")
	assert.Empty(t, p.Stdout, "no report of a pass that was not made")
	other.noSecret(t, "app")
	assert.Zero(t, w.aws.Counters(t).Total())
}
