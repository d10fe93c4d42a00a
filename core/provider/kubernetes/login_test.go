package kubernetes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func anything(call) reply { return reply{Body: secretOf("db", nil)} }

// kubeconfig is one for the cluster with a token.
func (c *cluster) kubeconfig(t *testing.T, change func(*clientcmdapi.Config)) []byte {
	t.Helper()
	config := clientcmdapi.NewConfig()
	config.CurrentContext = "here"
	config.Contexts["here"] = &clientcmdapi.Context{Cluster: "it", AuthInfo: "me", Namespace: "not-this-one"}
	config.Clusters["it"] = &clientcmdapi.Cluster{Server: c.URL, CertificateAuthorityData: c.CA}
	config.AuthInfos["me"] = &clientcmdapi.AuthInfo{Token: "kubeconfig-token"}
	if change != nil {
		change(config)
	}
	content, err := clientcmd.Write(*config)
	require.NoError(t, err)
	return content
}

func TestLogin(t *testing.T) {
	namespace := "vault-keys"
	c := serve(t, anything)
	certificate, key := clientCertificate(t, "reader")
	account := func(ref api.ServiceAccountSelector) *api.KubernetesAuth {
		return &api.KubernetesAuth{ServiceAccount: &ref}
	}
	for name, tc := range map[string]struct {
		spec    func(*api.KubernetesProvider)
		store   func(*provider.Store)
		secrets map[string][]byte
		want    call
	}{
		"with a token in a Secret": {want: call{Token: "shop-login-token"}},
		"with a token of a ServiceAccount": {
			spec: func(s *api.KubernetesProvider) { s.Auth = account(api.ServiceAccountSelector{Name: "sa"}) },
			want: call{Token: "token-of-shop-sa"},
		},
		"with a token of a ServiceAccount for audiences": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = account(api.ServiceAccountSelector{Name: "sa", Audiences: []string{"a", "b"}})
			},
			want: call{Token: "token-of-shop-sa-a-b"},
		},
		"of its own namespace, whatever a SecretStore names": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = account(api.ServiceAccountSelector{Name: "sa", Namespace: &namespace})
			},
			want: call{Token: "token-of-shop-sa"},
		},
		"of the namespace that a ClusterSecretStore names": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = account(api.ServiceAccountSelector{Name: "sa", Namespace: &namespace})
			},
			store: func(s *provider.Store) { s.Kind, s.Namespace = api.KindClusterSecretStore, "" },
			want:  call{Token: "token-of-vault-keys-sa"},
		},
		"of the consumer's namespace where a ClusterSecretStore names none": {
			store: func(s *provider.Store) {
				s.Kind, s.Namespace, s.Consumer = api.KindClusterSecretStore, "", "wants"
			},
			want: call{Token: "wants-login-token"},
		},
		"with a certificate": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = &api.KubernetesAuth{Cert: &api.KubernetesCertAuth{ClientCert: selector("tls", "crt"), ClientKey: selector("tls", "key")}}
			},
			secrets: map[string][]byte{"tls/crt": certificate, "tls/key": key},
			want:    call{Peer: "reader"},
		},
		"with a kubeconfig": {
			spec: func(s *api.KubernetesProvider) {
				ref := selector("login", "kubeconfig")
				s.Server, s.Auth, s.AuthRef = api.KubernetesServer{}, nil, &ref
			},
			secrets: map[string][]byte{"login/kubeconfig": c.kubeconfig(t, nil)},
			want:    call{Token: "kubeconfig-token"},
		},
		"with a kubeconfig that has a certificate, and another user's rights": {
			spec: func(s *api.KubernetesProvider) {
				ref := selector("login", "kubeconfig")
				s.Auth, s.AuthRef = nil, &ref
			},
			secrets: map[string][]byte{"login/kubeconfig": c.kubeconfig(t, func(k *clientcmdapi.Config) {
				k.AuthInfos["me"] = &clientcmdapi.AuthInfo{ClientCertificateData: certificate, ClientKeyData: key, Impersonate: "ann"}
				k.AuthInfos["unused"] = &clientcmdapi.AuthInfo{TokenFile: "/dev/null"}
			})},
			want: call{Peer: "reader", User: "ann"},
		},
		"with a CA in a Secret": {
			spec: func(s *api.KubernetesProvider) {
				s.Server.CABundle, s.Server.CAProvider = nil, &api.CAProvider{Type: api.CAProviderSecret, Name: "ca", Key: "crt"}
			},
			secrets: map[string][]byte{"ca/crt": c.CA},
			want:    call{Token: "shop-login-token"},
		},
		"with a CA in a ConfigMap": {
			spec: func(s *api.KubernetesProvider) {
				s.Server.CABundle, s.Server.CAProvider = nil, &api.CAProvider{Type: api.CAProviderConfigMap, Name: "ca", Key: "crt"}
			},
			secrets: map[string][]byte{"ca/crt": c.CA},
			want:    call{Token: "shop-login-token"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := c.spec()
			if tc.spec != nil {
				tc.spec(&spec)
			}
			store := storeOf(t, spec)
			if tc.store != nil {
				tc.store(&store)
			}
			reader, err := Provider{}.Open(t.Context(), store, keychain{Secrets: tc.secrets})
			require.NoError(t, err)
			require.NoError(t, reader.Read(t.Context(), refs("db"))[0].Err)
			made := c.made()
			last := made[len(made)-1]
			assert.Equal(t, "/api/v1/namespaces/vault/secrets/db", last.Path)
			last.Path, last.Query, tc.want.Query = "", nil, nil
			assert.Equal(t, tc.want, last)
		})
	}
}

func TestTheOwnServer(t *testing.T) {
	own := serve(t, anything)
	connection := &rest.Config{Host: own.URL, TLSClientConfig: rest.TLSClientConfig{CAData: own.CA}}
	for _, server := range []string{
		"", "kubernetes.default", "https://kubernetes.default", "kubernetes.default.svc", "https://kubernetes.default.svc:443/", "kubernetes.default.svc.cluster.local",
	} {
		t.Run("is meant by "+server, func(t *testing.T) {
			before := len(own.made())
			spec := own.spec()
			spec.Server = api.KubernetesServer{URL: server, CAProvider: &api.CAProvider{Type: api.CAProviderConfigMap, Name: "nobody reads it"}}
			spec.RemoteNamespace = ""
			reader, err := Provider{}.Open(t.Context(), storeOf(t, spec), keychain{Own: connection})
			require.NoError(t, err)
			require.NoError(t, reader.Read(t.Context(), refs("db"))[0].Err)
			made := own.made()
			require.Len(t, made, before+1)
			assert.Equal(t, "shop-login-token", made[before].Token, "with the store's identity")
			assert.Equal(t, "/api/v1/namespaces/default/secrets/db", made[before].Path)
		})
	}
	assert.Empty(t, connection.BearerToken, "the connection stays without credentials")
}

func TestLoginFails(t *testing.T) {
	c := serve(t, anything)
	fromFile := func(s *api.KubernetesProvider) {
		ref := selector("login", "kubeconfig")
		s.Auth, s.AuthRef = nil, &ref
	}
	for name, tc := range map[string]struct {
		spec       func(*api.KubernetesProvider)
		kubeconfig func(*clientcmdapi.Config)
		secrets    map[string][]byte
		want       string
	}{
		"without a token's key": {
			spec: func(s *api.KubernetesProvider) { s.Auth.Token.BearerToken.Key = "" },
			want: "spec.provider.kubernetes.auth.token.bearerToken must name a Secret and a key",
		},
		"without the token's Secret": {
			spec: func(s *api.KubernetesProvider) { s.Auth.Token.BearerToken.Name = "missing" },
			want: "read spec.provider.kubernetes.auth.token.bearerToken: there is no Secret",
		},
		"without the ServiceAccount": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = &api.KubernetesAuth{ServiceAccount: &api.ServiceAccountSelector{Name: "missing"}}
			},
			want: "mint a token for spec.provider.kubernetes.auth.serviceAccount: there is no ServiceAccount",
		},
		"without a certificate": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = &api.KubernetesAuth{Cert: &api.KubernetesCertAuth{ClientKey: selector("canary", "key")}}
			},
			want: "auth.cert.clientCert must name a Secret and a key",
		},
		"without a certificate's key": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = &api.KubernetesAuth{Cert: &api.KubernetesCertAuth{ClientCert: selector("canary", "crt")}}
			},
			want: "auth.cert.clientKey must name a Secret and a key",
		},
		"with a certificate that is none": {
			spec: func(s *api.KubernetesProvider) {
				s.Auth = &api.KubernetesAuth{Cert: &api.KubernetesCertAuth{ClientCert: selector("canary", "crt"), ClientKey: selector("canary", "key")}}
			},
			want: "the client certificate of the store can't be shown to a server: there is no certificate with its key",
		},
		"with a bundle that is none": {
			spec: func(s *api.KubernetesProvider) { s.Server.CABundle = []byte("canary") },
			want: "spec.provider.kubernetes.server.caBundle does not hold PEM certificates",
		},
		"with a CA that is none": {
			spec: func(s *api.KubernetesProvider) {
				s.Server.CABundle, s.Server.CAProvider = nil, &api.CAProvider{Type: api.CAProviderSecret, Name: "canary", Key: "crt"}
			},
			want: "spec.provider.kubernetes.server.caProvider does not hold PEM certificates",
		},
		"without the CA's ConfigMap": {
			spec: func(s *api.KubernetesProvider) {
				s.Server.CABundle, s.Server.CAProvider = nil, &api.CAProvider{Type: api.CAProviderConfigMap, Name: "nope", Key: "crt"}
			},
			want: "read spec.provider.kubernetes.server.caProvider: there is no ConfigMap",
		},
		"with a CA in a Pod": {
			spec: func(s *api.KubernetesProvider) {
				s.Server.CABundle, s.Server.CAProvider = nil, &api.CAProvider{Type: "Pod", Name: "ca", Key: "crt"}
			},
			want: `spec.provider.kubernetes.server.caProvider.type "Pod" is neither Secret nor ConfigMap`,
		},
		"with a kubeconfig that is none": {
			spec: fromFile, secrets: map[string][]byte{"login/kubeconfig": []byte("canary: [")}, want: "authRef does not hold a kubeconfig",
		},
		"with an empty kubeconfig": {
			spec: fromFile, secrets: map[string][]byte{"login/kubeconfig": nil}, want: "has no current-context",
		},
		"with a kubeconfig without a current context": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.CurrentContext = "other" }, want: "has no current-context that it describes",
		},
		"with a kubeconfig without the user": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { delete(k.AuthInfos, "me") }, want: "names a cluster or a user that is not in it",
		},
		"with a kubeconfig without the cluster": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { delete(k.Clusters, "it") }, want: "names a cluster or a user that is not in it",
		},
		"with a kubeconfig that runs a program": {
			spec: fromFile, want: "has exec, which is not followed",
			kubeconfig: func(k *clientcmdapi.Config) {
				k.AuthInfos["me"].Exec = &clientcmdapi.ExecConfig{Command: "/bin/true", APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: "Never"}
			},
		},
		"with a kubeconfig that has a helper": {
			spec: fromFile, want: "has auth-provider, which is not followed",
			kubeconfig: func(k *clientcmdapi.Config) {
				k.AuthInfos["me"].AuthProvider = &clientcmdapi.AuthProviderConfig{Name: "oidc"}
			},
		},
		"with a kubeconfig that reads a token from a file": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.AuthInfos["me"].TokenFile = "/dev/null" }, want: "has tokenFile",
		},
		"with a kubeconfig that reads a certificate from a file": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.AuthInfos["me"].ClientCertificate = "/dev/null" }, want: "has client-certificate",
		},
		"with a kubeconfig that reads a key from a file": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.AuthInfos["me"].ClientKey = "/dev/null" }, want: "has client-key",
		},
		"with a kubeconfig that reads a CA from a file": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.Clusters["it"].CertificateAuthority = "/dev/null" }, want: "has certificate-authority",
		},
		"with a kubeconfig that does not verify": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.Clusters["it"].InsecureSkipTLSVerify = true }, want: "has insecure-skip-tls-verify",
		},
		"with a kubeconfig without TLS": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.Clusters["it"].Server = "http://127.0.0.1:1" }, want: "must be an https URL",
		},
		"with a kubeconfig whose proxy is none": {
			spec: fromFile, kubeconfig: func(k *clientcmdapi.Config) { k.Clusters["it"].ProxyURL = "http://a b" }, want: "proxy-url in the kubeconfig",
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := c.spec()
			tc.spec(&spec)
			if tc.secrets == nil {
				tc.secrets = map[string][]byte{
					"canary/crt": []byte("canary"), "canary/key": []byte("canary"), "login/kubeconfig": c.kubeconfig(t, tc.kubeconfig),
				}
			}
			_, err := Provider{}.Open(t.Context(), storeOf(t, spec), keychain{Secrets: tc.secrets})
			require.ErrorContains(t, err, tc.want)
			for _, secret := range []string{"canary", "kubeconfig-token"} {
				assert.NotContains(t, err.Error(), secret)
			}
		})
	}
	assert.Empty(t, c.made())
	t.Run("with a CA of a ClusterSecretStore that says no namespace", func(t *testing.T) {
		spec := c.spec()
		spec.Server.CABundle, spec.Server.CAProvider = nil, &api.CAProvider{Type: api.CAProviderSecret, Name: "ca", Key: "crt"}
		store := storeOf(t, spec)
		store.Kind, store.Namespace = api.KindClusterSecretStore, ""
		_, err := Provider{}.Open(t.Context(), store, keychain{})
		require.ErrorContains(t, err, "caProvider.namespace is missing")
		assert.Equal(t, provider.Invalid, provider.KindOf(err))
	})
}
