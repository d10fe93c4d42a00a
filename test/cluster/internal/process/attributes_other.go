//go:build unix && !linux

package process

import "syscall"

// attributes give a child its own process group. A parent that is killed leaves its children behind here: only Linux tells them.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
