package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// consumer is a Deployment whose Pod says what it has as the variable VALUE, and goes on.
const consumer = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: app
        image: ` + image + `
        args: [env=VALUE, sleep]
        env: [{name: VALUE, valueFrom: {secretKeyRef: {name: e0, key: value}}}]`

func TestARestartGivesPodsTheNewValue(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.LoadProgram(t, image, harness.Build(t, "./test/node/testdata/probe"))
	i.many(t, 1)
	i.well(t, i.refresh("--all")...)
	i.apply(t, consumer)
	has := func(value string) {
		t.Helper()
		i.until(t, "the one Pod that has "+value, func() bool {
			pods := i.in(t, "get", "pods", "--selector=app=app", "--output=jsonpath={.items[*].status.phase}")
			said, _ := i.KubectlErr(t, "", "logs", "--selector=app=app", "--namespace="+i.namespace)
			return pods == "Running" && strings.HasPrefix(said, "env=VALUE: "+value)
		})
		time.Sleep(1100 * time.Millisecond) // times are in whole seconds
	}
	restarts := func(want string) {
		t.Helper()
		r := i.run(t, i.refresh("--remote-key=r0", "--restart")...)
		require.Zero(t, r.Code, r.Stdout+r.Stderr)
		_, said, _ := strings.Cut(r.Stdout, "\n")
		assert.Equal(t, want, said, r.Stdout+r.Stderr)
	}
	has("value of 0")
	restarts("")

	i.aws.Put(t, "r0", "new")
	restarts("deployment.apps/app restarted (Secret e0 changed)\n")
	has("new")
	restarts("")

	i.aws.Put(t, "r0", "newer")
	i.well(t, i.refresh("--all")...)
	restarts("deployment.apps/app restarted (Pods started before Secret e0 changed)\n")
	has("newer")
	restarts("")
}
