//go:build unix

package filelock_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/filelock"
)

func TestLock(t *testing.T) {
	t.Run("a held lock is refused and names its holder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lock")
		held, err := filelock.Try(path)
		require.NoError(t, err)

		_, err = filelock.Try(path)
		require.ErrorIs(t, err, filelock.ErrHeld)
		holder, err := filelock.Holder(path)
		require.NoError(t, err)
		require.Equal(t, os.Getpid(), holder)

		require.NoError(t, held.Unlock())
		again, err := filelock.Try(path)
		require.NoError(t, err)
		require.NoError(t, again.Unlock())
	})

	t.Run("who waits gets the lock when it is let go, and is told once of the wait", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lock")
		held, err := filelock.Try(path)
		require.NoError(t, err)

		told := 0
		got, err := filelock.Wait(t.Context(), path, func() {
			told++
			time.AfterFunc(250*time.Millisecond, func() { _ = held.Unlock() })
		})
		require.NoError(t, err)
		require.Equal(t, 1, told)
		require.NoError(t, got.Unlock())
	})

	t.Run("a wait ends with its context", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lock")
		held, err := filelock.Try(path)
		require.NoError(t, err)
		defer func() { require.NoError(t, held.Unlock()) }()

		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err = filelock.Wait(ctx, path, func() {})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})

	t.Run("a file that names no process has no holder", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lock")
		require.NoError(t, os.WriteFile(path, []byte("1"), 0o600)) // a signal to process 1 would be a disaster
		_, err := filelock.Holder(path)
		require.ErrorContains(t, err, "names no process")
	})
}
