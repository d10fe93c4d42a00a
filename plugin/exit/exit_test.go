package exit

import (
	"errors"
	"fmt"
	"net/url"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestCode(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want int
	}{
		"no error is success":                       {nil, 0},
		"an error fails":                            {errors.New("x"), 1},
		"an error with a code has it":               {&Error{Code: TimedOut, Err: errors.New("late")}, 124},
		"a code is found under what wraps it":       {fmt.Errorf("refresh: %w", Silent(3)), 3},
		"an interrupt ends as a shell reports it":   {Signal(syscall.SIGINT), 130},
		"a termination ends as a shell reports it":  {Signal(syscall.SIGTERM), 143},
		"a signal is found under what it has ended": {fmt.Errorf("%w: 3 were not reached", Signal(syscall.SIGTERM)), 143},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, Code(test.err)) })
	}
}

func TestMessage(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "db", errors.New("no"))
	refused := &url.Error{Op: "Get", URL: "https://10.0.0.1:6443/api", Err: errors.New("connect: connection refused")}
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"nothing is said of success":         {nil, ""},
		"nothing is said twice":              {fmt.Errorf("x: %w", Silent(1)), ""},
		"an error is called one":             {errors.New("no such thing"), "error: no such thing"},
		"an error is called one only once":   {errors.New("error: no such thing"), "error: no such thing"},
		"an error with a code speaks":        {&Error{Code: 124, Err: errors.New("timed out")}, "error: timed out"},
		"the server's reason leads":          {forbidden, `Error from server (Forbidden): secrets "db" is forbidden: no`},
		"the server's reason leads the step": {fmt.Errorf("get secret: %w", forbidden), `Error from server (Forbidden): get secret: secrets "db" is forbidden: no`},
		"an unauthorized user is told so":    {apierrors.NewUnauthorized("bad token"), "error: You must be logged in to the server (bad token)"},
		"a refused connection names the host": {fmt.Errorf("list: %w", refused),
			"The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?"},
		"an unreachable server is called that": {&url.Error{Op: "Get", URL: "https://x", Err: errors.New("no route to host")},
			"Unable to connect to the server: no route to host"},
		"a field that can't be selected by is told of": {
			fmt.Errorf("list: %w", apierrors.NewBadRequest("field label not supported: spec.foo")),
			"Error from server (BadRequest): list: field label not supported: spec.foo: --help names those that are; " +
				"CRDs of others may know only metadata.name and metadata.namespace",
		},
		"text cannot move the cursor": {errors.New("a\x1b[2Jb"), "error: a^[[2Jb"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, Message(test.err)) })
	}
}
