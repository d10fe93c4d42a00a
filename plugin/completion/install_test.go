package completion

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// place is a home directory, a PATH with a plugin, and what installing said.
type place struct{ home, plugin string }

func newPlace(t *testing.T) place {
	t.Helper()
	p := place{home: t.TempDir(), plugin: t.TempDir()}
	require.NoError(t, os.Mkdir(filepath.Join(p.home, "bin"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(p.plugin, program), []byte("#!/bin/sh\n"), 0o755))
	t.Setenv("HOME", p.home)
	t.Setenv("PATH", p.plugin+string(filepath.ListSeparator)+filepath.Join(p.home, "bin"))
	return p
}

// install installs and returns what was said, the directories of the place by their names.
func (p place) install(dir string) (out, errOut string, err error) {
	streams, _, o, e := genericiooptions.NewTestIOStreams()
	err = install(dir, streams)
	names := strings.NewReplacer(p.home, "HOME", p.plugin, "PLUGIN")
	return names.Replace(o.String()), names.Replace(e.String()), err
}

func TestWrapperIsPutBesideThePluginOnce(t *testing.T) {
	p := newPlace(t)
	for _, did := range []string{"created", "unchanged"} {
		out, errOut, err := p.install("")
		require.NoError(t, err)
		assert.Equal(t, "PLUGIN/kubectl_complete-externalsecret "+did+"\n", out)
		assert.Contains(t, errOut, `see "kubectl completion --help"`)
	}
	path := filepath.Join(p.plugin, wrapperName)
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o755), info.Mode().Perm())
	left, err := filepath.Glob(filepath.Join(p.plugin, ".*"))
	require.NoError(t, err)
	assert.Empty(t, left)

	for name, spoil := range map[string]func() error{
		"an earlier version":    func() error { return os.WriteFile(path, []byte("#!/bin/sh\n# "+mark+"\n"), 0o755) },
		"one that does not run": func() error { return os.Chmod(path, 0o644) },
	} {
		require.NoError(t, spoil())
		out, _, err := p.install("")
		require.NoError(t, err)
		assert.Equal(t, "PLUGIN/kubectl_complete-externalsecret updated\n", out, name)
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, wrapper, string(kept))
	}
}

func TestWrapperStaysWhereItIs(t *testing.T) {
	p := newPlace(t)
	out, _, err := p.install(filepath.Join(p.home, "bin"))
	require.NoError(t, err)
	assert.Equal(t, "HOME/bin/kubectl_complete-externalsecret created\n", out)
	out, _, err = p.install("")
	require.NoError(t, err)
	assert.Equal(t, "HOME/bin/kubectl_complete-externalsecret unchanged\n", out)
}

func TestWrapperIsPutBelowHomeWhereThePluginIsNoPlace(t *testing.T) {
	p := newPlace(t)
	gone := filepath.Join(p.home, "gone")
	t.Setenv("PATH", "/usr/bin"+string(filepath.ListSeparator)+gone+string(filepath.ListSeparator)+filepath.Join(p.home, "bin"))
	out, _, err := p.install("")
	require.NoError(t, err)
	assert.Equal(t, "HOME/bin/kubectl_complete-externalsecret created\n", out)

	t.Setenv("PATH", gone)
	_, _, err = p.install("")
	require.ErrorContains(t, err, "name one that is on your PATH with --dir: write to "+gone+": no such file or directory")
	t.Setenv("PATH", "/usr/bin")
	_, _, err = p.install("")
	require.ErrorContains(t, err, "neither the plugin nor a directory below your home directory is on your PATH")
}

// Krew takes a program in its bin directory for a plugin of before there were receipts, and if it has no receipt at all refuses to do
// anything, as after its last plugin was uninstalled.
func TestWrapperIsPutIntoKrewsDirectoryOnlyWhereThereIsNoOther(t *testing.T) {
	p := newPlace(t)
	krews := filepath.Join(p.home, ".krew", "bin")
	require.NoError(t, os.MkdirAll(filepath.Join(p.home, ".krew", "receipts"), 0o755))
	require.NoError(t, os.Rename(p.plugin, krews))
	t.Setenv("PATH", krews+string(filepath.ListSeparator)+filepath.Join(p.home, "bin"))
	out, errOut, err := p.install("")
	require.NoError(t, err)
	assert.Equal(t, "HOME/bin/kubectl_complete-externalsecret created\n", out)
	assert.NotContains(t, errOut, "krew")

	require.NoError(t, os.RemoveAll(filepath.Join(p.home, "bin")))
	t.Setenv("PATH", krews)
	for _, did := range []string{"created", "unchanged"} {
		out, errOut, err = p.install("")
		require.NoError(t, err)
		assert.Equal(t, "HOME/.krew/bin/kubectl_complete-externalsecret "+did+"\n", out)
		assert.Contains(t, errOut, "Warning: HOME/.krew/bin is krew's: delete the program before you have krew uninstall its last plugin, "+
			"or krew says that it is outdated.\n")
	}
}

func TestForeignProgramIsLeftAlone(t *testing.T) {
	p := newPlace(t)
	path := filepath.Join(p.plugin, wrapperName)
	const foreign = "#!/bin/sh\necho mine\n"
	require.NoError(t, os.WriteFile(path, []byte(foreign), 0o755))
	out, _, err := p.install("")
	require.ErrorContains(t, err, path+" was not made by this command: delete it first, or name another directory with --dir")
	assert.Empty(t, out)
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, foreign, string(kept))

	_, errOut, err := p.install(filepath.Join(p.home, "bin"))
	require.NoError(t, err)
	assert.Equal(t, "Warning: kubectl finds PLUGIN/kubectl_complete-externalsecret, which is earlier on your PATH.\n", errOut)
}

func TestDirectoryThatKubectlDoesNotSearchIsToldOf(t *testing.T) {
	p := newPlace(t)
	out, errOut, err := p.install(p.home)
	require.NoError(t, err)
	assert.Equal(t, "HOME/kubectl_complete-externalsecret created\n", out)
	assert.Equal(t, "Warning: HOME is not on your PATH, so that kubectl does not find the program.\n", errOut)

	_, _, err = p.install(filepath.Join(p.home, "nowhere"))
	require.EqualError(t, err, "write to "+filepath.Join(p.home, "nowhere")+": no such file or directory")
}
