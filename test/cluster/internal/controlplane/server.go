//go:build unix

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

// ErrNoServer and ErrRuns say why a server can't be stopped or started.
var (
	ErrNoServer = errors.New("the cluster has no such server")
	ErrRuns     = errors.New("it runs already")
)

// server is one server of the cluster.
type server struct {
	command  process.Command
	ready    func(context.Context) error
	process  *process.Process // the latest
	unwanted atomic.Bool      // it is down, or about to be, because somebody wants that
}

// broken tells whether the server has ended by itself.
func (s *server) broken() bool {
	select {
	case <-s.process.Done():
		return !s.unwanted.Load()
	default:
		return false
	}
}

// Add starts one more server and waits until it is ready. Like the others it is stopped with the cluster, which ends when it does.
func (c *ControlPlane) Add(ctx context.Context, command process.Command, ready func(context.Context) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.launch(ctx, &server{command: command, ready: ready})
}

// StopServer ends one server, in order or at once, and leaves the rest as it is.
func (c *ControlPlane) StopServer(name string, atOnce bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	server, err := c.find(name)
	if err != nil {
		return err
	}
	server.unwanted.Store(true)
	if atOnce {
		return server.process.Kill()
	}
	return server.process.Stop(stopGrace)
}

// StartServer starts a server that StopServer has ended, as it was, and waits until it is ready.
func (c *ControlPlane) StartServer(ctx context.Context, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	server, err := c.find(name)
	if err != nil {
		return err
	}
	if !server.unwanted.Load() {
		return fmt.Errorf("start %s: %w", name, ErrRuns)
	}
	return c.launch(ctx, server)
}

// find is the server of a name.
func (c *ControlPlane) find(name string) (*server, error) {
	i := slices.IndexFunc(c.members, func(s *server) bool { return s.command.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("find %q: %w", name, ErrNoServer)
	}
	return c.members[i], nil
}

// launch starts the process of a server, new or known, and waits until it is ready.
func (c *ControlPlane) launch(ctx context.Context, s *server) error {
	started, err := process.Start(s.command)
	if err != nil {
		return err
	}
	s.process = started
	s.unwanted.Store(false)
	if !slices.Contains(c.members, s) {
		c.members = append(c.members, s)
	}
	go func() {
		<-started.Done()
		if s.unwanted.Load() {
			return
		}
		select {
		case c.ended <- s:
		default: // the first is enough
		}
	}()
	if err := await(ctx, started, s.ready); err != nil {
		return fmt.Errorf("wait for %s: %w", s.command.Name, err)
	}
	return nil
}
