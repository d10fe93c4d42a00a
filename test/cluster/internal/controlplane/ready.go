//go:build unix

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

const (
	pollEvery = 25 * time.Millisecond
	// readyWithin is how long one server may take; on an idle machine each takes about a second or two.
	readyWithin = 2 * time.Minute
)

// await asks ready until it is content. It gives up when ctx ends, when the server ends, or when it takes too long; the error
// of the latter says what was missing.
func await(ctx context.Context, server *process.Process, ready func(context.Context) error) error {
	late := time.NewTimer(readyWithin)
	defer late.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-server.Done():
			return server.EarlyEnd()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late.C:
			return fmt.Errorf("not ready within %s: %w", readyWithin, err)
		case <-time.After(pollEvery):
		}
	}
}

// answers is a check that a GET of the URL is answered with success.
func answers(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := get(ctx, client, url)
		return err
	}
}

// get returns the body of a successful answer.
func get(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("make a request of %s: %w", url, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err // names the method and the URL
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, fmt.Errorf("read the answer to %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %s", url, response.Status)
	}
	return body, nil
}
