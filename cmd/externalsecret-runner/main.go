// Command externalsecret-runner makes one pass over the ExternalSecrets of a cluster, or over a shard of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/klog/v2"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/cmd/internal/signals"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner"
)

func main() {
	coming := make(chan os.Signal, 2)
	signal.Notify(coming, syscall.SIGINT, syscall.SIGTERM)
	os.Exit(run(os.Args[1:], coming))
}

func run(args []string, coming <-chan os.Signal) int {
	var settings runner.Settings
	if err := settings.Parse(args, os.LookupEnv, os.Stderr); errors.Is(err, runner.ErrHelp) {
		return runner.ExitOK
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return runner.ExitMisconfigured
	}
	config, err := settings.Config(all.Providers(os.Getenv), os.Getenv, os.Stdout, os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		return runner.ExitMisconfigured
	}
	// The client library logs through klog, and from level 8 on it would log bodies: it gets no level at all.
	klog.SetSlogLogger(slog.New(slog.DiscardHandler))
	// The standard library's HTTP client quotes here what a server says unasked.
	log.SetOutput(io.Discard)

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	stopped := make(chan os.Signal, 1)
	go func() {
		stopped <- <-coming
		cancel()
		os.Exit(exitCodeOf(signals.Second(coming))) // a second one: at once
	}()
	code := runner.Run(ctx, config)
	select {
	case s := <-stopped:
		return exitCodeOf(s)
	default:
		return code
	}
}

func exitCodeOf(s os.Signal) int {
	const base = 128
	if number, ok := s.(syscall.Signal); ok {
		return base + int(number)
	}
	return runner.ExitUnavailable
}
