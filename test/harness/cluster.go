package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// startWithin is how long a cluster may take to start: a few seconds, but minutes on a machine where it has yet to be compiled.
const startWithin = 20 * time.Minute

// ClusterInfo says how a cluster is used. All paths are absolute.
type ClusterInfo struct {
	Kubeconfig string `json:"kubeconfig"` // a file, of an admin, with the namespace default
	Server     string `json:"server"`     // the URL of the API server
	Dir        string `json:"dir"`        // where its data and, below logs, its logs are
	Bin        string `json:"bin"`        // where its executables are, kubectl among them
	Version    string `json:"version"`    // of Kubernetes, such as v1.36.3
	CAFile     string `json:"caFile"`     // by which the API server is verified
	Issuer     string `json:"issuer"`     // of service account tokens
	JWKSFile   string `json:"jwksFile"`   // by which service account tokens are verified
	Control    string `json:"control"`    // the socket at which servers can be stopped and started
	// HostAddress is where Pods reach what listens there on this machine; empty for a cluster without a node.
	HostAddress string `json:"hostAddress"`
}

// ControlPlane is a running cluster: etcd, kube-apiserver and kube-controller-manager, without nodes unless NodeCluster adds one.
// Its methods may be used by parallel tests.
type ControlPlane struct {
	Info ClusterInfo

	config *rest.Config
	crds   func() error           // applies the CRDs, the first time it is called
	kinds  func() (*kinds, error) // what can be applied, once anything is
}

// Cluster returns the cluster of this test binary, which is started for the first test that asks. It ends with the test binary.
// When it can't be started the test fails with the reason. Building it the first time on a machine may take longer than go test
// allows by default: the program in test/cluster does it beforehand with its command build.
func Cluster(t testing.TB) *ControlPlane {
	t.Helper()
	Need(t)
	cluster, err := shared.cluster()
	require.NoError(t, err)
	return cluster
}

// startCluster starts a cluster as a child; the flags are those of the program's command up.
func (s *session) startCluster(flags ...string) (*ControlPlane, error) {
	bin, err := s.build(clusterProgram())
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	// The child is let go of on purpose: it sees the end of this process by itself.
	_, line, err := startChild(ctx, bin, append([]string{"up"}, flags...)...)
	if err != nil {
		return nil, fmt.Errorf("start a cluster: %w", err)
	}
	cluster := &ControlPlane{}
	if err := json.Unmarshal(line, &cluster.Info); err != nil {
		return nil, fmt.Errorf("read how the cluster is used: %w", err)
	}
	cluster.config, err = clientcmd.BuildConfigFromFlags("", cluster.Info.Kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig of the cluster: %w", err)
	}
	cluster.config.QPS = -1
	// It is on this machine, whatever its address.
	cluster.config.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	cluster.crds = sync.OnceValue(cluster.applyCRDs)
	cluster.kinds = sync.OnceValues(cluster.newKinds)
	return cluster, nil
}

// clusterProgram is the program that builds and runs clusters.
func clusterProgram() program { return program{module: "test/cluster", pkg: "."} }

// Kubeconfig is the path of a kubeconfig of an admin. Its context has the namespace default.
func (c *ControlPlane) Kubeconfig() string { return c.Info.Kubeconfig }

// Config is a copy of the admin's client configuration, with no limit on the rate of requests.
func (c *ControlPlane) Config() *rest.Config { return rest.CopyConfig(c.config) }

// ApplyCRDs puts the repository's CRDs into the cluster, for the first test that asks, and waits until they are served.
func (c *ControlPlane) ApplyCRDs(t testing.TB) {
	t.Helper()
	require.NoError(t, c.crds())
}

// applyCRDs does what ApplyCRDs says.
func (c *ControlPlane) applyCRDs() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	root, err := repositoryRoot(ctx)
	if err != nil {
		return err
	}
	dir := filepath.Join(root, "manifests", "crds")
	if _, err := c.kubectl(ctx, "", "apply", "-f", dir); err != nil {
		return fmt.Errorf("apply the CRDs: %w", err)
	}
	// Not --for=condition: that fails on a CRD so new that it has no conditions yet.
	established := `--for=jsonpath={.status.conditions[?(@.type=="Established")].status}=True`
	if _, err := c.kubectl(ctx, "", "wait", established, "--timeout=60s", "-f", dir); err != nil {
		return fmt.Errorf("wait for the CRDs: %w", err)
	}
	return nil
}
