package diff

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// ExternalDiff is the environment variable that names a program in place of diff, and its arguments, as it does for kubectl diff.
const ExternalDiff = "KUBECTL_EXTERNAL_DIFF"

// patience is how long a program that was asked to stop may go on.
const patience = 2 * time.Second

// program compares two directories, and says by its exit code whether they differ, as diff does.
type program struct {
	path string
	args []string
}

// findProgram finds the program that external, the value of ExternalDiff, names, or diff. Its words are divided by spaces; no
// shell reads it.
func findProgram(external string) (*program, error) {
	words, remedy := strings.Fields(external), "correct "+ExternalDiff
	if len(words) == 0 {
		words, remedy = []string{"diff", "-u", "-N"}, "install it (GNU diffutils has it), or name another program in "+ExternalDiff
	}
	path, err := exec.LookPath(words[0])
	if err != nil {
		return nil, fmt.Errorf("the program %q, which is to show the differences, can't be run: %w: %s", words[0], errors.Unwrap(err), remedy)
	}
	return &program{path: path, args: words[1:]}, nil
}

// differ runs the program on two directories, and tells whether it found them different. What it prints is for a person.
func (p *program) differ(ctx context.Context, live, merged string, streams genericiooptions.IOStreams) (bool, error) {
	cmd := exec.CommandContext(ctx, p.path, append(p.args, live, merged)...) //nolint:gosec // whose environment it is decides
	cmd.Stdin, cmd.Stdout, cmd.Stderr = streams.In, streams.Out, streams.ErrOut
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = patience
	err := cmd.Run()
	var status *exec.ExitError
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &status) && status.ExitCode() == different:
		return true, nil
	default:
		return false, fmt.Errorf("run %q: %w", p.path, err)
	}
}
