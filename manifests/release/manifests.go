package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const imageRepository = "ghcr.io/kubectl-externalsecret/externalsecret-runner"

// imageTag is the version as a tag can be: it has no plus.
func (r *release) imageTag() string { return strings.ReplaceAll(r.version, "+", "_") }

// manifests writes the CRDs alone, and what `install` applies, each as a file.
func (r *release) manifests(ctx context.Context) error {
	paths, err := filepath.Glob(filepath.Join(r.top, "manifests", "crds", "*.yaml"))
	if err != nil {
		return fmt.Errorf("look for CRDs: %w", err)
	}
	var crds bytes.Buffer
	for _, path := range paths {
		content, err := os.ReadFile(path) //nolint:gosec // the repository's
		if err != nil {
			return fmt.Errorf("read a CRD: %w", err)
		}
		crds.WriteString("---\n")
		crds.Write(bytes.TrimPrefix(content, []byte("---\n")))
	}
	if err := r.write("crds.yaml", crds.Bytes()); err != nil {
		return err
	}
	program, err := r.compile(ctx, platform{runtime.GOOS, runtime.GOARCH})
	if err != nil {
		return err
	}
	exported, err := command(ctx, r.top, nil, program, "install", "--export", "--image="+imageRepository+":"+r.imageTag())
	if err != nil {
		return fmt.Errorf("export what is installed: %w", err)
	}
	return r.write("install.yaml", exported)
}
