// Command kubectl-externalsecret is the plugin `kubectl externalsecret`. What is here gives it the process: streams, signals
// and the exit code. What it can do is in package plugin.
package main

import (
	"context"
	"io"
	"log"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/cmd/internal/signals"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	pluginversion "github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

// These are set by the linker: -ldflags "-X main.version=v1.2.3".
var version, commit, date string

func main() { os.Exit(run()) }

func run() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	coming := make(chan os.Signal, 2)
	signal.Notify(coming, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(coming, syscall.SIGHUP)
	}
	go func() {
		first, ok := (<-coming).(syscall.Signal)
		if !ok {
			return
		}
		cancel(exit.Signal(first))
		if second, ok := signals.Second(coming).(syscall.Signal); ok {
			os.Exit(exit.Signal(second).Code)
		}
	}()
	log.SetOutput(io.Discard) // the standard library's HTTP client quotes there what a server says unasked
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	stamp := pluginversion.Stamp{Version: version, Commit: commit, Date: date}
	return plugin.Run(ctx, plugin.NewCommand(streams, all.Providers(os.Getenv), stamp), os.Args[1:])
}
