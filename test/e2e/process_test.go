package e2e_test

import (
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// start starts the runner on the world's namespace as pass does, and does not wait for it.
func (w *world) start(t *testing.T) *harness.Process {
	t.Helper()
	return w.startProgram(t, runner(t), "--namespaces", w.namespace, "--report", "full")
}

// startProgram starts a program; it is killed with the test if it still runs then.
func (w *world) startProgram(t *testing.T, bin string, args ...string) *harness.Process {
	t.Helper()
	return w.startIn(t, nil, bin, args...)
}

// startIn is startProgram with more in the environment.
func (w *world) startIn(t *testing.T, environment []string, bin string, args ...string) *harness.Process {
	t.Helper()
	return harness.Start(t, append(w.environment(), environment...), bin, args...)
}

// untilAsked waits until AWS has begun to be asked: by then the cluster has been read.
func (w *world) untilAsked(t *testing.T) {
	t.Helper()
	until(t, "AWS is asked", func() bool { return w.aws.Counters(t).Total() > 0 })
}
