package install_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// operator is a Deployment like External Secrets Operator's, in a cluster where no Pod runs.
const operator = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: eso, namespace: operators, labels: {app.kubernetes.io/name: external-secrets}}
spec:
  selector: {matchLabels: {app: eso}}
  template:
    metadata: {labels: {app: eso}}
    spec: {containers: [{name: eso, image: example.com/eso:v2.9.0, args: [--controller-class=default, --concurrent=1]}]}`

const stores = `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: any}
spec: {provider: {fake: {data: [{key: a, value: x}]}}}
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: batch}
spec: {controller: batch, provider: {fake: {data: [{key: a, value: x}]}}}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: of-any}
spec: {secretStoreRef: {name: any}, data: [{secretKey: a, remoteRef: {key: a}}]}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: of-batch}
spec: {secretStoreRef: {name: batch}, data: [{secretKey: a, remoteRef: {key: a}}]}`

func TestWhoRefreshesIsChosenByWhoAnswers(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", "--controller-class=batch")
	i.Kubectl(t, "", "create", "namespace", "via")
	i.Kubectl(t, "", "create", "namespace", "operators")
	i.Kubectl(t, stores, "apply", "-n", "via", "-f", "-")
	i.Kubectl(t, "", "delete", "cronjob", "externalsecret-runner", "-n", "externalsecret-system")

	r := i.run(t, "refresh", "of-any", "-n", "via")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "of-any created", "nobody else is there")
	assert.NotContains(t, r.Stderr, "--via=local")

	i.well(t, "install", "--controller-class=batch")
	r = i.run(t, "refresh", "of-batch", "-n", "via", "--timeout=3s")
	assert.Equal(t, 124, r.Code, r.Stdout+r.Stderr)
	assert.Contains(t, r.Stderr, "1 ExternalSecret by the runner (CronJob externalsecret-system/externalsecret-runner): --via=local does it here")
	assert.Contains(t, r.Stderr, "job.batch/externalsecret-runner-manual-")
	assert.Empty(t, i.Kubectl(t, "", "get", "jobs", "-n", "externalsecret-system", "-o", "jsonpath={.items[?(@.metadata.deletionTimestamp==null)].metadata.name}"), "it is stopped with the command")

	i.Kubectl(t, operator, "apply", "-f", "-")
	i.Kubectl(t, "", "wait", "--for=create", "pod", "-l", "app=eso", "-n", "operators", "--timeout=30s")
	pod := i.Kubectl(t, "", "get", "pods", "-n", "operators", "-o", "jsonpath={.items[0].metadata.name}")
	i.Kubectl(t, "", "patch", "pod", pod, "-n", "operators", "--subresource=status", "--type=merge",
		"-p", `{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}`) // there is no node that would say so
	i.Kubectl(t, "", "wait", "--for=condition=Available", "deployment/eso", "-n", "operators", "--timeout=30s")
	r = i.run(t, "refresh", "--all", "-n", "via", "--timeout=4s")
	assert.Equal(t, 124, r.Code, r.Stdout+r.Stderr)
	assert.Contains(t, r.Stderr, "1 ExternalSecret by the controller (Deployment operators/eso): --via=local does it here")
	assert.Contains(t, r.Stderr, "1 ExternalSecret by the runner")
	assert.NotEmpty(t, i.Kubectl(t, "", "get", "externalsecret", "of-any", "-n", "via", "-o", "jsonpath={.metadata.annotations.force-sync}"))

	dry := i.run(t, "refresh", "of-any", "-n", "via", "--dry-run=client")
	assert.Zero(t, dry.Code, dry.Stderr)
	assert.Contains(t, dry.Stdout, "of-any updated (metadata changed) (dry run)", "a dry run is made here")
	local := i.run(t, "refresh", "of-any", "-n", "via", "--via=local")
	assert.Zero(t, local.Code, local.Stderr)

	// Who may start no Job has the runner left out, and is told so.
	i.Kubectl(t, "", "create", "clusterrolebinding", "via", "--clusterrole=view", "--serviceaccount=via:reader")
	defer i.Kubectl(t, "", "delete", "clusterrolebinding", "via")
	limited := i.ServiceAccountKubeconfig(t, "via", "reader")
	r = i.run(t, "refresh", "of-batch", "-n", "via", "--kubeconfig="+limited, "--controller-class=batch")
	assert.Contains(t, r.Stderr, "Note: the runner in namespace externalsecret-system is not asked, since you may not create Jobs there")

	i.Kubectl(t, "", "delete", "deployment", "eso", "-n", "operators")
	require.NotContains(t, strings.Join(i.named(t, "cronjobs"), " "), "eso")
}
