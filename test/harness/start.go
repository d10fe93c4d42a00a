package harness

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Process is a program under way, for tests that interfere with it.
type Process struct {
	cmd            *exec.Cmd
	stdout, stderr output
}

// Start starts a program as Run does, and does not wait for it. It is killed with the test if it still runs then.
func Start(t testing.TB, env []string, bin string, args ...string) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(bin, args...)}
	p.cmd.Env = environment(append([]string{"HOME=" + t.TempDir()}, env...))
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // no matter if it has ended
		_ = p.cmd.Wait()         // nor how
	})
	return p
}

// Wait waits for the end.
func (p *Process) Wait(t testing.TB) Result {
	t.Helper()
	_ = p.cmd.Wait() // how it ended is in the state
	return Result{Stdout: p.Out(), Stderr: p.Err(), Code: p.cmd.ProcessState.ExitCode()}
}

// Signal sends a signal, if the program still runs.
func (p *Process) Signal(t testing.TB, s os.Signal) {
	t.Helper()
	err := p.cmd.Process.Signal(s)
	require.True(t, err == nil || errors.Is(err, os.ErrProcessDone), "%v", err)
}

// Out is what is on standard output so far.
func (p *Process) Out() string { return p.stdout.String() }

// Err is what is on standard error so far.
func (p *Process) Err() string { return p.stderr.String() }

// Peak is how much memory a program that Wait has seen end had at most, in MiB.
func (p *Process) Peak(t testing.TB) float64 {
	t.Helper()
	used, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	require.True(t, ok)
	return float64(used.Maxrss) / 1024 // Linux counts in KiB
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
