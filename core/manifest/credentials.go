package manifest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"k8s.io/client-go/rest"
)

// ErrNoCluster answers what only a cluster could.
var ErrNoCluster = errors.New("that needs a cluster, and none is asked when manifests are rendered")

// ServiceAccount is asked for by stores that log in as one, which takes a token: that no manifest has.
func (o *Objects) ServiceAccount(_ context.Context, _, called string) (map[string]string, error) {
	return nil, fmt.Errorf("the store logs in as ServiceAccount %q: %w", called, ErrNoCluster)
}

// Token can't be minted.
func (o *Objects) Token(_ context.Context, _, called string, _ []string) (string, time.Time, error) {
	return "", time.Time{}, fmt.Errorf("the store logs in with a token of ServiceAccount %q: %w", called, ErrNoCluster)
}

// APIServer is a connection that fails: without one a client would try this machine, and send its credentials there.
func (o *Objects) APIServer() *rest.Config {
	return &rest.Config{
		Host: "https://kubernetes.default.svc",
		Dial: func(context.Context, string, string) (net.Conn, error) {
			return nil, fmt.Errorf("the store reads the cluster that it is in: %w", ErrNoCluster)
		},
	}
}
