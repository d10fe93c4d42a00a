//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/node"
)

// loadOptions are the flags of load.
type loadOptions struct {
	dir           string // of the cluster
	image         string // a tarball, or
	program, name string // an executable and the name of the image to make of it
}

// load puts images on the node of a running cluster.
func load(ctx context.Context, opts loadOptions) error {
	fromProgram := opts.program != "" && opts.name != ""
	if opts.dir == "" || (opts.image != "") == fromProgram {
		return fmt.Errorf("load needs --dir, and --image or --program with --name: %w", errUsage)
	}
	tools, err := node.FindTools()
	if err != nil {
		return err
	}
	if opts.image != "" {
		return node.Load(ctx, tools, opts.dir, opts.image)
	}
	file, err := os.CreateTemp("", "image-*.tar")
	if err != nil {
		return fmt.Errorf("make an image: %w", err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // a temporary file
	if err := errors.Join(node.WriteImage(file, opts.name, opts.program), file.Close()); err != nil {
		return err
	}
	return node.Load(ctx, tools, opts.dir, file.Name())
}
