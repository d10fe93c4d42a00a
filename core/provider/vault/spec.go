package vault

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// storeSpec is a spec that has been checked, in the form of Vault's, with defaults filled in.
type storeSpec struct {
	*api.VaultProvider
	// field is where in the store's spec it stands, for messages.
	field string
}

func (s *storeSpec) mount() mount { return mount{path: s.Path, version: s.Version} }

// decode reads the spec, checks it and brings it into one form.
func (p Provider) decode(store provider.Store) (*storeSpec, error) {
	spec := &storeSpec{VaultProvider: &api.VaultProvider{}, field: "spec.provider.vault"}
	if p.OpenBao {
		spec.field = "spec.provider.openBao"
		var bao api.OpenBaoProvider
		if err := json.Unmarshal(store.Spec, &bao); err != nil {
			return nil, invalid("%s can't be read: %v", spec.field, err)
		}
		spec.VaultProvider = fromOpenBao(&bao)
	} else if err := json.Unmarshal(store.Spec, spec.VaultProvider); err != nil {
		return nil, invalid("%s can't be read: %v", spec.field, err)
	}
	server, err := url.Parse(spec.Server)
	if err != nil || (server.Scheme != "https" && server.Scheme != "http") || server.Hostname() == "" || server.User != nil || server.RawQuery != "" {
		return nil, invalid("%s.server must be a URL such as https://vault.example:8200", spec.field)
	}
	spec.Server = strings.TrimRight(spec.Server, "/")
	switch spec.Version {
	case "":
		spec.Version = api.VaultKVStoreV2
	case api.VaultKVStoreV1, api.VaultKVStoreV2:
	default:
		return nil, invalid("%s.version %q is neither v1 nor v2", spec.field, spec.Version)
	}
	if spec.Path != nil {
		path := strings.Trim(*spec.Path, "/")
		if path == "" || !isPath(path) {
			return nil, invalid("%s.path %q is no mount", spec.field, *spec.Path)
		}
		spec.Path = &path
	}
	if err := spec.checkAuth(store.Spec); err != nil {
		return nil, err
	}
	return spec, nil
}

// checkAuth demands one way of logging in, and that it is known here.
func (s *storeSpec) checkAuth(raw json.RawMessage) error {
	auth := s.Auth
	if auth == nil {
		return nil
	}
	for _, other := range []string{"iam", "gcp"} {
		if hasAuth(raw, other) {
			return &provider.Error{Kind: provider.Unsupported, Message: fmt.Sprintf(
				"%s.auth.%s is not supported: tokenSecretRef, appRole, kubernetes, jwt, userPass, ldap and cert are", s.field, other)}
		}
	}
	ways := 0
	for _, given := range []bool{
		auth.TokenSecretRef != nil, auth.AppRole != nil, auth.Kubernetes != nil, auth.LDAP != nil, auth.UserPass != nil, auth.JWT != nil,
		auth.Cert != nil,
	} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return invalid("%s.auth must have exactly one way of logging in besides namespace, and has %d", s.field, ways)
	}
	switch k, j := auth.Kubernetes, auth.JWT; {
	case k != nil && k.Role == "":
		return invalid("%s.auth.kubernetes.role is missing", s.field)
	case k != nil && (k.ServiceAccountRef == nil) == (k.SecretRef == nil):
		return invalid("%s.auth.kubernetes needs one of serviceAccountRef and secretRef: who makes the pass does not lend its own identity", s.field)
	case j != nil && (j.KubernetesServiceAccountToken == nil) == (j.SecretRef == nil):
		return invalid("%s.auth.jwt needs one of secretRef and kubernetesServiceAccountToken", s.field)
	case auth.AppRole != nil && (auth.AppRole.RoleID == "") == (auth.AppRole.RoleRef == nil):
		return invalid("%s.auth.appRole needs one of roleId and roleRef", s.field)
	}
	if auth.Cert != nil {
		if err := s.checkCertificate(); err != nil {
			return err
		}
	}
	for method, user := range map[string]*api.VaultUserAuth{"userPass": auth.UserPass, "ldap": auth.LDAP} {
		if user != nil && (user.Username == "" || strings.Contains(user.Username, "/")) {
			return invalid("%s.auth.%s.username is missing, or has a slash", s.field, method)
		}
	}
	return nil
}

// checkCertificate demands that a login by certificate has a connection that can show it, and that shows no other.
func (s *storeSpec) checkCertificate() error {
	cert, tls := s.Auth.Cert, s.ClientTLS
	differs := func(ref *api.SecretKeySelector, other api.SecretKeySelector) bool {
		return ref != nil && (ref.Name != other.Name || ref.Key != other.Key || text(ref.Namespace) != text(other.Namespace))
	}
	switch {
	case !strings.HasPrefix(s.Server, "https:"):
		return invalid("%s.auth.cert needs a server with https: a certificate is shown as such a connection is made", s.field)
	case differs(tls.CertSecretRef, cert.ClientCert), differs(tls.KeySecretRef, cert.SecretRef):
		return invalid("%s has a certificate in tls and another one in auth.cert: a connection shows one, so leave out tls.certSecretRef and tls.keySecretRef", s.field)
	}
	return nil
}

// hasAuth tells whether a spec names a way of logging in that has no type here.
func hasAuth(raw json.RawMessage, way string) bool {
	var spec struct {
		Auth map[string]json.RawMessage `json:"auth"`
	}
	return json.Unmarshal(raw, &spec) == nil && len(spec.Auth[way]) > 0 && string(spec.Auth[way]) != "null"
}

// fromOpenBao is a spec of OpenBao in the form of Vault's.
func fromOpenBao(bao *api.OpenBaoProvider) *api.VaultProvider {
	spec := &api.VaultProvider{
		Server: bao.Server, Path: bao.Path, Version: bao.Version, Namespace: bao.Namespace, CABundle: bao.CABundle, CAProvider: bao.CAProvider,
	}
	if auth := bao.Auth; auth != nil {
		spec.Auth = &api.VaultAuth{
			Namespace: auth.Namespace, TokenSecretRef: auth.TokenSecretRef, AppRole: auth.AppRole, UserPass: auth.UserPass,
		}
		if k := auth.Kubernetes; k != nil {
			spec.Auth.Kubernetes = &api.VaultKubernetesAuth{Path: k.Path, Role: k.Role, ServiceAccountRef: k.ServiceAccountRef, SecretRef: k.SecretRef}
		}
	}
	return spec
}
