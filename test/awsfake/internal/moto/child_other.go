//go:build !linux

package moto

import "syscall"

// endWithParent can't be had here: a killed program leaves its child behind.
func endWithParent() *syscall.SysProcAttr { return nil }
