package harness

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
)

// Request is what requests to the API server that count as one kind have in common.
type Request struct {
	Verb        string // GET, LIST, WATCH, POST, PUT, PATCH, APPLY (a server-side apply), DELETE, DELETECOLLECTION
	Resource    string // plural, such as secrets; empty for requests of no resource, such as discovery
	Subresource string // such as status; often empty
	Code        string // of the answer, such as 200
}

// String is, for example, "PATCH externalsecrets/status 200".
func (r Request) String() string {
	return r.Verb + " " + r.target() + " " + r.Code
}

// target is the resource with, after a slash, the subresource if there is one.
func (r Request) target() string {
	if r.Subresource == "" {
		return r.Resource
	}
	return r.Resource + "/" + r.Subresource
}

// RequestCounts are numbers of requests by kind, never 0.
type RequestCounts map[Request]int

// Requests are the requests that the API server has answered since it started, of all clients, the cluster's own controllers
// among them. A watch counts when it ends. To count what a piece of work asks, subtract the counts before it from those after it
// and look at the resources that only this work uses, or at those of one test at a time.
func (c *ControlPlane) Requests(t testing.TB) RequestCounts {
	t.Helper()
	counts, err := c.requests(t)
	require.NoError(t, err, "count the requests to the API server")
	return counts
}

// requests reads the metrics of the API server.
func (c *ControlPlane) requests(t testing.TB) (_ RequestCounts, err error) {
	client, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.Info.Server+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // only read
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("GET /metrics: %s", response.Status)
	}
	return parseRequests(response.Body)
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
	return counts, lines.Err()
}

// Sub is what was counted since before.
func (c RequestCounts) Sub(before RequestCounts) RequestCounts {
	since := RequestCounts{}
	for kind, count := range c {
		if more := count - before[kind]; more != 0 {
			since[kind] = more
		}
	}
	return since
}

// Only is the part with the named resources, all their subresources included.
func (c RequestCounts) Only(resources ...string) RequestCounts {
	part := maps.Clone(c)
	maps.DeleteFunc(part, func(kind Request, _ int) bool { return !slices.Contains(resources, kind.Resource) })
	return part
}

// Count is the number of requests of a verb for a resource, such as secrets, or a subresource, such as
// externalsecrets/status, whatever the answer was.
func (c RequestCounts) Count(verb, resource string) int {
	sum := 0
	for kind, count := range c {
		if kind.Verb == verb && kind.target() == resource {
			sum += count
		}
	}
	return sum
}

// Total is the number of all requests.
func (c RequestCounts) Total() int {
	sum := 0
	for _, count := range c {
		sum += count
	}
	return sum
}

// String has a line for each kind, in alphabetical order, such as "3 PATCH externalsecrets/status 200".
func (c RequestCounts) String() string {
	kinds := slices.SortedFunc(maps.Keys(c), func(a, b Request) int { return strings.Compare(a.String(), b.String()) })
	var text strings.Builder
	for _, kind := range kinds {
		fmt.Fprintf(&text, "%d %s\n", c[kind], kind)
	}
	return text.String()
}
