package harness

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// APIServer is the name of the API server for StopServer. The others are etcd, kube-controller-manager and, with a node,
// containerd, kube-proxy, kube-scheduler and kubelet.
const APIServer = "kube-apiserver"

// StopServer ends one server of the cluster in order, and returns when it has. The other tests of the test binary lose it too. It
// is started again when the test ends, if StartServer has not done so. An API server has an empty count of Requests then.
func (c *ControlPlane) StopServer(t testing.TB, name string) {
	t.Helper()
	c.endServer(t, name, "stop")
}

// KillServer is StopServer by SIGKILL.
func (c *ControlPlane) KillServer(t testing.TB, name string) {
	t.Helper()
	c.endServer(t, name, "kill")
}

// StartServer starts a server again that StopServer or KillServer has ended, and returns when it is ready.
func (c *ControlPlane) StartServer(t testing.TB, name string) {
	t.Helper()
	code, said := c.command(t, name, "start")
	require.Equal(t, http.StatusOK, code, said)
}

// endServer ends a server, and sees to it that it does not stay so.
func (c *ControlPlane) endServer(t testing.TB, name, how string) {
	t.Helper()
	t.Cleanup(func() {
		// A conflict says that it runs.
		if code, said := c.command(t, name, "start"); code != http.StatusOK && code != http.StatusConflict {
			t.Errorf("start %s again: %s", name, said)
		}
	})
	code, said := c.command(t, name, how)
	require.Equal(t, http.StatusOK, code, said)
}

// command sends a command for one server to the program that runs the cluster. It works in cleanups too.
func (c *ControlPlane) command(t testing.TB, name, what string) (code int, said string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", c.Info.Control)
		},
	}}
	ctx := context.WithoutCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://cluster/servers/"+name+"/"+what, nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	body, err := io.ReadAll(response.Body)
	require.NoError(t, errors.Join(err, response.Body.Close()))
	return response.StatusCode, string(body)
}
