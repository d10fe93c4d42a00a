package moto

import "syscall"

// endWithParent makes the system kill the child when this program dies, however it dies.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
