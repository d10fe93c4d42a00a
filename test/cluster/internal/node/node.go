//go:build unix

// Package node makes a machine, or a sandbox, a node of a cluster: containerd, kubelet, kube-scheduler and kube-proxy. The
// namespaces that they run in come from package sandbox, the control plane from package controlplane.
package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/controlplane"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

const (
	// Name is the name of the node.
	Name = "node1"
	// PauseCommand is the argument with which this program does what the first container of a Pod does: nothing.
	PauseCommand = "pause"

	pauseImage = "localhost/pause:1"
	kubelet    = "kubelet"
	scheduler  = "kube-scheduler"
	proxy      = "kube-proxy"
)

// Start brings up a cluster in dir whose node is here, and returns when Pods run.
func Start(ctx context.Context, set assets.Set, tools Tools, dir string, place Place) (_ *controlplane.ControlPlane, err error) {
	files := layout{dir}
	if err := files.reset(); err != nil {
		return nil, err
	}
	plane, err := controlplane.Start(ctx, set, controlplane.Options{Dir: dir, Address: place.Address, Users: []controlplane.User{
		{Name: "system:node:" + Name, Groups: []string{"system:nodes"}, Kubeconfig: files.kubeconfig(kubelet)},
		{Name: "system:kube-scheduler", Kubeconfig: files.kubeconfig(scheduler)},
		{Name: "system:kube-proxy", Kubeconfig: files.kubeconfig(proxy)},
	}})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("start the node: %w", err), plane.Stop())
		}
	}()
	if err := writeConfigurations(files, tools, place, plane.Info.CAFile); err != nil {
		return nil, err
	}
	run := servers{set, tools, files, place}
	if err := plane.Add(ctx, run.containerd(), func(ctx context.Context) error { return ctr(ctx, tools, dir, "version") }); err != nil {
		return nil, err
	}
	if err := loadPause(ctx, tools, dir); err != nil {
		return nil, err
	}
	for _, step := range []struct {
		command process.Command
		ready   func(context.Context) error
	}{
		{run.scheduler(), func(context.Context) error { return nil }},
		{run.kubelet(), func(ctx context.Context) error { return ready(ctx, plane) }},
		// It is not well before it has seen the node.
		{run.proxy(), healthy("http://127.0.0.1:10256/healthz")},
	} {
		if err := plane.Add(ctx, step.command, step.ready); err != nil {
			return nil, err
		}
	}
	return plane, nil
}

// Load puts the images of a tarball, in the format of OCI or of docker save, on the node of the cluster in dir.
func Load(ctx context.Context, tools Tools, dir, tarball string) error {
	if err := ctr(ctx, tools, dir, "--namespace", "k8s.io", "images", "import", "--snapshotter", "native", tarball); err != nil {
		return fmt.Errorf("load %s: %w", tarball, err)
	}
	return nil
}

// ctr runs the client of containerd.
func ctr(ctx context.Context, tools Tools, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, tools.bin("ctr"), append([]string{"--address", layout{dir}.socket()}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ctr %s: %w: %s", args[0], err, out)
	}
	return nil
}

// loadPause puts this program on the node as the first container of each Pod.
func loadPause(ctx context.Context, tools Tools, dir string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	path := layout{dir}.at("pause.tar")
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("make the pause image: %w", err)
	}
	if err := errors.Join(WriteImage(file, pauseImage, self, PauseCommand), file.Close()); err != nil {
		return err
	}
	return Load(ctx, tools, dir, path)
}

// healthy is a check that a GET of the URL is answered with success.
func healthy(url string) func(context.Context) error {
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{Proxy: nil}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return fmt.Errorf("make a request of %s: %w", url, err)
		}
		response, err := client.Do(request)
		if err != nil {
			return err // names the method and the URL
		}
		if response.StatusCode != http.StatusOK {
			err = fmt.Errorf("GET %s: %s", url, response.Status)
		}
		return errors.Join(err, response.Body.Close())
	}
}

// ready is an error unless the node says that it takes Pods.
func ready(ctx context.Context, plane *controlplane.ControlPlane) error {
	body, err := plane.Get(ctx, "/api/v1/nodes/"+Name)
	if err != nil {
		return err
	}
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status, Message string }
		}
	}
	if err := json.Unmarshal(body, &node); err != nil {
		return fmt.Errorf("read the node: %w", err)
	}
	why := "it has not said anything yet"
	for _, condition := range node.Status.Conditions {
		if condition.Type == "Ready" {
			if condition.Status == "True" {
				return nil
			}
			why = condition.Message
		}
	}
	return fmt.Errorf("the node is not ready: %s", why)
}
