package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// krew writes krew's manifest of the archives.
func (r *release) krew(ctx context.Context) error {
	archives, err := filepath.Abs(r.output)
	if err != nil {
		return fmt.Errorf("find the output directory: %w", err)
	}
	manifest, err := command(ctx, r.top, nil, "go", "run", "./krew", "--version", r.version, "--archives", archives)
	if err != nil {
		return fmt.Errorf("make krew's manifest: %w", err)
	}
	return r.write("externalsecret.yaml", manifest)
}

// checksums writes the checksums of all that is there, as sha256sum reads them.
func (r *release) checksums(context.Context) error {
	entries, err := os.ReadDir(r.output) // sorted
	if err != nil {
		return fmt.Errorf("list the release: %w", err)
	}
	var lines strings.Builder
	for _, entry := range entries {
		content, err := os.ReadFile(filepath.Join(r.output, entry.Name()))
		if err != nil {
			return fmt.Errorf("read %s: %w", entry.Name(), err)
		}
		fmt.Fprintf(&lines, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	return r.write("checksums.txt", []byte(lines.String()))
}
