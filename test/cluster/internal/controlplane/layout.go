package controlplane

import (
	"fmt"
	"os"
	"path/filepath"
)

// layout is where the parts of a cluster are under its directory.
type layout struct{ dir string }

func (l layout) etcdData() string           { return filepath.Join(l.dir, "etcd") }
func (l layout) pkiDir() string             { return filepath.Join(l.dir, "pki") }
func (l layout) logDir() string             { return filepath.Join(l.dir, "logs") }
func (l layout) flexVolumes() string        { return filepath.Join(l.dir, "flexvolumes") }
func (l layout) pki(name string) string     { return filepath.Join(l.pkiDir(), name) }
func (l layout) log(program string) string  { return filepath.Join(l.logDir(), program+".log") }
func (l layout) adminKubeconfig() string    { return filepath.Join(l.dir, "admin.kubeconfig") }
func (l layout) managerKubeconfig() string  { return l.pki("kube-controller-manager.kubeconfig") }
func (l layout) ca() string                 { return l.pki("ca.crt") }
func (l layout) etcdCert() string           { return l.pki("etcd.crt") }
func (l layout) etcdKey() string            { return l.pki("etcd.key") }
func (l layout) etcdClientCert() string     { return l.pki("etcd-client.crt") }
func (l layout) etcdClientKey() string      { return l.pki("etcd-client.key") }
func (l layout) serverCert() string         { return l.pki("kube-apiserver.crt") }
func (l layout) serverKey() string          { return l.pki("kube-apiserver.key") }
func (l layout) kubeletClientCert() string  { return l.pki("kubelet-client.crt") }
func (l layout) kubeletClientKey() string   { return l.pki("kubelet-client.key") }
func (l layout) serviceAccountKey() string  { return l.pki("service-account.key") }
func (l layout) serviceAccountJWKS() string { return filepath.Join(l.dir, "jwks.json") }

// reset makes the directory as empty as for a first start: no data, keys or logs of a cluster that ran there before.
func (l layout) reset() error {
	for _, sub := range []string{l.etcdData(), l.pkiDir(), l.logDir()} {
		if err := os.RemoveAll(sub); err != nil {
			return fmt.Errorf("remove what an earlier cluster has left: %w", err)
		}
		if err := os.MkdirAll(sub, 0o700); err != nil {
			return fmt.Errorf("make the directories of the cluster: %w", err)
		}
	}
	return nil
}
