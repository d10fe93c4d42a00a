// Command awsgate checks AWS signatures in front of a server that does not, such as moto, and disturbs and counts its requests. Its
// control side is that of awsfake without secrets, roles and issuers, which are the server's.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/gate"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/moto"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/program"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "awsgate:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	backend := flag.String("backend", "", "URL of a running server")
	motoDir := flag.String("moto", "", "folder of moto, to run one as the server instead")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return serve(ctx, *listen, *backend, *motoDir)
}

func serve(ctx context.Context, listen, backend, motoDir string) error {
	if (backend == "") == (motoDir == "") {
		return errors.New("give either -backend or -moto")
	}
	if motoDir == "" {
		server, err := url.Parse(backend)
		if err != nil {
			return fmt.Errorf("read -backend: %w", err)
		}
		return program.Serve(ctx, listen, gate.New(server), os.Stdin, os.Stdout)
	}
	server, err := moto.Start(ctx, motoDir, os.Stderr)
	if err != nil {
		return err
	}
	defer server.Stop()
	// Without its server the gate is of no use: it ends too, and its caller notices.
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		<-server.Exited()
		stop()
	}()
	return program.Serve(ctx, listen, gate.New(server.URL), os.Stdin, os.Stdout)
}
