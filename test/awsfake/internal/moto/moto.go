// Package moto runs the emulator of that name, as test/moto/get.sh unpacks it, as a child process. What is asked of it is none of
// its business.
package moto

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

const (
	readyIn  = 30 * time.Second
	pollEach = 20 * time.Millisecond
	stopIn   = 5 * time.Second
)

// Server is a running moto.
type Server struct {
	URL *url.URL

	cancel context.CancelFunc
	exited chan struct{}
	err    error // how it ended; read after exited is closed
}

// Start runs the moto in a folder and waits until it answers. It runs until ctx ends or Stop is called. Its log goes to logs.
func Start(ctx context.Context, dir string, logs io.Writer) (*Server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	command := exec.CommandContext(ctx, filepath.Join(dir, "serve"), strconv.Itoa(port))
	command.Stdout, command.Stderr = logs, logs
	command.SysProcAttr = endWithParent()
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = stopIn
	s := &Server{
		URL:    &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))},
		cancel: cancel,
		exited: make(chan struct{}),
	}
	go s.run(command)
	if err := s.wait(ctx); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// run is the process from start to end. The system ends a child with the thread that started it, so that thread is kept.
func (s *Server) run(command *exec.Cmd) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	s.err = command.Run()
	close(s.exited)
}

// wait polls until the server answers.
func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	tick := time.NewTicker(pollEach)
	defer tick.Stop()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL.String()+"/moto-api/data.json", nil)
		if err != nil {
			return fmt.Errorf("ask whether moto is ready: %w", err)
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			return response.Body.Close()
		}
		select {
		case <-tick.C:
		case <-s.exited:
			return fmt.Errorf("moto ended before it was ready: %w", s.err)
		case <-ctx.Done():
			return fmt.Errorf("wait for moto: %w", ctx.Err())
		}
	}
}

// Exited is closed when the server has ended, for whatever reason.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// Stop ends the server and waits for that.
func (s *Server) Stop() {
	s.cancel()
	<-s.exited
}

// freePort asks the system for a port nobody listens on. Somebody may take it before moto does; then moto ends at once.
func freePort(ctx context.Context) (int, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	_, text, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return port, nil
}
