package kubernetes

import (
	"context"
	"fmt"

	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// field is where a store's spec begins, for messages.
const field = "spec.provider.kubernetes"

// connect settles where the API server is, how it is verified and as whom it is read.
func connect(ctx context.Context, store provider.Store, spec *api.KubernetesProvider, credentials provider.Credentials) (*rest.Config, error) {
	if spec.AuthRef != nil {
		content, err := read(ctx, store, credentials, field+".authRef", *spec.AuthRef)
		if err != nil {
			return nil, err
		}
		return fromKubeconfig(content.Reveal())
	}
	config, err := serverOf(ctx, store, &spec.Server, credentials)
	if err != nil {
		return nil, err
	}
	if err := logIn(ctx, config, store, spec.Auth, credentials); err != nil {
		return nil, err
	}
	return config, nil
}

// serverOf is a connection without credentials to the server of a decoded spec.
func serverOf(ctx context.Context, store provider.Store, server *api.KubernetesServer, credentials provider.Credentials) (*rest.Config, error) {
	if server.URL == "" {
		return credentials.APIServer(), nil
	}
	authority, err := provider.CertificateAuthority(ctx, store, field+".server", server.CABundle, server.CAProvider, credentials)
	if err != nil {
		return nil, err
	}
	return &rest.Config{Host: server.URL, TLSClientConfig: rest.TLSClientConfig{CAData: authority}}, nil
}

// logIn puts the identity of auth, of which exactly one part is set, into config.
func logIn(ctx context.Context, config *rest.Config, store provider.Store, auth *api.KubernetesAuth, credentials provider.Credentials) error {
	switch {
	case auth.ServiceAccount != nil:
		ref := auth.ServiceAccount
		token, _, err := credentials.Token(ctx, store.AuthNamespace(ref.Namespace), ref.Name, ref.Audiences)
		if err != nil {
			return fmt.Errorf("mint a token for %s.auth.serviceAccount: %w", field, err)
		}
		config.BearerToken = string(token.Reveal())
	case auth.Token != nil:
		token, err := read(ctx, store, credentials, field+".auth.token.bearerToken", auth.Token.BearerToken)
		if err != nil {
			return err
		}
		config.BearerToken = string(token.Reveal())
	default:
		certificate, err := read(ctx, store, credentials, field+".auth.cert.clientCert", auth.Cert.ClientCert)
		if err != nil {
			return err
		}
		key, err := read(ctx, store, credentials, field+".auth.cert.clientKey", auth.Cert.ClientKey)
		if err != nil {
			return err
		}
		config.CertData, config.KeyData = certificate.Reveal(), key.Reveal()
	}
	return nil
}

// read resolves a reference to a credential, named by its field.
func read(ctx context.Context, store provider.Store, credentials provider.Credentials, field string, ref api.SecretKeySelector) (secret.Value, error) {
	if ref.Name == "" || ref.Key == "" {
		return secret.Value{}, invalid("%s must name a Secret and a key", field)
	}
	value, err := credentials.Secret(ctx, store.AuthNamespace(ref.Namespace), ref.Name, ref.Key)
	if err != nil {
		return secret.Value{}, fmt.Errorf("read %s: %w", field, err)
	}
	return value, nil
}
