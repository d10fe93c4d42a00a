package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// stopGrace is how long the program inside may take to end once it was asked to.
const stopGrace = 2 * time.Minute

// Run runs this program once more, with args, as the first process of the sandbox, and returns when it has ended, and with it all
// that it has started. order is what it reads by Enter. When ctx ends the program is asked to stop. It is killed when this process
// dies.
func (s *Slot) Run(ctx context.Context, order []byte, stdout, stderr io.Writer, args ...string) error {
	reader, writer, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("open a pipe: %w", err)
	}
	inside := exec.Command("/proc/self/exe", args...)
	inside.Stdout, inside.Stderr = stdout, stderr
	inside.ExtraFiles = []*os.File{reader}
	inside.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC,
		Setpgid:    true, // a Ctrl-C is for this process
		Pdeathsig:  syscall.SIGKILL,
	}
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() {
		// The kernel's notice of the parent's death is bound to the thread that forked: keep that thread while the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := inside.Start()
		_ = reader.Close() // the child has its own handle
		started <- err
		if err == nil {
			ended <- inside.Wait()
		}
	}()
	if err := <-started; err != nil {
		return errors.Join(fmt.Errorf("make the sandbox: %w", err), writer.Close())
	}
	// Without the order, whole, the program inside ends by itself.
	err = s.connect(ctx, inside.Process.Pid)
	if err == nil {
		_, err = writer.Write(order)
	}
	err = errors.Join(err, writer.Close())
	select {
	case end := <-ended:
		return errors.Join(err, end)
	case <-ctx.Done():
	}
	if err := inside.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("ask the sandbox to stop: %w", err)
	}
	select {
	case end := <-ended:
		return errors.Join(err, end)
	case <-time.After(stopGrace):
		return errors.Join(fmt.Errorf("the sandbox did not end within %s and was killed", stopGrace), inside.Process.Kill(), <-ended)
	}
}

// connect lays a cable from this machine into the sandbox whose first process is pid, and sets up the end on this side. No default
// route leads through it: what is inside reaches this machine and nothing beyond.
func (s *Slot) connect(ctx context.Context, pid int) error {
	for _, args := range [][]string{
		{"link", "add", s.Name, "type", "veth", "peer", "name", device, "netns", strconv.Itoa(pid)},
		{"address", "add", s.Host + "/30", "dev", s.Name},
		{"link", "set", s.Name, "up"},
		{"route", "add", s.Pods, "via", s.Address, "dev", s.Name},
	} {
		if err := ip(ctx, args...); err != nil {
			return fmt.Errorf("connect the sandbox: %w", err)
		}
	}
	return nil
}
