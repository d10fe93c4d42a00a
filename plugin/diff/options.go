package diff

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
)

// The exit codes, which are those of diff.
const (
	different = 1
	trouble   = 2
)

// Options are resolved flags.
type Options struct {
	// Config is the pass; what it compares with is set by Run.
	Config core.Config
	// External is the value of the environment variable ExternalDiff.
	External string
	// ShowSecrets shows values as they are.
	ShowSecrets bool
	// ShowNamespaces tells the namespace of each ExternalSecret.
	ShowNamespaces bool
	Streams        genericiooptions.IOStreams
}

// Run makes the pass and has a program show what it would change. The error has the exit code.
func (o *Options) Run(ctx context.Context) (err error) {
	program, err := findProgram(o.External)
	if err != nil {
		return err
	}
	trees, err := newTrees()
	if err != nil {
		return fmt.Errorf("make a directory for what is compared: %w", err)
	}
	defer func() { err = errors.Join(err, trees.remove()) }()
	// At once when it is stopped, and not when all has ended: a second signal ends the process where it is.
	stop := context.AfterFunc(ctx, func() { _ = trees.remove() }) // it is tried again, and told then
	defer stop()

	comparison := &comparison{trees: trees, masker: newMasker(o.ShowSecrets)}
	config := o.Config
	config.Compare = comparison.add
	report, err := core.Sync(ctx, config)
	differ := false
	if err == nil && ctx.Err() == nil && !trees.empty() {
		differ, err = program.differ(ctx, trees.live, trees.merged, o.Streams)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err == nil:
		err = trees.remove() // before anything is told, which may end the process where nobody reads
	}
	if err != nil {
		return err
	}
	o.tell(report, comparison.random)
	switch {
	case report.Failed():
		return exit.Silent(trouble)
	case differ:
		return exit.Silent(different)
	default:
		return nil
	}
}
