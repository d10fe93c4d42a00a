//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/controlplane"
)

// errStdinClosed says that whoever started the cluster is gone, or needs it no longer.
var errStdinClosed = errors.New("standard input was closed")

// upOptions are the flags of up.
type upOptions struct {
	dir         string // empty: a temporary directory
	node        bool   // with a node, in a sandbox
	detach      bool   // run in the background
	ignoreStdin bool   // run until a signal, whatever becomes of standard input
}

// up runs a cluster. It prints its controlplane.Info when it is ready and returns when it has been stopped.
func up(ctx context.Context, opts upOptions, std streams) (err error) {
	if opts.detach {
		return upDetached(ctx, opts, std)
	}
	if !opts.ignoreStdin {
		// From the very start: a build of minutes, too, is of no use to someone who is gone.
		ctx = untilClosed(ctx, std.in)
	}
	if opts.node {
		return upNode(ctx, opts.dir, std)
	}
	set, err := executables(ctx, false, std)
	if err != nil {
		return err
	}
	dir, release, err := claim(opts.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()

	plane, err := controlplane.Start(ctx, set, controlplane.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	return serve(ctx, plane, std)
}

// serve says that the cluster is ready, and returns when it is no longer wanted or a server has ended by itself. Until then it
// takes commands.
func serve(ctx context.Context, plane *controlplane.ControlPlane, std streams) error {
	stop, err := takeCommands(plane)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(std.out).Encode(plane.Info); err != nil {
		return errors.Join(fmt.Errorf("say that the cluster is ready: %w", err), stop())
	}
	return errors.Join(plane.Wait(ctx), stop())
}

// untilClosed is a context that ends when in is at its end.
func untilClosed(parent context.Context, in io.Reader) context.Context {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		// A read that fails means the same as one that finds the end.
		_, _ = io.Copy(io.Discard, in)
		cancel(errStdinClosed)
	}()
	return ctx
}
