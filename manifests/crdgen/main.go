// Command crdgen writes the CRDs in manifests/crds from the types in core/api and below it. Run it in its own folder:
//
//	go run -C manifests/crdgen .
//
// It is a module of its own, so that what it needs stays out of the product's. What the fields are and which values they
// take is said by markers in core/api; only what markers can't say stands here.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Where things are, seen from this folder.
const (
	moduleDir = "../.."
	outputDir = "../crds"
	// Without an extension kubectl apply -f crds does not take it for an object, and kustomize finds it all the same.
	kustomizationFile = "Kustomization"
)

// apiPackages are the packages of the types, one for each group of the API.
func apiPackages() []string { return []string{"./core/api", "./core/api/generators"} }

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "crdgen:", err)
		os.Exit(1)
	}
}

func run() error {
	files, err := generate(apiPackages()...)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(outputDir, name), content, 0o644); err != nil { //nolint:gosec // as readable as every other file of the repository
			return fmt.Errorf("write a CRD: %w", err)
		}
	}
	if err := os.WriteFile(filepath.Join(outputDir, kustomizationFile), kustomization(files), 0o644); err != nil { //nolint:gosec // the same
		return fmt.Errorf("write the list of CRDs: %w", err)
	}
	return nil
}

// kustomization lists the CRDs for kustomize.
func kustomization(files map[string][]byte) []byte {
	text := header + "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text += "- " + name + "\n"
	}
	return []byte(text)
}
