package harness

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// stopGrace is how long a child may take to end once its standard input is closed, before it is killed.
const stopGrace = 30 * time.Second

// child is a helper program that serves this test binary. Its standard input is a pipe that only this process holds, and the
// program ends when that pipe closes: no child outlives its test binary, even one that is killed.
type child struct {
	cmd    *exec.Cmd
	stdin  io.Closer
	stderr *tailWriter
	exited chan struct{}
	err    error // how the program ended; read after exited is closed
}

// startChild starts the program bin and waits for the first line it prints on standard output, by which it says that it is
// ready; the line is returned without its newline. ctx bounds that wait, not the life of the child. When the child can't start
// or ends early, the error has the last lines of its standard error.
func startChild(ctx context.Context, bin string, args ...string) (*child, []byte, error) {
	cmd := exec.Command(bin, args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("open the standard input of %s: %w", bin, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, nil, fmt.Errorf("open the standard output of %s: %w", bin, err)
	}
	// A pipe of ours rather than the test binary's own standard error: go test waits for whoever holds the latter.
	c := &child{cmd: cmd, stdin: stdin, stderr: &tailWriter{limit: 8 << 10}, exited: make(chan struct{})}
	cmd.Stderr = c.stderr
	if err := cmd.Start(); err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", bin, err)
	}

	first := make(chan []byte, 1)
	go c.follow(stdout, first)
	select {
	case line := <-first:
		return c, line, nil
	case <-c.exited:
		return nil, nil, fmt.Errorf("%s ended before it was ready: %w\n%s", filepath.Base(bin), c.endErr(), c.stderr)
	case <-ctx.Done():
		err := errors.Join(context.Cause(ctx), c.stop())
		return nil, nil, fmt.Errorf("wait for %s to be ready: %w\n%s", filepath.Base(bin), err, c.stderr)
	}
}

// follow hands over the first line of stdout, swallows the rest so that the child never blocks on it, and reaps the child.
func (c *child) follow(stdout io.Reader, first chan<- []byte) {
	reader := bufio.NewReader(stdout)
	if line, err := reader.ReadBytes('\n'); err == nil {
		first <- bytes.TrimSpace(line)
		// What follows the first line is of no use, and an error here is the child's end, which Wait reports.
		_, _ = io.Copy(io.Discard, reader)
	}
	c.err = c.cmd.Wait()
	close(c.exited)
}

// stop asks the child to end by closing its standard input, waits for that, and kills it when it takes too long.
func (c *child) stop() error {
	// A child that has ended by itself has had its pipe closed already.
	if err := c.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("close the standard input of %s: %w", c.cmd.Path, err)
	}
	select {
	case <-c.exited:
	case <-time.After(stopGrace):
		if err := c.cmd.Process.Kill(); err != nil {
			return fmt.Errorf("kill %s: %w", c.cmd.Path, err)
		}
		<-c.exited
	}
	return c.err
}

// endErr says how a child ended that was not to end yet.
func (c *child) endErr() error {
	if c.err != nil {
		return c.err
	}
	return errors.New("exit status 0")
}

// tailWriter keeps the last bytes written to it. It is safe for use by several goroutines.
type tailWriter struct {
	mu    sync.Mutex
	limit int
	kept  []byte
}

// Write keeps p, forgetting the oldest bytes beyond the limit.
func (w *tailWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = append(w.kept, p...)
	if extra := len(w.kept) - w.limit; extra > 0 {
		w.kept = append(w.kept[:0], w.kept[extra:]...)
	}
	return len(p), nil
}

// String is what is kept.
func (w *tailWriter) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.kept)
}
