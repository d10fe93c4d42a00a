//go:build unix

// Package process runs the servers of a cluster as child processes: with a log file each, ended in order, and never left
// behind. It knows nothing of what the servers are.
package process

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// tailBytes is how much of the end of a log goes into an error.
const tailBytes = 4 << 10

// Command is a program to run.
type Command struct {
	Name string   // what to call it in errors
	Path string   // the executable
	Args []string // without the program's name
	Dir  string   // the working directory; empty: this process's
	Env  []string // nil: this process's
	Log  string   // the file that its standard output and error are appended to
}

// Process is a child that runs, or has run.
type Process struct {
	command Command
	cmd     *exec.Cmd
	done    chan struct{}
	err     error // read after done is closed
}

// Start runs the command. The child gets no standard input and a process group of its own, so that a Ctrl-C in the terminal
// reaches only its parent, which ends its children in order. On Linux the kernel kills it when this process dies.
func Start(c Command) (*Process, error) {
	log, err := os.OpenFile(c.Log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.Name, err)
	}
	cmd := exec.Command(c.Path, c.Args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.Dir, c.Env, log, log
	cmd.SysProcAttr = attributes()

	p := &Process{command: c, cmd: cmd, done: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		// The kernel's notice of the parent's death is bound to the thread that forked: keep that thread while the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		_ = log.Close() // the child has its own handle
		started <- err
		if err == nil {
			p.err = cmd.Wait()
		}
		close(p.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Wait waits for the process to end. The error of one that failed has the end of its log.
func (p *Process) Wait() error {
	<-p.done
	if p.err != nil {
		return p.failure(p.err.Error())
	}
	return nil
}

// EarlyEnd is the error of a process that has ended although it was to run on; it waits for that end.
func (p *Process) EarlyEnd() error {
	<-p.done
	return p.failure(p.cmd.ProcessState.String())
}

// Stop sends SIGTERM and waits for the end of the process itself, since only that says that its ports are free again. After
// grace it is killed, which is an error.
func (p *Process) Stop(grace time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(grace):
		return errors.Join(fmt.Errorf("%s did not end within %s and was killed", p.command.Name, grace), p.Kill())
	}
}

// Kill ends the process at once and waits until it is gone.
func (p *Process) Kill() error {
	if err := p.signal(syscall.SIGKILL); err != nil {
		return err
	}
	<-p.done
	return nil
}

// signal sends a signal to the process and the children it may have. One that has ended is indifferent to it.
func (p *Process) signal(sig syscall.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("send %s to %s: %w", sig, p.command.Name, err)
	}
	return nil
}

// failure is an error with the end of the log, which is where a server says what ails it.
func (p *Process) failure(how string) error {
	log, err := os.ReadFile(p.command.Log)
	if err != nil {
		return fmt.Errorf("%s: %s (no log: %w)", p.command.Name, how, err)
	}
	if extra := len(log) - tailBytes; extra > 0 {
		_, log, _ = bytes.Cut(log[extra:], []byte("\n")) // whole lines
	}
	return fmt.Errorf("%s: %s; the end of its log:\n%s", p.command.Name, how, bytes.TrimSpace(log))
}
