package completion

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

const (
	program     = "kubectl-externalsecret"
	wrapperName = "kubectl_complete-externalsecret"

	// mark is in every wrapper that install has written.
	mark = "kubectl externalsecret completion"

	// wrapper is the program that kubectl asks. It asks nobody anything, and says nothing but the words.
	wrapper = `#!/bin/sh
# Made by "` + mark + `": kubectl asks it how the words of "kubectl externalsecret" go on.
exec ` + program + ` __complete "$@" </dev/null 2>/dev/null
`
)

const installLong = `
Put the program that kubectl asks to complete "kubectl externalsecret", kubectl_complete-externalsecret, into a directory on your PATH:
one that --dir names or, without it, the first of these that you may write to:

    where that program is already, if this command has put it there
    beside the plugin itself
    a directory of your PATH that is below your home directory

Krew's bin directory comes last: with a program there, and no plugin left, krew refuses to work. A program of the same name that this
command has not made is left alone. kubectl completes plugins from version 1.26 on, in shells for which its own completion is set up: see
"kubectl completion --help". To take it away again, delete the file.`

const installExample = `
# Complete "kubectl externalsecret" in every shell for which kubectl's completion is set up
kubectl externalsecret completion install

# Put it into a directory of your choice
kubectl externalsecret completion install --dir="$HOME/bin"`

// newInstallCommand makes `completion install`.
func newInstallCommand(streams genericiooptions.IOStreams) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:     "install",
		Short:   "Let kubectl complete the words of this plugin",
		Long:    installLong,
		Example: installExample,
		Args:    scope.NoArguments,
		RunE:    func(*cobra.Command, []string) error { return install(dir, streams) },
	}
	cmd.Flags().StringVar(&dir, "dir", dir, "Directory to put it into, which should be on your PATH.")
	_ = cmd.RegisterFlagCompletionFunc("dir", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)) // the flag is there
	return cmd
}

// install writes the wrapper and says where.
func install(dir string, streams genericiooptions.IOStreams) error {
	if runtime.GOOS == "windows" {
		return errors.New(`kubectl can't be made to complete plugins by a script on Windows; for the program kubectl-externalsecret by itself ` +
			`there is "kubectl externalsecret completion powershell"`)
	}
	var path, did string
	var err error
	if dir != "" {
		path, did, err = put(dir)
	} else {
		path, did, err = putAnywhere()
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(streams.Out, path, did)
	if into := filepath.Dir(path); isKrews(into) {
		fmt.Fprintf(streams.ErrOut, "Warning: %s is krew's: delete the program before you have krew uninstall its last plugin, "+
			"or krew says that it is outdated.\n", into)
	}
	switch found, err := exec.LookPath(wrapperName); {
	case err != nil:
		fmt.Fprintf(streams.ErrOut, "Warning: %s is not on your PATH, so that kubectl does not find the program.\n", filepath.Dir(path))
	case !same(found, path):
		fmt.Fprintf(streams.ErrOut, "Warning: kubectl finds %s, which is earlier on your PATH.\n", found)
	default:
		fmt.Fprintln(streams.ErrOut, `kubectl asks it in every shell for which its own completion is set up: see "kubectl completion --help".`)
	}
	return nil
}

// same tells whether two paths are of one file.
func same(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// putAnywhere puts the wrapper into the first directory that takes it.
func putAnywhere() (path, did string, err error) {
	var refused []error
	for _, dir := range directories() {
		path, did, err = put(dir)
		var access *fs.PathError
		if !errors.As(err, &access) {
			return path, did, err
		}
		refused = append(refused, err)
	}
	return "", "", fmt.Errorf("no directory was found to put it into: name one that is on your PATH with --dir: %w",
		cmp.Or(errors.Join(refused...), errors.New("neither the plugin nor a directory below your home directory is on your PATH")))
}

// directories are those in which the wrapper is looked for and may be put, the best first.
func directories() []string {
	var there, dirs []string
	if path, err := exec.LookPath(wrapperName); err == nil {
		there = append(there, filepath.Dir(path))
	}
	if path, err := exec.LookPath(program); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	if home, err := os.UserHomeDir(); err == nil {
		for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
			if inside, err := filepath.Rel(home, dir); err == nil && filepath.IsLocal(inside) {
				dirs = append(dirs, dir)
			}
		}
	}
	krews := slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool { return !isKrews(dir) })
	return slices.Concat(there, slices.DeleteFunc(dirs, isKrews), krews)
}

// isKrews tells whether a directory is where krew links its plugins. Krew takes whatever else is there for a plugin of before it kept
// receipts, and where it has no receipt at all it refuses to do anything.
func isKrews(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, "..", "receipts"))
	return err == nil && info.IsDir() && filepath.Base(dir) == "bin"
}

// put writes the wrapper into a directory, at once as a whole, and tells what it did. What somebody else has written stays.
func put(dir string) (path, did string, err error) {
	path = filepath.Join(dir, wrapperName)
	did = "created"
	_, unusable := exec.LookPath(path)
	switch there, err := os.ReadFile(path); { //nolint:gosec // the directory is the caller's to choose, and nothing of the file is shown
	case err == nil && unusable == nil && string(there) == wrapper:
		return path, "unchanged", nil
	case err == nil && strings.Contains(string(there), mark):
		did = "updated"
	case err == nil:
		return "", "", fmt.Errorf("%s was not made by this command: delete it first, or name another directory with --dir", path)
	case !errors.Is(err, fs.ErrNotExist):
		return "", "", fmt.Errorf("look for an earlier program: %w", err)
	}
	file, err := os.CreateTemp(dir, "."+wrapperName+"-")
	if err != nil {
		return "", "", unwritable(dir, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // what matters is the error before
		}
	}()
	_, err = file.WriteString(wrapper)
	if err := cmp.Or(err, file.Chmod(0o755), file.Close()); err != nil {
		return "", "", fmt.Errorf("write the program: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return "", "", fmt.Errorf("write the program: %w", err)
	}
	return path, did, nil
}

// unwritable says of a directory, and not of a file that nobody knows of, why it can't be written to.
func unwritable(dir string, err error) error {
	var access *fs.PathError
	if errors.As(err, &access) {
		err = access.Err
	}
	return &fs.PathError{Op: "write to", Path: dir, Err: err}
}
