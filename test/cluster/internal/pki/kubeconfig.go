package pki

import (
	"encoding/base64"
	"fmt"
)

// Kubeconfig is the content of a kubeconfig by which the owner of the pair reaches the API server at the address server, an
// https URL. It stands alone: certificates are in it, not beside it. Its context has the namespace default.
func (a *Authority) Kubeconfig(server, user string, pair Pair) []byte {
	b64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: cluster
clusters:
- name: cluster
  cluster:
    server: %q
    certificate-authority-data: %s
users:
- name: %[3]q
  user:
    client-certificate-data: %[4]s
    client-key-data: %[5]s
contexts:
- name: cluster
  context:
    cluster: cluster
    user: %[3]q
    namespace: default
`, server, b64(a.CertPEM), user, b64(pair.Cert), b64(pair.Key))
}
