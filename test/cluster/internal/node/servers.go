//go:build unix

package node

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

// servers knows the command line of each server of the node.
type servers struct {
	set   assets.Set
	tools Tools
	files layout
	place Place
}

// containerd runs containers.
func (s servers) containerd() process.Command {
	return s.command("containerd", s.tools.bin("containerd"), "--config="+s.files.containerdConfig())
}

// scheduler gives Pods to the node.
func (s servers) scheduler() process.Command {
	kubeconfig := s.files.kubeconfig(scheduler)
	return s.command(scheduler, s.set.Path(scheduler),
		"--kubeconfig="+kubeconfig,
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--secure-port=0",
		"--leader-elect=false",
	)
}

// proxy makes the addresses of Services lead to Pods, and that of the Service kubernetes to the API server.
func (s servers) proxy() process.Command {
	return s.command(proxy, s.set.Path(proxy),
		"--kubeconfig="+s.files.kubeconfig(proxy),
		"--hostname-override="+Name,
		"--proxy-mode=iptables",
		"--cluster-cidr="+s.place.Pods,
		// The limits of connection tracking are the host's.
		"--conntrack-max-per-core=0",
		"--conntrack-min=0",
		"--conntrack-tcp-timeout-established=0",
		"--conntrack-tcp-timeout-close-wait=0",
	)
}

// kubelet runs the node's Pods.
func (s servers) kubelet() process.Command {
	return s.command(kubelet, s.set.Path(kubelet),
		"--config="+s.files.kubeletConfig(),
		"--kubeconfig="+s.files.kubeconfig(kubelet),
		"--hostname-override="+Name,
		"--node-ip="+s.place.Address,
		"--root-dir="+s.files.kubeletRoot(),
		"--cert-dir="+s.files.at("kubelet-pki"),
	)
}

// command is the command of one server, in an environment where it finds the tools.
func (s servers) command(name, path string, args ...string) process.Command {
	return process.Command{Name: name, Path: path, Args: args, Dir: s.files.dir, Env: s.tools.env(), Log: s.files.log(name)}
}
