//go:build unix

// Package controlplane starts etcd, kube-apiserver and kube-controller-manager as one cluster, says when it is ready, stops and
// starts single servers of it, and stops it all in order. Others may add servers of their own. The executables come from package
// assets, the certificates from package pki.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

const (
	// attempts is how often a start is tried when other processes take the ports that were found free.
	attempts = 5
	// stopGrace is how long one server may take to end; the API server first answers what it has been asked.
	stopGrace = 30 * time.Second
)

// Info says how a running cluster is used. All paths are absolute.
type Info struct {
	Kubeconfig string `json:"kubeconfig"` // a file, of an admin, with the namespace default
	Server     string `json:"server"`     // the URL of the API server
	Dir        string `json:"dir"`        // where its data and logs are
	Bin        string `json:"bin"`        // where its executables are, kubectl among them
	Version    string `json:"version"`    // of Kubernetes
	CAFile     string `json:"caFile"`     // by which the API server is verified
	Issuer     string `json:"issuer"`     // of service account tokens
	JWKSFile   string `json:"jwksFile"`   // by which service account tokens are verified
	Control    string `json:"control"`    // the socket at which servers can be stopped and started
	// HostAddress is where Pods reach what listens there on this machine; empty for a cluster without a node.
	HostAddress string `json:"hostAddress,omitempty"`
}

// ControlPlane is a running cluster.
type ControlPlane struct {
	Info Info

	admin *http.Client
	ended chan *server // gets one that ended by itself

	mu      sync.Mutex // one start or stop at a time; guards what follows
	members []*server  // in the order of their start
}

// Start brings up a cluster and returns when it can be used. Whatever a cluster that ran in its directory before has left is
// removed first. When it can't be started nothing is left running.
func Start(ctx context.Context, set assets.Set, opts Options) (*ControlPlane, error) {
	for attempt := 1; ; attempt++ {
		plane, err := startOnce(ctx, set, opts)
		if err == nil {
			return plane, nil
		}
		// All three servers put it in the words of the operating system, in their logs.
		if attempt == attempts || !strings.Contains(err.Error(), "address already in use") {
			return nil, fmt.Errorf("start the control plane: %w", err)
		}
	}
}

// startOnce is one attempt at Start, on ports of its own.
func startOnce(ctx context.Context, set assets.Set, opts Options) (_ *ControlPlane, err error) {
	files := layout{opts.Dir}
	if err := files.reset(); err != nil {
		return nil, err
	}
	ports, err := freePorts()
	if err != nil {
		return nil, err
	}
	api := url("https", opts.address(), ports.apiServer)
	admin, err := writeCredentials(files, opts, api)
	if err != nil {
		return nil, err
	}
	plane := &ControlPlane{
		Info: Info{
			Kubeconfig: files.adminKubeconfig(), Server: api, Dir: files.dir, Bin: set.Dir, Version: set.Version,
			CAFile: files.ca(), Issuer: issuer, JWKSFile: files.serviceAccountJWKS(),
		},
		admin: admin,
		ended: make(chan *server, 1),
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, plane.Stop())
		}
	}()
	run := servers{set, files, opts.address(), ports}
	for _, step := range []struct {
		command process.Command
		ready   func(context.Context) error
	}{
		{run.etcd(), answers(admin, url("https", loopback, ports.etcdClient)+"/health")},
		{run.apiServer(), answers(admin, api+"/readyz")},
		// That it has made this account shows that the controllers run.
		{run.controllerManager(), answers(admin, api+"/api/v1/namespaces/default/serviceaccounts/default")},
	} {
		if err := plane.Add(ctx, step.command, step.ready); err != nil {
			return nil, err
		}
	}
	return plane, saveJWKS(ctx, admin, plane.Info)
}

// Get reads a page of the API server, such as /version, as the admin.
func (c *ControlPlane) Get(ctx context.Context, path string) ([]byte, error) {
	return get(ctx, c.admin, c.Info.Server+path)
}

// Wait returns nil when ctx ends, or sooner, with an error, when a server ends by itself.
func (c *ControlPlane) Wait(ctx context.Context) error {
	select {
	case server := <-c.ended:
		return fmt.Errorf("a server of the cluster ended by itself: %w", server.process.EarlyEnd())
	case <-ctx.Done():
		return nil
	}
}

// Stop ends the servers, the last started first, each before the one that it depends on. When one has ended by itself the
// others are killed: without etcd, say, the API server would try in vain to end in order. The directory stays.
func (c *ControlPlane) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.admin.CloseIdleConnections()
	end := func(s *server) error { return s.process.Stop(stopGrace) }
	if slices.ContainsFunc(c.members, (*server).broken) {
		end = func(s *server) error { return s.process.Kill() }
	}
	var failed []error
	for _, server := range slices.Backward(c.members) {
		server.unwanted.Store(true)
		failed = append(failed, end(server))
	}
	return errors.Join(failed...)
}

// saveJWKS writes the public keys of the service account issuer where info says.
func saveJWKS(ctx context.Context, admin *http.Client, info Info) error {
	keys, err := get(ctx, admin, info.Server+"/openid/v1/jwks")
	if err != nil {
		return fmt.Errorf("get the keys of the service account issuer: %w", err)
	}
	if err := os.WriteFile(info.JWKSFile, keys, 0o644); err != nil {
		return fmt.Errorf("write the keys of the service account issuer: %w", err)
	}
	return nil
}
