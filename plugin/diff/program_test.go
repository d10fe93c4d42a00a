package diff

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// script makes a program of a shell's text, and puts it in the PATH.
func script(t *testing.T, name, text string) {
	t.Helper()
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text), 0o700))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
}

func TestAnExternalProgramIsRunWithItsArgumentsAndDecidesByItsExitCode(t *testing.T) {
	for name, tc := range map[string]struct {
		text, want string
		different  bool
		fails      string
	}{
		"no difference":          {"exit 0", "", false, ""},
		"a difference":           {`echo "$@"; exit 1`, "-N -I^a.*/ LIVE MERGED\n", true, ""},
		"a failure":              {"echo broken; exit 3", "broken\n", false, "exit status 3"},
		"an end by a signal":     {"kill -9 $$", "", false, "killed"},
		"nothing but what it is": {`echo "$1"; exit 1`, "-N\n", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			script(t, "compare", tc.text)
			program, err := findProgram("compare  -N -I^a.*/ ")
			require.NoError(t, err)
			var out bytes.Buffer
			different, err := program.differ(t.Context(), "LIVE", "MERGED", genericiooptions.IOStreams{Out: &out})
			assert.Equal(t, tc.different, different)
			assert.Equal(t, tc.want, out.String())
			if tc.fails == "" {
				require.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, tc.fails)
			}
		})
	}
}

func TestAProgramThatDoesNotStopIsKilled(t *testing.T) {
	script(t, "stubborn", "trap '' INT\nwhile :; do sleep 0.1; done")
	program, err := findProgram("stubborn")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err = program.differ(ctx, "LIVE", "MERGED", genericiooptions.IOStreams{})
	require.Error(t, err)
	assert.GreaterOrEqual(t, time.Since(began), patience, "it had time to stop")
}

func TestAProgramThatIsMissingIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := findProgram("")
	require.EqualError(t, err, `the program "diff", which is to show the differences, can't be run: executable file not found in $PATH: `+
		"install it (GNU diffutils has it), or name another program in KUBECTL_EXTERNAL_DIFF")
	_, err = findProgram("meld -x")
	require.ErrorContains(t, err, `"meld"`)
	require.ErrorContains(t, err, "correct KUBECTL_EXTERNAL_DIFF")
}
