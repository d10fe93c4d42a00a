package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/cli-runtime/pkg/resource"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/manifest"
)

// stdin is what names standard input in place of a file.
const stdin = "-"

// load reads the objects of files and directories. Each problem names its file; what could be read is there all the same.
func load(filenames []string, recursive bool, namespace string, in io.Reader) (*manifest.Objects, []error) {
	objects := manifest.New(namespace)
	var problems []error
	objects.Check = schemas{}.Check
	for _, filename := range filenames {
		paths, err := expand(filename, recursive)
		if err != nil {
			problems = append(problems, err)
		}
		for _, path := range paths {
			problems = append(problems, readFile(objects, path, in)...)
		}
	}
	return objects, problems
}

// expand lists the files that a name means: itself or, of a directory, those that hold manifests by their names.
func expand(filename string, recursive bool) ([]string, error) {
	if filename == stdin {
		return []string{stdin}, nil
	}
	info, err := os.Stat(filename)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the path %q does not exist", filename)
	case err != nil:
		return nil, err
	}
	if !info.IsDir() {
		return []string{filename}, nil
	}
	var paths []string
	err = filepath.WalkDir(filename, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != filename && !recursive:
			return fs.SkipDir
		case !entry.IsDir() && slices.Contains(resource.FileExtensions, filepath.Ext(path)):
			paths = append(paths, path)
		}
		return nil
	})
	return paths, err
}

func readFile(objects *manifest.Objects, path string, in io.Reader) []error {
	called := "standard input"
	if path != stdin {
		text, err := os.ReadFile(path) //nolint:gosec // naming files is what a person does here
		if err != nil {
			return []error{err}
		}
		called, in = path, bytes.NewReader(text)
	}
	problems := objects.Read(in)
	for i, problem := range problems {
		problems[i] = fmt.Errorf("%s: %w", called, problem)
	}
	return problems
}
