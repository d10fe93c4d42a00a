package harness

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStartChild(t *testing.T) {
	t.Run("the first line is handed over, the rest never blocks the child", func(t *testing.T) {
		c, line, err := startChild(t.Context(), "/bin/sh", "-c", `echo '{"a": 1}'; head -c 1000000 /dev/zero; read end`)
		require.NoError(t, err)
		require.Equal(t, `{"a": 1}`, string(line))
		// read fails at the end of standard input.
		require.ErrorContains(t, c.stop(), "exit status 1")
	})

	t.Run("one that ends at the end of its standard input is stopped", func(t *testing.T) {
		c, _, err := startChild(t.Context(), "/bin/sh", "-c", `echo ready; cat`)
		require.NoError(t, err)
		require.NoError(t, c.stop())
		require.NoError(t, c.stop())
	})

	t.Run("one that ends before it is ready is an error with its last words", func(t *testing.T) {
		_, _, err := startChild(t.Context(), "/bin/sh", "-c", `echo the port is taken >&2; exit 4`)
		require.ErrorContains(t, err, "exit status 4")
		require.ErrorContains(t, err, "the port is taken")
	})

	t.Run("a start that takes too long is given up, and nothing stays behind", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, _, err := startChild(ctx, "/bin/sh", "-c", `echo not yet >&2; cat; echo saw the end >&2`)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "saw the end")
	})
}

// orphanEnv makes this test binary one that starts a child and waits to be killed.
const orphanEnv = "HARNESS_TEST_ORPHAN"

func TestAChildEndsWithItsTestBinary(t *testing.T) {
	if path := os.Getenv(orphanEnv); path != "" {
		_, _, err := startChild(t.Context(), "/bin/sh", "-c", `echo ready; cat; touch "$0"`, path)
		require.NoError(t, err)
		runtime.GC() // a pipe that nobody refers to any more would be closed
		_, err = os.Stdout.WriteString("started\n")
		require.NoError(t, err)
		select {}
	}
	ended := t.TempDir() + "/ended"
	parent := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	parent.Env = append(os.Environ(), orphanEnv+"="+ended)
	out, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "started", strings.TrimSpace(line))
	require.NoFileExists(t, ended)

	require.NoError(t, parent.Process.Signal(syscall.SIGKILL))
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool {
		_, err := os.Stat(ended)
		return err == nil
	}, 10*time.Second, 20*time.Millisecond)
}

func TestTailWriterKeepsTheEnd(t *testing.T) {
	w := &tailWriter{limit: 5}
	for _, text := range []string{"ab", "cdef", "", "g"} {
		n, err := w.Write([]byte(text))
		require.NoError(t, err)
		require.Len(t, text, n)
	}
	require.Equal(t, "cdefg", w.String())
}
