package vault

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

const (
	tokenHeader = "X-Vault-Token" //nolint:gosec // the name of a header
	// indexHeader tells how new what a server has must at least be, in answers and in requests.
	indexHeader = "X-Vault-Index"
	// batchToken is the type of tokens that can't be revoked: they end by themselves.
	batchToken = "batch"
	// defaultAudience is whom a token for the jwt method is meant for where the store does not say, as in ESO.
	defaultAudience = "vault"
)

// authentication is what a login brings.
type authentication struct {
	ClientToken string `json:"client_token"`
	TokenType   string `json:"token_type"`
}

// method is a way of logging in, settled as far as the spec alone goes.
type method struct {
	name, mount, login string
	// as tells a person as whom.
	as string
}

// methodOf is the way in which a spec, which has one and it is no token, logs in.
func methodOf(auth *api.VaultAuth) method {
	at := func(name, path, standard string) method {
		return method{name: name, mount: cmp.Or(strings.Trim(path, "/"), standard), login: "login"}
	}
	switch {
	case auth.AppRole != nil:
		m := at("appRole", auth.AppRole.Path, "approle")
		m.as = "an AppRole"
		if auth.AppRole.RoleID != "" {
			m.as += " with role id " + auth.AppRole.RoleID
		}
		return m
	case auth.Kubernetes != nil:
		m := at("kubernetes", auth.Kubernetes.Path, "kubernetes")
		m.as = "role " + auth.Kubernetes.Role
		if ref := auth.Kubernetes.ServiceAccountRef; ref != nil {
			m.as = "service account " + ref.Name + ", " + m.as
		}
		return m
	case auth.JWT != nil:
		m := at("jwt", auth.JWT.Path, "jwt")
		m.as = "role " + cmp.Or(auth.JWT.Role, "that is the default")
		if token := auth.JWT.KubernetesServiceAccountToken; token != nil {
			m.as = "service account " + token.ServiceAccountRef.Name + ", " + m.as
		}
		return m
	case auth.Cert != nil:
		m := at("cert", auth.Cert.Path, "cert")
		m.as = "the certificate in Secret " + auth.Cert.ClientCert.Name
		if auth.Cert.Role != "" {
			m.as += ", role " + auth.Cert.Role
		}
		return m
	case auth.LDAP != nil:
		m := at("ldap", auth.LDAP.Path, "ldap")
		m.as, m.login = "user "+auth.LDAP.Username, "login/"+auth.LDAP.Username
		return m
	default:
		m := at("userPass", auth.UserPass.Path, "userpass")
		m.as, m.login = "user "+auth.UserPass.Username, "login/"+auth.UserPass.Username
		return m
	}
}

// loginOf tells as whom a store is read.
func loginOf(spec *storeSpec) []trace.Fact {
	switch {
	case spec.Auth == nil:
		return []trace.Fact{{Name: "as", Value: "nobody: a proxy adds the token"}}
	case spec.Auth.TokenSecretRef != nil:
		return []trace.Fact{{Name: "as", Value: "a token of Secret " + spec.Auth.TokenSecretRef.Name}}
	}
	m := methodOf(spec.Auth)
	return []trace.Fact{{Name: "as", Value: m.as}, {Name: "login", Value: "auth/" + m.mount}}
}

// logIn gives a client its token, and tells whether that is the client's to give back.
func logIn(ctx context.Context, c *client, store provider.Store, spec *storeSpec, credentials provider.Credentials) (owned bool, err error) {
	auth := spec.Auth
	switch {
	case auth == nil:
		return false, nil
	case auth.TokenSecretRef != nil:
		token, err := read(ctx, store, credentials, spec.field+".auth.tokenSecretRef", *auth.TokenSecretRef, "token")
		if err != nil {
			return false, err
		}
		c.headers.Set(tokenHeader, string(token))
		return false, nil
	}
	m := methodOf(auth)
	body, err := loginBody(ctx, store, spec, credentials)
	if err != nil {
		return false, err
	}
	got, err := c.do(ctx, call{op: opLogin, method: http.MethodPost, path: "auth/" + m.mount + "/" + m.login, namespace: auth.Namespace, body: body})
	if err != nil {
		return false, err
	}
	if got.Auth == nil || got.Auth.ClientToken == "" {
		return false, unreadable(opLogin)
	}
	c.headers.Set(tokenHeader, got.Auth.ClientToken)
	if index := got.header.Values(indexHeader); spec.ReadYourWrites && len(index) > 0 {
		c.headers[http.CanonicalHeaderKey(indexHeader)] = index
	}
	return got.Auth.TokenType != batchToken, nil
}

// loginBody is what a login sends.
func loginBody(ctx context.Context, store provider.Store, spec *storeSpec, credentials provider.Credentials) (map[string]string, error) {
	auth, field := spec.Auth, spec.field+".auth"
	switch {
	case auth.AppRole != nil:
		role := auth.AppRole.RoleID
		if ref := auth.AppRole.RoleRef; ref != nil {
			id, err := read(ctx, store, credentials, field+".appRole.roleRef", *ref, "")
			if err != nil {
				return nil, err
			}
			role = string(id)
		}
		id, err := read(ctx, store, credentials, field+".appRole.secretRef", auth.AppRole.SecretRef, "")
		return map[string]string{"role_id": role, "secret_id": string(id)}, err
	case auth.Kubernetes != nil:
		k := auth.Kubernetes
		token, err := tokenOf(ctx, store, credentials, field+".kubernetes", k.ServiceAccountRef, nil, k.SecretRef)
		return map[string]string{"role": strings.TrimSpace(k.Role), "jwt": string(token)}, err
	case auth.JWT != nil:
		var account *api.ServiceAccountSelector
		audiences := []string{defaultAudience}
		if wanted := auth.JWT.KubernetesServiceAccountToken; wanted != nil {
			account = &wanted.ServiceAccountRef
			if wanted.Audiences != nil {
				audiences = wanted.Audiences
			}
		}
		token, err := tokenOf(ctx, store, credentials, field+".jwt", account, audiences, auth.JWT.SecretRef)
		body := map[string]string{"jwt": string(token)}
		if role := strings.TrimSpace(auth.JWT.Role); role != "" {
			body["role"] = role
		}
		return body, err
	case auth.Cert != nil: // the connection has shown it
		body := map[string]string{}
		if auth.Cert.Role != "" {
			body["name"] = auth.Cert.Role
		}
		return body, nil
	case auth.LDAP != nil:
		password, err := read(ctx, store, credentials, field+".ldap.secretRef", auth.LDAP.SecretRef, "")
		return map[string]string{"password": string(password)}, err
	default:
		password, err := read(ctx, store, credentials, field+".userPass.secretRef", auth.UserPass.SecretRef, "")
		return map[string]string{"password": string(password)}, err
	}
}

// tokenOf mints a token of a service account, for its own audiences and those given, or else reads one.
func tokenOf(ctx context.Context, store provider.Store, credentials provider.Credentials, field string,
	account *api.ServiceAccountSelector, audiences []string, ref *api.SecretKeySelector) ([]byte, error) {
	if account == nil {
		return read(ctx, store, credentials, field+".secretRef", *ref, "token")
	}
	audiences = append(append([]string(nil), audiences...), account.Audiences...)
	token, _, err := credentials.Token(ctx, store.AuthNamespace(account.Namespace), account.Name, audiences)
	if err != nil {
		return nil, fmt.Errorf("mint a token for %s: %w", field, err)
	}
	return token.Reveal(), nil
}

// clientCertificate is what connections show: that of auth.cert, or else that of tls; none where a store has neither.
func clientCertificate(ctx context.Context, store provider.Store, spec *storeSpec, credentials provider.Credentials) ([]tls.Certificate, error) {
	field, certificateField, keyField := spec.field+".tls", "certSecretRef", "keySecretRef"
	certificateRef, keyRef := spec.ClientTLS.CertSecretRef, spec.ClientTLS.KeySecretRef
	if auth := spec.Auth; auth != nil && auth.Cert != nil {
		field, certificateField, keyField = spec.field+".auth.cert", "clientCert", "secretRef"
		certificateRef, keyRef = &auth.Cert.ClientCert, &auth.Cert.SecretRef
	}
	switch {
	case certificateRef == nil && keyRef == nil:
		return nil, nil
	case certificateRef == nil || keyRef == nil:
		return nil, invalid("%s needs both %s and %s", field, certificateField, keyField)
	}
	certificate, err := read(ctx, store, credentials, field+"."+certificateField, *certificateRef, "tls.crt")
	if err != nil {
		return nil, err
	}
	key, err := read(ctx, store, credentials, field+"."+keyField, *keyRef, "tls.key")
	if err != nil {
		return nil, err
	}
	pair, err := provider.KeyPair(certificate, key)
	if err != nil {
		return nil, invalid("%s can't be shown to a server: %v", field, err)
	}
	return []tls.Certificate{pair}, nil
}

// read resolves a reference to a credential, named by its field. The white space that files end with is not part of one.
func read(ctx context.Context, store provider.Store, credentials provider.Credentials, field string, ref api.SecretKeySelector, standard string) ([]byte, error) {
	key := cmp.Or(ref.Key, standard)
	if ref.Name == "" || key == "" {
		return nil, invalid("%s must name a Secret and a key", field)
	}
	value, err := credentials.Secret(ctx, store.AuthNamespace(ref.Namespace), ref.Name, key)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", field, err)
	}
	return trimmed(value), nil
}

func trimmed(value secret.Value) []byte { return []byte(strings.TrimSpace(string(value.Reveal()))) }

// credentialsOf are what Open may read for this store and consumer.
func credentialsOf(store provider.Store, spec *storeSpec) []provider.CredentialRef {
	var refs []provider.CredentialRef
	add := func(kind provider.CredentialKind, namespace *string, name string) {
		refs = append(refs, provider.CredentialRef{Kind: kind, Namespace: store.AuthNamespace(namespace), Name: name})
	}
	addSecret := func(ref *api.SecretKeySelector) {
		if ref != nil {
			add(provider.CredentialSecret, ref.Namespace, ref.Name)
		}
	}
	addAccount := func(ref *api.ServiceAccountSelector) {
		if ref != nil {
			add(provider.CredentialToken, ref.Namespace, ref.Name)
		}
	}
	if from := spec.CAProvider; from != nil && len(spec.CABundle) == 0 {
		kind := provider.CredentialSecret
		if from.Type == api.CAProviderConfigMap {
			kind = provider.CredentialConfigMap
		}
		add(kind, from.Namespace, from.Name)
	}
	addSecret(spec.ClientTLS.CertSecretRef)
	addSecret(spec.ClientTLS.KeySecretRef)
	auth := spec.Auth
	if auth == nil {
		return refs
	}
	addSecret(auth.TokenSecretRef)
	if role := auth.AppRole; role != nil {
		addSecret(role.RoleRef)
		addSecret(&role.SecretRef)
	}
	if k := auth.Kubernetes; k != nil {
		addAccount(k.ServiceAccountRef)
		addSecret(k.SecretRef)
	}
	if j := auth.JWT; j != nil {
		if j.KubernetesServiceAccountToken != nil {
			addAccount(&j.KubernetesServiceAccountToken.ServiceAccountRef)
		}
		addSecret(j.SecretRef)
	}
	if cert := auth.Cert; cert != nil {
		addSecret(&cert.ClientCert)
		addSecret(&cert.SecretRef)
	}
	for _, user := range []*api.VaultUserAuth{auth.LDAP, auth.UserPass} {
		if user != nil {
			addSecret(&user.SecretRef)
		}
	}
	return refs
}
