// Command generate writes docs/reference: a page for each command of the plugin and one for the runner, from their own flags
// and help texts, and one for what doctor finds. It also writes docs/failures.md, the failures that explain knows. `make generate` runs it
// at the top of the repository. What is explained at length is written by hand, in the other pages of docs; here is only what the programs say of themselves.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// reference is the folder of the generated pages.
const reference = "docs/reference"

// failures is the page of the failures that are known.
const failures = "docs/failures.md"

func main() {
	if err := errors.Join(write(reference), writeFailures(failures)); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// pages are all pages by file name. They are the same on every machine.
func pages() (map[string]string, error) {
	plugin := pluginPages()
	runner, err := runnerPage()
	if err != nil {
		return nil, err
	}
	plugin["externalsecret-runner.md"] = runner
	plugin["doctor-findings.md"] = findingsPage()
	return plugin, nil
}

// write replaces the pages in dir, and removes those of commands that are no more.
func write(dir string) error {
	made, err := pages()
	if err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return fmt.Errorf("find the old pages: %w", err)
	}
	for _, path := range old {
		if _, ok := made[filepath.Base(path)]; !ok {
			err = errors.Join(err, os.Remove(path))
		}
	}
	if err := errors.Join(err, os.MkdirAll(dir, 0o755)); err != nil { //nolint:gosec // documentation is for everybody
		return fmt.Errorf("prepare %s: %w", dir, err)
	}
	for name, text := range made {
		if err := writePage(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

func writeFailures(path string) error {
	text, err := failuresPage()
	if err != nil {
		return err
	}
	return writePage(path, text)
}

func writePage(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // documentation is for everybody
		return fmt.Errorf("write a page: %w", err)
	}
	return nil
}
