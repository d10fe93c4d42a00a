//go:build unix && !linux

package main

import (
	"context"
	"errors"
)

// insideCommand is the command that this program runs in a sandbox.
const insideCommand = "inside"

var errNotHere = errors.New("a node needs Linux, where containers are")

func upNode(context.Context, string, streams) error { return errNotHere }

func inside(context.Context, streams) error { return errNotHere }
