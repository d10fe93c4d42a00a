// Command azurefake speaks as Azure does, for tests: Microsoft Entra ID, which gives tokens to applications that prove to be them; key
// vaults, which verify these and know roles; and the identity of a virtual machine. Nothing in a client has to know that: the plain
// listener is a proxy too, behind which the hosts of Azure's clouds are found, with certificates of a CA of its own. It keeps everything in
// memory, prints where it is as JSON when ready, and ends when its standard input does.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "azurefake:", err)
		os.Exit(1)
	}
}

func run() error {
	tenant := flag.String("tenant", "11111111-1111-1111-1111-111111111111", "id of the tenant that the key vaults are in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // whatever ends the reading, nobody holds the other end any more
		stop()
	}()
	azure, err := newAzure(*tenant)
	if err != nil {
		return err
	}
	return azure.serve(ctx, func(ready any) error { return json.NewEncoder(os.Stdout).Encode(ready) })
}

// serve serves both listeners until ctx is done.
func (a *azure) serve(ctx context.Context, ready func(any) error) error {
	authority, err := newAuthority()
	if err != nil {
		return err
	}
	open := func() (net.Listener, error) { return (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0") }
	inner, err := open()
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	outer, err := open()
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	clouds := &http.Server{Handler: http.HandlerFunc(a.route), TLSConfig: authority.config(), ReadHeaderTimeout: 10 * time.Second}
	door := &http.Server{Handler: a.door(inner.Addr().String()), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- clouds.ServeTLS(inner, "", "") }()
	go func() { failed <- door.Serve(outer) }()
	err = ready(map[string]string{"proxy": "http://" + outer.Addr().String(), "address": inner.Addr().String(), "ca": authority.pem, "tenant": a.tenant})
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	_, _ = clouds.Close(), door.Close()
	return err
}
