// Command gcpfake is as much of Google Cloud as reading secrets takes, for tests: Secret Manager over gRPC and REST with IAM, the token
// endpoint of OAuth, the Security Token Service, the credentials of service accounts, and a metadata server. It holds everything in
// memory and keeps nothing.
//
// Programs reach it as they reach Google, by Google's names: it is the proxy that HTTPS_PROXY names, and shows certificates of its own
// authority, which SSL_CERT_FILE names. It prints its addresses as JSON when it is ready and ends when its standard input does.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gcpfake:", err)
		os.Exit(1)
	}
}

func run() error {
	listen := flag.String("listen", "127.0.0.1", "the address whose ports to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	f, err := start(ctx, *listen)
	if err != nil {
		return err
	}
	defer f.close()
	if err := json.NewEncoder(os.Stdout).Encode(f.ready()); err != nil {
		return fmt.Errorf("print the addresses: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends the reading, nobody holds the other end any more
		stop()
	}()
	<-ctx.Done()
	return nil
}
