package harness

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Kubectl runs kubectl as the admin, or whom a --kubeconfig among args names, with a text for its standard input, and returns
// what it prints on standard output. A failure fails the test.
func (c *ControlPlane) Kubectl(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	out, err := c.kubectl(t.Context(), stdin, args...)
	require.NoError(t, err)
	return out
}

// KubectlErr is Kubectl for commands that may fail. The error has what kubectl says on standard error.
func (c *ControlPlane) KubectlErr(t testing.TB, stdin string, args ...string) (string, error) {
	t.Helper()
	return c.kubectl(t.Context(), stdin, args...)
}

// Namespace makes a namespace of a fresh name. Its deletion begins when the test ends; nobody waits for it.
func (c *ControlPlane) Namespace(t testing.TB) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text()[:10])
	c.Kubectl(t, "", "create", "namespace", name)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if _, err := c.kubectl(ctx, "", "delete", "namespace", name, "--wait=false", "--ignore-not-found"); err != nil {
			t.Error(err)
		}
	})
	return name
}

// ServiceAccountKubeconfig is the path of a kubeconfig by which its user is a service account, with a token of an hour and the
// account's namespace as the current one. The account is made when it is missing, without any permission.
func (c *ControlPlane) ServiceAccountKubeconfig(t testing.TB, namespace, name string) string {
	t.Helper()
	_, err := c.KubectlErr(t, "", "create", "serviceaccount", name, "--namespace", namespace)
	if err == nil || !strings.Contains(err.Error(), "already exists") {
		require.NoError(t, err)
	}
	token := c.Kubectl(t, "", "create", "token", name, "--namespace", namespace, "--duration=1h")
	config := clientcmdapi.NewConfig()
	config.CurrentContext = name
	config.Clusters[name] = &clientcmdapi.Cluster{Server: c.Info.Server, CertificateAuthorityData: c.config.CAData}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: strings.TrimSpace(token)}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: namespace}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	require.NoError(t, clientcmd.WriteToFile(*config, path), "write the kubeconfig of a service account")
	return path
}

// kubectl runs the kubectl of the cluster's release. Its discovery cache is the cluster's own: in the one in the home directory
// an earlier cluster on the same port would live on.
func (c *ControlPlane) kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	result, err := execute(ctx, command{
		bin:   filepath.Join(c.Info.Bin, "kubectl"),
		args:  args,
		env:   []string{"HOME=" + c.Info.Dir, "KUBECONFIG=" + c.Info.Kubeconfig},
		stdin: stdin,
	})
	if err != nil {
		return "", err
	}
	if result.Code != 0 {
		return result.Stdout, fmt.Errorf("kubectl %s: exit code %d: %s",
			strings.Join(args, " "), result.Code, strings.TrimSpace(result.Stderr))
	}
	return result.Stdout, nil
}
