package provider

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// CertificateAuthority returns the PEM certificates by which a store's server is verified: those of its caBundle or, where that is
// empty, those its caProvider points at; nil where there is neither, which means those of the system. field is where in the spec both
// are. What holds no certificate is an error, since it would mean those of the system too.
func CertificateAuthority(ctx context.Context, store Store, field string, bundle []byte, from *api.CAProvider, credentials Credentials) ([]byte, error) {
	if len(bundle) > 0 {
		return certificates(field+".caBundle", bundle)
	}
	if from == nil {
		return nil, nil
	}
	field += ".caProvider"
	if store.Kind == api.KindClusterSecretStore && (from.Namespace == nil || *from.Namespace == "") {
		return nil, invalid("%s.namespace is missing: a ClusterSecretStore has no namespace of its own", field)
	}
	namespace := store.AuthNamespace(from.Namespace)
	var (
		value secret.Value
		err   error
	)
	switch from.Type {
	case api.CAProviderSecret:
		value, err = credentials.Secret(ctx, namespace, from.Name, from.Key)
	case api.CAProviderConfigMap:
		var text string
		text, err = credentials.ConfigMap(ctx, namespace, from.Name, from.Key)
		value = secret.FromString(text)
	default:
		return nil, invalid("%s.type %q is neither Secret nor ConfigMap", field, from.Type)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", field, err)
	}
	return certificates(field, value.Reveal())
}

// certificates checks that content holds PEM certificates, which may be in base64 once more, as ESO takes them.
func certificates(field string, content []byte) ([]byte, error) {
	if decoded, err := base64.StdEncoding.DecodeString(string(content)); err == nil {
		content = decoded
	}
	if !x509.NewCertPool().AppendCertsFromPEM(content) {
		return nil, invalid("%s does not hold PEM certificates", field)
	}
	return content, nil
}

func invalid(format string, args ...any) error {
	return &Error{Kind: Invalid, Message: fmt.Sprintf(format, args...)}
}
