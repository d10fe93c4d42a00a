// Package program is how the endpoints run as programs: one line of JSON on standard output when ready, an end when standard input
// closes or a signal comes. It knows nothing of what is served.
package program

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const stopGrace = 2 * time.Second

// Ready is the line printed when the endpoint can be used.
type Ready struct {
	URL string `json:"url"` // http://127.0.0.1:PORT
}

// Serve listens on an address, prints Ready on stdout and serves until ctx ends or stdin is at its end; stdin may be nil. The wish
// to stop is no error.
func Serve(ctx context.Context, address string, handler http.Handler, stdin io.Reader, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if stdin != nil {
		go func() {
			_, _ = io.Copy(io.Discard, stdin) // whatever ends the reading, nobody holds the other end any more
			stop()
		}()
	}
	if err := json.NewEncoder(stdout).Encode(Ready{URL: "http://" + listener.Addr().String()}); err != nil {
		return fmt.Errorf("print the address: %w", errors.Join(err, listener.Close()))
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
		defer cancel()
		err := server.Shutdown(grace)
		if err != nil {
			err = server.Close() // requests that take longer are cut off
		}
		stopped <- err
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stop serving: %w", err)
	}
	return nil
}
