package sandbox

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
)

const (
	// device is the end of the cable inside.
	device = "eth0"
	// orderFile is the file descriptor that Run passes the order by.
	orderFile = 3
	// scratch is where a mount is prepared, in the private /run.
	scratch = "/run/sandbox"
)

// Await reads, as the first process of a sandbox, the order that was given to Run. It is there when the cable is.
func Await() ([]byte, error) {
	if os.Getpid() != 1 {
		return nil, fmt.Errorf("this is not the first process of a sandbox")
	}
	order, err := io.ReadAll(os.NewFile(orderFile, "order"))
	if err != nil {
		return nil, fmt.Errorf("read the order: %w", err)
	}
	if len(order) == 0 {
		return nil, fmt.Errorf("read the order: the sandbox was given up")
	}
	return order, nil
}

// Enter makes the inside fit for servers: mounts of its own where programs write to fixed places of the system, the process
// file system of its own processes, and a network that forwards.
func (s *Slot) Enter(ctx context.Context) error {
	// What is mounted from here on is nobody's business outside.
	if err := syscall.Mount("none", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	if err := syscall.Mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	for _, dir := range []string{"/run", "/var/log", "/var/lib/cni", "/var/lib/kubelet"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make the directory of a mount: %w", err)
		}
		if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=755"); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	if err := os.Mkdir(scratch, 0o700); err != nil {
		return fmt.Errorf("make a directory for mounts: %w", err)
	}
	if err := s.enterCgroups(scratch); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"link", "set", "lo", "up"},
		{"address", "add", s.Address + "/30", "dev", device},
		{"link", "set", device, "up"},
	} {
		if err := ip(ctx, args...); err != nil {
			return fmt.Errorf("set up the network of the sandbox: %w", err)
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return fmt.Errorf("let the sandbox forward packets: %w", err)
	}
	return nil
}
