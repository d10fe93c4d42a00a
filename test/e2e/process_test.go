package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// process is a program under way, for tests that interfere with it.
type process struct {
	cmd            *exec.Cmd
	stdout, stderr output
}

// output is what a program has printed so far.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String is what was written.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// out is what is on standard output so far.
func (p *process) out() string { return p.stdout.String() }

// start starts the runner on the world's namespace as pass does, and does not wait for it.
func (w *world) start(t *testing.T) *process {
	t.Helper()
	return w.startProgram(t, runner(t), "--namespaces", w.namespace, "--report", "full")
}

// startProgram starts a program; it is killed with the test if it still runs then.
func (w *world) startProgram(t *testing.T, bin string, args ...string) *process {
	t.Helper()
	return w.startIn(t, nil, bin, args...)
}

// startIn is startProgram with more in the environment.
func (w *world) startIn(t *testing.T, environment []string, bin string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(bin, args...)}
	p.cmd.Env = append(append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, w.environment()...), environment...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // no matter if it has ended
		_ = p.cmd.Wait()         // nor how
	})
	return p
}

// wait waits for the end.
func (p *process) wait(t *testing.T) harness.Result {
	t.Helper()
	_ = p.cmd.Wait() // how it ended is in the state
	return harness.Result{Stdout: p.stdout.String(), Stderr: p.stderr.String(), Code: p.cmd.ProcessState.ExitCode()}
}

// signal sends a signal, if the program still runs.
func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	err := p.cmd.Process.Signal(s)
	require.True(t, err == nil || errors.Is(err, os.ErrProcessDone), "%v", err)
}

// untilAsked waits until AWS has begun to be asked: by then the cluster has been read.
func (w *world) untilAsked(t *testing.T) {
	t.Helper()
	until(t, "AWS is asked", func() bool { return w.aws.Counters(t).Total() > 0 })
}
