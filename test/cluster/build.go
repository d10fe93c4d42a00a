//go:build unix

package main

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
)

// The pins of everything that is built, carried along so that the program works in any directory.
var (
	//go:embed go.mod
	goMod []byte
	//go:embed go.sum
	goSum []byte
)

// build makes sure that the executables exist and prints their directory.
func build(ctx context.Context, node bool, std streams) error {
	set, err := executables(ctx, node, std)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(std.out, set.Dir)
	return err
}

// executables are those of the pinned release, with or without what only a node runs, in the user's cache directory.
func executables(ctx context.Context, node bool, std streams) (assets.Set, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return assets.Set{}, fmt.Errorf("find the user's cache directory: %w", err)
	}
	found := os.Getenv(assets.FoundDirEnv)
	if found != "" {
		if found, err = filepath.Abs(found); err != nil {
			return assets.Set{}, fmt.Errorf("find %s: %w", assets.FoundDirEnv, err)
		}
	}
	return assets.Ensure(ctx, assets.Config{
		GoMod:    goMod,
		GoSum:    goSum,
		CacheDir: filepath.Join(cache, "kubectl-externalsecret", "cluster"),
		FoundDir: found,
		Node:     node,
		Progress: std.err,
	})
}
