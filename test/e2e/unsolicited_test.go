package e2e_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// talkative is the address of a server that refuses each request, and then says more than it was asked.
func talkative(t *testing.T, more string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	const refusal = `{"__type":"ResourceNotFoundException","message":"none"}`
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = connection.Close() }()
				reader := bufio.NewReader(connection)
				for {
					request, err := http.ReadRequest(reader)
					if err != nil {
						return
					}
					_ = request.Body.Close()
					_, _ = fmt.Fprintf(connection, "HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n%s", len(refusal), refusal)
					_, _ = fmt.Fprint(connection, more)
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

func TestWhatAServerSaysUnaskedIsNotLogged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	environment := append(w.environment(), "AWS_ENDPOINT_URL="+talkative(t, "canary-of-the-server"))
	w.apply(t, awsStore, externalSecret("app", dataOf("a")), externalSecret("other", "data: [{secretKey: a, remoteRef: {key: b, version: uuid/1}}]"))
	p := w.passIn(t, environment)
	assert.Equal(t, 1, p.Code)
	assert.NotContains(t, p.Stderr, "canary")
	assert.NotContains(t, p.Stderr, "Unsolicited")
	r := harness.Run(t, environment, pluginPath(t), "refresh", "--all", "-n", w.namespace)
	assert.Equal(t, 1, r.Code)
	assert.NotContains(t, r.Stdout+r.Stderr, "canary")
}
