package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
)

// quietWithin is how long the deletion of namespaces may take: seconds, or minutes where one holds ten thousand objects.
const quietWithin = 5 * time.Minute

// Requests are the requests that the API server has answered since it started, of all clients, the cluster's own controllers
// among them. A watch counts when it ends. To count what a piece of work asks, subtract the counts before it from those after it
// and look at the resources that the work uses.
//
// The deletion of a namespace lists every namespaced resource in it and deletes what it finds. For the sake of the counts
// Requests first waits until the namespaces of earlier tests are gone, by listing namespaces; parallel tests would still get
// into each other's counts.
func (c *ControlPlane) Requests(t testing.TB) RequestCounts {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), quietWithin)
	defer cancel()
	require.NoError(t, c.waitForDeletions(ctx), "wait for the namespaces of earlier tests to be gone")
	page, err := c.get(ctx, "/metrics")
	require.NoError(t, err)
	counts, err := parseRequests(strings.NewReader(page))
	require.NoError(t, err)
	return counts
}

// waitForDeletions waits until no namespace is being deleted.
func (c *ControlPlane) waitForDeletions(ctx context.Context) error {
	for {
		page, err := c.get(ctx, "/api/v1/namespaces?fieldSelector=status.phase%3DTerminating")
		if err != nil {
			return err
		}
		var going struct{ Items []json.RawMessage }
		if err := json.Unmarshal([]byte(page), &going); err != nil {
			return fmt.Errorf("read the list of namespaces: %w", err)
		}
		if len(going.Items) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// get reads a page of the API server as the admin. path may have a query.
func (c *ControlPlane) get(ctx context.Context, path string) (string, error) {
	client, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return "", fmt.Errorf("make a client of the cluster: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Info.Server+path, nil)
	if err != nil {
		return "", fmt.Errorf("make the request %s: %w", path, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err // names the method and the URL
	}
	defer func() { _ = response.Body.Close() }() // it is only read
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", fmt.Errorf("read the answer to %s: %w", path, err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("GET %s: %s", path, response.Status)
	}
	return string(body), nil
}

// parseRequests adds up the samples of apiserver_request_total in a page of metrics.
func parseRequests(page io.Reader) (RequestCounts, error) {
	label := regexp.MustCompile(`(\w+)="([^"]*)"`)
	counts := RequestCounts{}
	lines := bufio.NewScanner(page)
	for lines.Scan() {
		sample, ok := strings.CutPrefix(lines.Text(), "apiserver_request_total{")
		if !ok {
			continue
		}
		labels, value, _ := strings.Cut(sample, "} ")
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return nil, fmt.Errorf("read the sample %q: %w", lines.Text(), err)
		}
		byName := map[string]string{}
		for _, match := range label.FindAllStringSubmatch(labels, -1) {
			byName[match[1]] = match[2]
		}
		counts[Request{byName["verb"], byName["resource"], byName["subresource"], byName["code"]}] += int(number)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	return counts, nil
}
