package harness

import (
	"fmt"
	"maps"
	"slices"
	"strings"
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
