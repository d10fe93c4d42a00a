// Command awsfake is an AWS endpoint for tests and demos: Secrets Manager, Parameter Store and STS with signatures, permissions, web
// identity tokens and errors as AWS has them, and a control side (package internal/control) that prepares and disturbs them. It holds
// everything in memory and keeps nothing.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/endpoint"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/program"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "awsfake:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	ignoreStdin := flag.Bool("ignore-stdin", false, "keep running when standard input is closed, until a signal comes")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var stdin io.Reader = os.Stdin
	if *ignoreStdin {
		stdin = nil
	}
	return program.Serve(ctx, *listen, endpoint.New(), stdin, os.Stdout)
}
