// Package kubernetes reads the Secrets of one namespace of a cluster: the one that the pass works on, or another. What is here
// knows the kubernetes part of a store's spec and two requests of the API server, GET and LIST of Secrets. It never uses the
// rights of whoever makes the pass: each store says as whom it reads.
package kubernetes

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/validate/content"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// defaultNamespace is where Secrets are read where the store does not say, as in ESO.
const defaultNamespace = "default"

// Provider serves spec.provider.kubernetes.
type Provider struct {
	// Timeout is how long one request may take; zero means 30 s.
	Timeout time.Duration
}

// Locate implements provider.Provider. The identity is the spec and what its references resolve to. Secrets have no
// versions, so that a version has no effect.
func (p Provider) Locate(store provider.Store) (provider.Location, error) {
	spec, err := decode(store)
	if err != nil {
		return provider.Location{}, err
	}
	credentials := credentialsOf(store, spec)
	identity, err := json.Marshal(struct {
		Spec        *api.KubernetesProvider
		Credentials []provider.CredentialRef
	}{spec, credentials})
	if err != nil {
		return provider.Location{}, fmt.Errorf("encode the store's identity: %w", err)
	}
	return provider.Location{Identity: string(identity), Credentials: credentials, Place: placeOf(spec), Login: loginOf(spec, credentials[0]), Finds: finds,
		Ref: func(remote *api.RemoteRef) provider.Ref {
			return provider.Ref{Key: remote.Key, Metadata: remote.MetadataPolicy == api.MetadataPolicyFetch}
		}}, nil
}

// placeOf tells whose Secrets a store gives.
func placeOf(spec *api.KubernetesProvider) []trace.Fact {
	server := spec.Server.URL
	switch {
	case spec.AuthRef != nil:
		server = "that of the kubeconfig in Secret " + spec.AuthRef.Name
	case server == "":
		server = "that of this cluster"
	}
	return []trace.Fact{{Name: "API server", Value: server}, {Name: "namespace", Value: spec.RemoteNamespace}}
}

// loginOf tells as whom a store reads, and identity is where that is said: the first of the store's credentials.
func loginOf(spec *api.KubernetesProvider, identity provider.CredentialRef) []trace.Fact {
	as := "service account "
	switch {
	case spec.AuthRef != nil:
		as = "the user of the kubeconfig in Secret "
	case spec.Auth.Token != nil:
		as = "the token in Secret "
	case spec.Auth.Cert != nil:
		as = "the certificate in Secret "
	}
	return []trace.Fact{{Name: "as", Value: as + identity.Namespace + "/" + identity.Name}}
}

// Open implements provider.Provider. It resolves the credentials once; the API server sees them with the first read.
func (p Provider) Open(ctx context.Context, store provider.Store, credentials provider.Credentials) (provider.Reader, error) {
	spec, err := decode(store)
	if err != nil {
		return nil, err
	}
	config, err := connect(ctx, store, spec, credentials)
	if err != nil {
		return nil, err
	}
	return p.newReader(config, spec.RemoteNamespace)
}

// decode reads the spec, checks it and brings it into one form: a server that is that of the pass has no URL and no CA.
func decode(store provider.Store) (*api.KubernetesProvider, error) {
	var spec api.KubernetesProvider
	if err := json.Unmarshal(store.Spec, &spec); err != nil {
		return nil, invalid("spec.provider.kubernetes can't be read: %v", err)
	}
	if spec.RemoteNamespace == "" {
		spec.RemoteNamespace = defaultNamespace
	}
	if problems := content.IsPathSegmentName(spec.RemoteNamespace); len(problems) > 0 {
		return nil, invalid("spec.provider.kubernetes.remoteNamespace %q is no namespace: it %s", spec.RemoteNamespace, strings.Join(problems, " and "))
	}
	if err := checkAuth(&spec); err != nil {
		return nil, err
	}
	if spec.AuthRef != nil || isOwnServer(spec.Server.URL) {
		spec.Server = api.KubernetesServer{}
		return &spec, nil
	}
	server, err := secureURL(field+".server.url", spec.Server.URL)
	if err != nil {
		return nil, err
	}
	spec.Server.URL = server
	return &spec, nil
}

// checkAuth demands one identity. There is no default: the rights of whoever makes the pass are not the store's to use.
func checkAuth(spec *api.KubernetesProvider) error {
	auth := spec.Auth
	switch {
	case auth != nil && spec.AuthRef != nil:
		return invalid("spec.provider.kubernetes has both auth and authRef: keep one")
	case spec.AuthRef != nil:
		return nil
	case auth == nil:
		return invalid("spec.provider.kubernetes does not say as whom to read: give it auth.serviceAccount, auth.token, auth.cert or authRef")
	}
	ways := 0
	for _, given := range []bool{auth.ServiceAccount != nil, auth.Token != nil, auth.Cert != nil} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return invalid("spec.provider.kubernetes.auth must have exactly one of serviceAccount, token and cert, and has %d", ways)
	}
	return nil
}

// isOwnServer tells whether a server's URL means the API server that the pass itself talks to: that of the cluster in which
// the store is, by the names that it has within that cluster. They may be of no use where the pass is made.
func isOwnServer(server string) bool {
	name := strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(server, "https://"), "/"), ":443")
	return slices.Contains([]string{"", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}, name)
}

// secureURL is server with the scheme https, which may be left out. Any other is refused: what is sent there is a credential.
func secureURL(field, server string) (string, error) {
	if !strings.Contains(server, "://") {
		server = "https://" + server
	}
	parsed, err := url.Parse(server)
	if err != nil || parsed.Scheme != "https" || parsed.Hostname() == "" || parsed.User != nil {
		return "", invalid("%s must be an https URL such as https://cluster.example:6443", field)
	}
	return server, nil
}

// credentialsOf are what connect may read for this store and consumer, its identity first.
func credentialsOf(store provider.Store, spec *api.KubernetesProvider) []provider.CredentialRef {
	var refs []provider.CredentialRef
	add := func(kind provider.CredentialKind, namespace *string, name string) {
		refs = append(refs, provider.CredentialRef{Kind: kind, Namespace: store.AuthNamespace(namespace), Name: name})
	}
	if ref := spec.AuthRef; ref != nil {
		add(provider.CredentialSecret, ref.Namespace, ref.Name)
	}
	if auth := spec.Auth; auth != nil {
		switch {
		case auth.ServiceAccount != nil:
			add(provider.CredentialToken, auth.ServiceAccount.Namespace, auth.ServiceAccount.Name)
		case auth.Token != nil:
			add(provider.CredentialSecret, auth.Token.BearerToken.Namespace, auth.Token.BearerToken.Name)
		case auth.Cert != nil:
			add(provider.CredentialSecret, auth.Cert.ClientCert.Namespace, auth.Cert.ClientCert.Name)
			add(provider.CredentialSecret, auth.Cert.ClientKey.Namespace, auth.Cert.ClientKey.Name)
		}
	}
	if from := spec.Server.CAProvider; from != nil && len(spec.Server.CABundle) == 0 {
		kind := provider.CredentialSecret
		if from.Type == api.CAProviderConfigMap {
			kind = provider.CredentialConfigMap
		}
		add(kind, from.Namespace, from.Name)
	}
	return refs
}

func invalid(format string, args ...any) error {
	return &provider.Error{Kind: provider.Invalid, Message: fmt.Sprintf(format, args...)}
}
