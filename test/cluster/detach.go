//go:build unix

package main

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
	"strconv"
	"syscall"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/filelock"
)

// downWithin is how long a cluster may take to stop.
const downWithin = 2 * time.Minute

// upDetached starts this program once more, in the background, and returns when the cluster there is ready.
func upDetached(ctx context.Context, opts upOptions, std streams) error {
	if opts.dir == "" {
		return fmt.Errorf("--detach needs --dir, for the sake of cluster down: %w", errUsage)
	}
	// Build here, where someone sees the progress.
	if _, err := executables(ctx, opts.node, std); err != nil {
		return err
	}
	path, release, err := claim(opts.dir)
	if err != nil {
		return err
	}
	if err := release(); err != nil {
		return fmt.Errorf("hand the directory over: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	log, err := os.Create(filepath.Join(path, "cluster.log"))
	if err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	defer func() { _ = log.Close() }() // the program in the background has its own handle

	background := exec.Command(self, "up", "--ignore-stdin", "--dir", path, "--node="+strconv.FormatBool(opts.node))
	background.Stderr = log
	background.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdout, err := background.StdoutPipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	if err := background.Start(); err != nil {
		return fmt.Errorf("start in the background: %w", err)
	}
	stopWaiting := context.AfterFunc(ctx, func() { _ = background.Process.Signal(syscall.SIGTERM) })
	defer stopWaiting()
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return errors.Join(context.Cause(ctx), background.Wait(), reason(log.Name()))
	}
	_, err = std.out.Write(line)
	return err
}

// reason is what the program in the background has said.
func reason(log string) error {
	said, err := os.ReadFile(log)
	if err != nil {
		return fmt.Errorf("read why the cluster did not start: %w", err)
	}
	return errors.New(string(bytes.TrimSpace(said)))
}

// down stops the cluster in a directory and returns when it has ended.
func down(ctx context.Context, dir string, std streams) error {
	if dir == "" {
		return fmt.Errorf("down needs --dir: %w", errUsage)
	}
	path := filepath.Join(dir, lockName)
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("find a cluster in %s: %w", dir, err)
	}
	lock, err := filelock.Try(path)
	if err == nil {
		_, err = io.WriteString(std.err, "no cluster runs in "+dir+"\n")
		return errors.Join(err, lock.Unlock())
	}
	if !errors.Is(err, filelock.ErrHeld) {
		return fmt.Errorf("see whether a cluster runs in %s: %w", dir, err)
	}
	pid, err := filelock.Holder(path)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("send a signal to the cluster, process %d: %w", pid, err)
	}
	ctx, cancel := context.WithTimeout(ctx, downWithin)
	defer cancel()
	lock, err = filelock.Wait(ctx, path, func() {})
	if err != nil {
		return fmt.Errorf("wait for the end of the cluster, process %d: %w", pid, err)
	}
	return lock.Unlock()
}
