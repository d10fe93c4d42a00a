package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/node"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/sandbox"
)

// insideCommand is the command that this program runs in a sandbox.
const insideCommand = "inside"

// order is what the program outside of the sandbox tells the one inside.
type order struct {
	Slot  *sandbox.Slot
	Set   assets.Set
	Tools node.Tools
	Dir   string
}

// upNode runs a cluster with a node, all of it in a sandbox, until ctx ends.
func upNode(ctx context.Context, dir string, std streams) (err error) {
	slot, err := sandbox.Claim(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, slot.Release()) }()
	tools, err := node.FindTools()
	if err != nil {
		return err
	}
	set, err := executables(ctx, true, std)
	if err != nil {
		return err
	}
	if dir == "" {
		dir = slot.Dir
	}
	dir, release, err := claim(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	encoded, err := json.Marshal(order{slot, set, tools, dir})
	if err != nil {
		return fmt.Errorf("tell the sandbox what to run: %w", err)
	}
	return slot.Run(ctx, encoded, std.out, std.err, insideCommand)
}

// inside is what runs in the sandbox: the whole cluster.
func inside(ctx context.Context, std streams) (err error) {
	encoded, err := sandbox.Await()
	if err != nil {
		return err
	}
	var o order
	if err := json.Unmarshal(encoded, &o); err != nil {
		return fmt.Errorf("read what to run: %w", err)
	}
	if err := o.Slot.Enter(ctx); err != nil {
		return err
	}
	plane, err := node.Start(ctx, o.Set, o.Tools, o.Dir, node.Place{Address: o.Slot.Address, Pods: o.Slot.Pods})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	plane.Info.HostAddress = o.Slot.Host
	return serve(ctx, plane, std)
}
