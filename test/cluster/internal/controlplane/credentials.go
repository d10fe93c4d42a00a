package controlplane

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/cluster/internal/pki"
)

// requestTimeout bounds one question to the API server; a server that starts may take a connection and then stay silent.
const requestTimeout = 5 * time.Second

// writeCredentials makes a fresh authority and everything it signs, writes what the servers and the users need, and returns a
// client that acts as the admin, to etcd as well. server is the URL of the API server.
func writeCredentials(files layout, opts Options, server string) (*http.Client, error) {
	authority, err := pki.NewAuthority("test-cluster-ca")
	if err != nil {
		return nil, err
	}
	etcd, err := authority.Server("etcd", loopback)
	if err != nil {
		return nil, err
	}
	etcdClient, err := authority.Client("kube-apiserver-etcd-client")
	if err != nil {
		return nil, err
	}
	serving, err := authority.Server("kube-apiserver", opts.address(), loopback, "localhost", serviceAddress,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
	if err != nil {
		return nil, err
	}
	// To a kubelet the API server is an admin: that is how it gets at logs.
	kubeletClient, err := authority.Client("kube-apiserver-kubelet-client", "system:masters")
	if err != nil {
		return nil, err
	}
	manager, err := authority.Client("system:kube-controller-manager")
	if err != nil {
		return nil, err
	}
	admin, err := authority.Client("admin", "system:masters")
	if err != nil {
		return nil, err
	}
	serviceAccounts, err := pki.ServiceAccountKey()
	if err != nil {
		return nil, err
	}
	written := map[string][]byte{
		files.ca():                authority.CertPEM,
		files.etcdCert():          etcd.Cert,
		files.etcdKey():           etcd.Key,
		files.etcdClientCert():    etcdClient.Cert,
		files.etcdClientKey():     etcdClient.Key,
		files.serverCert():        serving.Cert,
		files.serverKey():         serving.Key,
		files.kubeletClientCert(): kubeletClient.Cert,
		files.kubeletClientKey():  kubeletClient.Key,
		files.serviceAccountKey(): serviceAccounts,
		files.managerKubeconfig(): authority.Kubeconfig(server, "kube-controller-manager", manager),
		files.adminKubeconfig():   authority.Kubeconfig(server, "admin", admin),
	}
	for _, user := range opts.Users {
		pair, err := authority.Client(user.Name, user.Groups...)
		if err != nil {
			return nil, err
		}
		written[user.Kubeconfig] = authority.Kubeconfig(server, user.Name, pair)
	}
	for path, content := range written {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return nil, fmt.Errorf("write the credentials of the cluster: %w", err)
		}
	}
	return newClient(authority.CertPEM, admin)
}

// newClient is a client that trusts the authority and shows the pair.
func newClient(authority []byte, pair pki.Pair) (*http.Client, error) {
	cert, err := tls.X509KeyPair(pair.Cert, pair.Key)
	if err != nil {
		return nil, fmt.Errorf("read back the admin's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("the authority's certificate can't be read back")
	}
	return &http.Client{
		Timeout:   requestTimeout,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}}},
	}, nil
}
