//go:build unix

package controlplane

import (
	"strconv"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/assets"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/process"
)

// issuer is who service account tokens say they are from, as in most clusters.
const issuer = "https://kubernetes.default.svc"

const (
	serviceRange = "10.96.0.0/16"
	// serviceAddress is the first address of serviceRange, which the Service kubernetes gets.
	serviceAddress = "10.96.0.1"
)

// servers knows the command line of each server. They are the defaults of a real cluster wherever nothing forces otherwise:
// every admission plugin and controller that is on by default stays on.
type servers struct {
	set     assets.Set
	files   layout
	address string // of the API server
	ports   ports
}

// etcd keeps the cluster's objects. It doesn't wait for the disk: nobody needs the data after a crash. With TLS it can't be
// mistaken for the etcd of another cluster that took the port in between.
func (s servers) etcd() process.Command {
	client, peer := url("https", loopback, s.ports.etcdClient), url("http", loopback, s.ports.etcdPeer)
	return s.command("etcd",
		"--name=etcd",
		"--data-dir="+s.files.etcdData(),
		"--unsafe-no-fsync",
		"--listen-client-urls="+client,
		"--advertise-client-urls="+client,
		"--cert-file="+s.files.etcdCert(),
		"--key-file="+s.files.etcdKey(),
		"--trusted-ca-file="+s.files.ca(),
		"--client-cert-auth",
		// Its HTTP gateway would be a client of etcd itself, without a certificate for that; nothing here speaks to it.
		"--enable-grpc-gateway=false",
		"--listen-peer-urls="+peer,
		"--initial-advertise-peer-urls="+peer,
		"--initial-cluster=etcd="+peer,
	)
}

// apiServer serves the Kubernetes API, to clients with a certificate of the cluster's authority or a service account token.
func (s servers) apiServer() process.Command {
	endpoints := "lease"
	if s.address == loopback {
		// Endpoints must not be loopback addresses, so the Service kubernetes has none here.
		endpoints = "none"
	}
	return s.command("kube-apiserver",
		"--etcd-servers="+url("https", loopback, s.ports.etcdClient),
		"--etcd-cafile="+s.files.ca(),
		"--etcd-certfile="+s.files.etcdClientCert(),
		"--etcd-keyfile="+s.files.etcdClientKey(),
		"--bind-address="+s.address,
		"--advertise-address="+s.address,
		"--endpoint-reconciler-type="+endpoints,
		"--secure-port="+strconv.Itoa(s.ports.apiServer),
		"--tls-cert-file="+s.files.serverCert(),
		"--tls-private-key-file="+s.files.serverKey(),
		"--client-ca-file="+s.files.ca(),
		"--kubelet-client-certificate="+s.files.kubeletClientCert(),
		"--kubelet-client-key="+s.files.kubeletClientKey(),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer="+issuer,
		"--service-account-key-file="+s.files.serviceAccountKey(),
		"--service-account-signing-key-file="+s.files.serviceAccountKey(),
		"--service-cluster-ip-range="+serviceRange,
		"--authorization-mode=Node,RBAC",
		"--allow-privileged",
		// Without it a watch that a client keeps open would hold up the end of the server for a minute.
		"--shutdown-watch-termination-grace-period=1s",
	)
}

// controllerManager runs the controllers: garbage collection, the deletion of namespaces, CronJobs, service accounts. It
// serves nothing itself.
func (s servers) controllerManager() process.Command {
	return s.command("kube-controller-manager",
		"--kubeconfig="+s.files.managerKubeconfig(),
		"--authentication-kubeconfig="+s.files.managerKubeconfig(),
		"--authorization-kubeconfig="+s.files.managerKubeconfig(),
		"--secure-port=0",
		"--service-account-private-key-file="+s.files.serviceAccountKey(),
		"--root-ca-file="+s.files.ca(),
		"--use-service-account-credentials",
		"--leader-elect=false",
		// By default it holds itself back to 20 requests a second, and takes seconds just to set up its controllers.
		"--kube-api-qps=1000",
		"--kube-api-burst=1000",
		// The default is in a system directory, which it would make.
		"--flex-volume-plugin-dir="+s.files.flexVolumes(),
	)
}

// command is the command of one server, with its log where the layout has it.
func (s servers) command(program string, args ...string) process.Command {
	return process.Command{
		Name: program, Path: s.set.Path(program), Args: args, Dir: s.files.dir, Log: s.files.log(program),
	}
}
