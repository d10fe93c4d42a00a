//go:build unix

// Package controlplane starts etcd, kube-apiserver and kube-controller-manager as one cluster on loopback ports, says when it
// is ready, and stops it in order. The executables come from package assets, the certificates from package pki.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
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
}

// ControlPlane is a running cluster.
type ControlPlane struct {
	Info Info

	started []*process.Process // in the order of their start
}

// Start brings up a cluster in dir, an absolute path, and returns when it can be used. Whatever a cluster that ran there before
// has left is removed first. When it can't be started nothing is left running.
func Start(ctx context.Context, set assets.Set, dir string) (*ControlPlane, error) {
	for attempt := 1; ; attempt++ {
		plane, err := startOnce(ctx, set, layout{dir})
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
func startOnce(ctx context.Context, set assets.Set, files layout) (_ *ControlPlane, err error) {
	if err := files.reset(); err != nil {
		return nil, err
	}
	ports, err := freePorts()
	if err != nil {
		return nil, err
	}
	server := url("https", ports.apiServer)
	admin, err := writeCredentials(files, server)
	if err != nil {
		return nil, err
	}
	defer admin.CloseIdleConnections()

	plane := &ControlPlane{Info: Info{
		Kubeconfig: files.adminKubeconfig(), Server: server, Dir: files.dir, Bin: set.Dir, Version: set.Version,
		CAFile: files.ca(), Issuer: issuer, JWKSFile: files.serviceAccountJWKS(),
	}}
	defer func() {
		if err != nil {
			err = errors.Join(err, plane.Stop())
		}
	}()
	run := servers{set, files, ports}
	for _, step := range []struct {
		command process.Command
		ready   func(context.Context) error
	}{
		{run.etcd(), answers(admin, url("https", ports.etcdClient)+"/health")},
		{run.apiServer(), answers(admin, server+"/readyz")},
		// That it has made this account shows that the controllers run.
		{run.controllerManager(), answers(admin, server+"/api/v1/namespaces/default/serviceaccounts/default")},
	} {
		if err := plane.add(ctx, step.command, step.ready); err != nil {
			return nil, err
		}
	}
	return plane, saveJWKS(ctx, admin, plane.Info)
}

// add starts one more server and waits until it is ready.
func (c *ControlPlane) add(ctx context.Context, command process.Command, ready func(context.Context) error) error {
	server, err := process.Start(command)
	if err != nil {
		return err
	}
	c.started = append(c.started, server)
	if err := await(ctx, server, ready); err != nil {
		return fmt.Errorf("wait for %s: %w", command.Name, err)
	}
	return nil
}

// Wait returns nil when ctx ends, or sooner, with an error, when a server ends by itself.
func (c *ControlPlane) Wait(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan *process.Process, len(c.started))
	for _, server := range c.started {
		go func() {
			select {
			case <-server.Done():
				ended <- server
			case <-ctx.Done():
			}
		}()
	}
	select {
	case server := <-ended:
		return fmt.Errorf("a server of the cluster ended by itself: %w", server.EarlyEnd())
	case <-ctx.Done():
		return nil
	}
}

// Stop ends the servers, the last started first, each before the one that it depends on. When one has ended by itself the
// others are killed: without etcd, say, the API server would try in vain to end in order. The directory stays.
func (c *ControlPlane) Stop() error {
	end := func(server *process.Process) error { return server.Stop(stopGrace) }
	if c.broken() {
		end = (*process.Process).Kill
	}
	var failed []error
	for _, server := range slices.Backward(c.started) {
		failed = append(failed, end(server))
	}
	return errors.Join(failed...)
}

// broken tells whether a server has ended by itself.
func (c *ControlPlane) broken() bool {
	return slices.ContainsFunc(c.started, func(server *process.Process) bool {
		select {
		case <-server.Done():
			return true
		default:
			return false
		}
	})
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
