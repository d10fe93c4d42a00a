package azurekv_test

import (
	"net"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
)

func TestAMachineThatIsNotOfAzureIsAskedOnce(t *testing.T) {
	environment := map[string]string{"IDENTITY_ENDPOINT": "http://" + silentAddress(t) + "/msi/token", "IDENTITY_HEADER": "header"}
	p := azurekv.Provider{Getenv: func(name string) string { return environment[name] }, Backoff: time.Millisecond}
	began := time.Now()
	err := login(t, p, storeOf(`"authType":"ManagedIdentity"`), keychain{})
	require.ErrorContains(t, err, "no answer came in time")
	assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	assert.Less(t, time.Since(began), 7*time.Second, "one attempt is given up after two")
}

// silentAddress is one where connections are neither taken nor refused, as at a link-local address that nobody has: the queue of those who
// wait to be accepted is full.
func silentAddress(t *testing.T) string {
	t.Helper()
	socket, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(socket) })
	require.NoError(t, syscall.Bind(socket, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	require.NoError(t, syscall.Listen(socket, 0))
	name, err := syscall.Getsockname(socket)
	require.NoError(t, err)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(name.(*syscall.SockaddrInet4).Port))
	for range 10 {
		connection, err := net.DialTimeout("tcp", address, 200*time.Millisecond)
		if err != nil {
			return address
		}
		t.Cleanup(func() { _ = connection.Close() })
	}
	require.Fail(t, "every connection is taken")
	return ""
}
