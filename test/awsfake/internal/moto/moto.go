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
	"os"
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

	command *exec.Cmd
	exited  chan struct{}
	err     error // how it ended; read after exited is closed
}

// Start runs the moto in a folder and waits until it answers. Its log goes to logs.
func Start(ctx context.Context, dir string, logs io.Writer) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{
		URL:     &url.URL{Scheme: "http", Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))},
		command: exec.Command(filepath.Join(dir, "serve"), strconv.Itoa(port)),
		exited:  make(chan struct{}),
	}
	s.command.Stdout, s.command.Stderr = logs, logs
	s.command.SysProcAttr = endWithParent()
	started := make(chan error)
	go s.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start moto: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, readyIn)
	defer cancel()
	if err := s.wait(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

// run starts the process and waits for its end. The system ends the child with the thread that started it, so that thread is kept.
func (s *Server) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := s.command.Start(); err != nil {
		close(s.exited)
		started <- err
		return
	}
	started <- nil
	s.err = s.command.Wait()
	close(s.exited)
}

// wait polls until the server answers.
func (s *Server) wait(ctx context.Context) error {
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
func (s *Server) Stop() error {
	select {
	case <-s.exited:
		return nil
	default:
	}
	if err := s.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop moto: %w", err)
	}
	select {
	case <-s.exited:
	case <-time.After(stopIn):
		if err := s.command.Process.Kill(); err != nil {
			return fmt.Errorf("kill moto: %w", err)
		}
		<-s.exited
	}
	return nil
}

// freePort asks the system for a port nobody listens on. Somebody may take it before moto does; then moto ends at once.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return port, nil
}
