package kubernetes

import (
	"net/http"
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// fromKubeconfig is the connection of a kubeconfig's current context. The file was written by somebody who may have no rights
// where the pass runs: what would run a program there, read a file there or leave the server unverified is refused. Errors do not
// quote the file, which holds credentials.
func fromKubeconfig(content []byte) (*rest.Config, error) {
	kubeconfig, err := clientcmd.Load(content)
	if err != nil {
		return nil, invalid("%s.authRef does not hold a kubeconfig", field)
	}
	current := kubeconfig.Contexts[kubeconfig.CurrentContext]
	if current == nil {
		return nil, invalid("the kubeconfig of %s.authRef has no current-context that it describes", field)
	}
	cluster, user := kubeconfig.Clusters[current.Cluster], kubeconfig.AuthInfos[current.AuthInfo]
	if cluster == nil || user == nil {
		return nil, invalid("the current-context of the kubeconfig of %s.authRef names a cluster or a user that is not in it", field)
	}
	if refused := refusedFields(cluster, user); refused != "" {
		return nil, invalid("the kubeconfig of %s.authRef has %s, which is not followed: put certificates and tokens into the kubeconfig itself", field, refused)
	}
	server, err := secureURL("the server in the kubeconfig of "+field+".authRef", cluster.Server)
	if err != nil {
		return nil, err
	}
	config := &rest.Config{
		Host: server, DisableCompression: cluster.DisableCompression,
		BearerToken: user.Token, Username: user.Username, Password: user.Password,
		Impersonate: rest.ImpersonationConfig{
			UserName: user.Impersonate, UID: user.ImpersonateUID, Groups: user.ImpersonateGroups, Extra: user.ImpersonateUserExtra,
		},
		TLSClientConfig: rest.TLSClientConfig{
			ServerName: cluster.TLSServerName, CAData: cluster.CertificateAuthorityData,
			CertData: user.ClientCertificateData, KeyData: user.ClientKeyData,
		},
	}
	if cluster.ProxyURL != "" {
		proxy, err := url.Parse(cluster.ProxyURL)
		if err != nil {
			return nil, invalid("proxy-url in the kubeconfig of %s.authRef is not a URL", field)
		}
		config.Proxy = http.ProxyURL(proxy)
	}
	return config, nil
}

// refusedFields names the first field that is set and not followed; empty if there is none.
func refusedFields(cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) string {
	for _, f := range []struct {
		name string
		used bool
	}{
		{"exec", user.Exec != nil},
		{"auth-provider", user.AuthProvider != nil},
		{"tokenFile", user.TokenFile != ""},
		{"client-certificate", user.ClientCertificate != ""},
		{"client-key", user.ClientKey != ""},
		{"certificate-authority", cluster.CertificateAuthority != ""},
		{"insecure-skip-tls-verify", cluster.InsecureSkipTLSVerify},
	} {
		if f.used {
			return f.name
		}
	}
	return ""
}
