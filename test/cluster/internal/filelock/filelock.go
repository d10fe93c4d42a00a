//go:build unix

// Package filelock is a lock between processes that the kernel lets go of when its holder ends, however that ends. The locked
// file says which process that is. What is guarded, and for how long, is up to the caller.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"
)

// retryEvery is how often a taken lock is tried again.
const retryEvery = 100 * time.Millisecond

// ErrHeld says that another process holds the lock.
var ErrHeld = errors.New("held by another process")

// Lock is a held lock.
type Lock struct{ file *os.File }

// Try takes the lock on the file at path, which it makes when it is missing, or returns ErrHeld.
func Try(path string) (*Lock, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock file: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = ErrHeld
		}
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	err = file.Truncate(0)
	if err == nil {
		_, err = file.WriteString(strconv.Itoa(os.Getpid()))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("say who holds the lock: %w", err), file.Close())
	}
	return &Lock{file}, nil
}

// Holder is the process that holds the lock, or held it last.
func Holder(path string) (pid int, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, fmt.Errorf("read who holds the lock: %w", err)
	}
	pid, err = strconv.Atoi(string(content))
	if err != nil || pid <= 1 {
		return 0, fmt.Errorf("the lock %s names no process: %q", path, content)
	}
	return pid, nil
}

// Wait takes the lock as Try does, but waits for its holder until ctx ends. waiting is called once if there is a wait.
func Wait(ctx context.Context, path string, waiting func()) (*Lock, error) {
	for {
		lock, err := Try(path)
		if !errors.Is(err, ErrHeld) {
			return lock, err
		}
		waiting()
		waiting = func() {}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the lock %s: %w", path, context.Cause(ctx))
		case <-time.After(retryEvery):
		}
	}
}

// Unlock lets the lock go. The file stays: removing it would let two processes lock two files of one name.
func (l *Lock) Unlock() error { return l.file.Close() }
