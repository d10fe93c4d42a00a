package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Result is what a program has printed, and its exit code.
type Result struct {
	Stdout, Stderr string
	Code           int // 0 is success; -1 says that a signal ended it
}

// Run runs a program to its end, with an empty standard input, and returns what came of it, a failure being for the caller to
// judge. A program that can't be started fails the test. env, of the form NAME=value, is nearly all of its environment: of the
// test's own it gets PATH, TMPDIR and GOCOVERDIR, so that no credentials or settings of the person at the keyboard take part.
// HOME is an empty directory unless env has one.
func Run(t testing.TB, env []string, bin string, args ...string) Result {
	t.Helper()
	result, err := execute(t.Context(), command{bin: bin, args: args, env: append([]string{"HOME=" + t.TempDir()}, env...)})
	require.NoError(t, err)
	return result
}

// command is a program to run to its end.
type command struct {
	bin   string
	args  []string
	env   []string // besides what every program gets; of two with one name the later counts
	stdin string
}

// execute runs a command. The error is for one that did not run; the exit code of one that did is in the result.
func execute(ctx context.Context, c command) (Result, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.bin, c.args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(c.stdin), &stdout, &stderr
	cmd.Env = environment(c.env)
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return Result{}, fmt.Errorf("run %s: %w", c.bin, err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}, nil
}

// environment is what every program gets, and env.
func environment(env []string) []string {
	var all []string
	for _, name := range []string{"PATH", "TMPDIR", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			all = append(all, name+"="+value)
		}
	}
	return append(all, env...)
}
