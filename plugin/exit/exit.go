// Package exit gives errors the exit code with which the process ends. What an error says, and where, is not decided here.
package exit

import (
	"errors"
	"fmt"
	"syscall"
)

// The exit codes, besides 0 for success. A signal ends the process with 128 and its number, as a shell reports it.
const (
	Failed   = 1
	TimedOut = 124
	signaled = 128
)

// Error is an error with an exit code of its own.
type Error struct {
	Code int
	// Err is what went wrong; nil means that everything has been said already.
	Err error
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Silent ends the process with code and prints nothing more.
func Silent(code int) error { return &Error{Code: code} }

// Signal is the error of a process that was told to stop.
func Signal(s syscall.Signal) *Error {
	return &Error{Code: signaled + int(s), Err: fmt.Errorf("stopped by a signal: %s", s)}
}

// Code is the exit code for err: 0 for nil, that of the *Error in its chain, or Failed.
func Code(err error) int {
	var e *Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Code
	default:
		return Failed
	}
}
