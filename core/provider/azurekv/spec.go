package azurekv

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// field is where in a store's spec the settings stand, for messages.
const field = "spec.provider.azurekv"

// storeSpec is a spec that has been checked, with defaults filled in.
type storeSpec struct {
	*api.AzureKVProvider
	endpoints
	// vault is the key vault's URL, without a slash at its end.
	vault *url.URL
}

// decode reads the spec and checks it.
func decode(store provider.Store) (*storeSpec, error) {
	spec := &storeSpec{AzureKVProvider: &api.AzureKVProvider{}}
	if err := json.Unmarshal(store.Spec, spec.AzureKVProvider); err != nil {
		return nil, invalid("%s can't be read: %v", field, err)
	}
	spec.AuthType = cmp.Or(spec.AuthType, api.AzureServicePrincipal)
	spec.EnvironmentType = cmp.Or(spec.EnvironmentType, api.AzurePublicCloud)
	var err error
	if spec.endpoints, err = endpointsOf(spec.AzureKVProvider); err != nil {
		return nil, err
	}
	if !isHTTPS(spec.VaultURL) {
		return nil, invalid("%s.vaultUrl must be an https URL such as https://my-vault.vault.azure.net", field)
	}
	spec.vault, _ = url.Parse(spec.VaultURL) // isHTTPS has parsed it
	spec.vault.Host = hostOf(spec.vault)
	spec.vault.Path = strings.TrimRight(spec.vault.Path, "/")
	switch {
	case !spec.isVault(spec.vault):
		return nil, invalid("%s.vaultUrl %q is no key vault of the store's cloud, whose hosts end with %s: a token is sent to no other", field, spec.VaultURL, spec.suffix)
	case spec.vault.Path != "":
		return nil, invalid("%s.vaultUrl %q has a path: the URL of a key vault has none", field, spec.VaultURL)
	case spec.TenantID != nil && !isTenant(*spec.TenantID):
		return nil, invalid("%s.tenantId %q is no tenant: it is an id or a domain", field, *spec.TenantID)
	}
	spec.VaultURL = spec.vault.String()
	return spec, spec.checkAuth(store)
}

// checkAuth demands what the way of logging in takes, as far as the spec alone tells.
func (s *storeSpec) checkAuth(store provider.Store) error {
	switch auth := s.AuthSecretRef; s.AuthType {
	case api.AzureServicePrincipal:
		switch {
		case auth == nil || auth.ClientID == nil:
			return invalid("%s.authSecretRef.clientId is missing: ServicePrincipal needs it", field)
		case (auth.ClientSecret == nil) == (auth.ClientCertificate == nil):
			return invalid("%s.authSecretRef needs one of clientSecret and clientCertificate", field)
		case s.TenantID == nil && auth.TenantID == nil:
			return invalid("%s.tenantId is missing: ServicePrincipal needs it", field)
		}
	case api.AzureManagedIdentity:
		if strings.Contains(text(s.IdentityID), "/") {
			return invalid("%s.identityId %q must be the client id of the identity, not its resource id", field, *s.IdentityID)
		}
	case api.AzureWorkloadIdentity:
		switch {
		case s.ServiceAccountRef != nil && s.ServiceAccountRef.Name == "":
			return invalid("%s.serviceAccountRef.name is missing", field)
		case s.ServiceAccountRef == nil && s.AuthSecretRef != nil:
			return invalid("%s.serviceAccountRef is missing: authSecretRef does not choose among the identities of the process", field)
		}
	default:
		return invalid("%s.authType %q is none of ServicePrincipal, ManagedIdentity and WorkloadIdentity", field, s.AuthType)
	}
	if s.CustomCloudConfig != nil && s.isProcess() && store.Kind != api.KindClusterSecretStore {
		return invalid("%s.customCloudConfig of a SecretStore needs an identity of its own: that of the process would be shown to whom the store names; use "+
			"serviceAccountRef, or a ClusterSecretStore", field)
	}
	return nil
}

// isProcess tells whether the identity is that of the process.
func (s *storeSpec) isProcess() bool {
	return s.AuthType == api.AzureManagedIdentity || (s.AuthType == api.AzureWorkloadIdentity && s.ServiceAccountRef == nil)
}

// credentialsOf are what Open may read for this store and consumer.
func credentialsOf(store provider.Store, spec *storeSpec) []provider.CredentialRef {
	var refs []provider.CredentialRef
	if spec.AuthType == api.AzureManagedIdentity {
		return nil
	}
	if auth := spec.AuthSecretRef; auth != nil {
		selectors := []*api.SecretKeySelector{auth.ClientID, auth.TenantID}
		if spec.AuthType == api.AzureServicePrincipal {
			selectors = append(selectors, auth.ClientSecret, auth.ClientCertificate)
		}
		for _, s := range selectors {
			if s != nil {
				refs = append(refs, provider.CredentialRef{Kind: provider.CredentialSecret, Namespace: store.AuthNamespace(s.Namespace), Name: s.Name})
			}
		}
	}
	if account := spec.ServiceAccountRef; account != nil && spec.AuthType == api.AzureWorkloadIdentity {
		namespace := store.AuthNamespace(account.Namespace)
		refs = append(refs, provider.CredentialRef{Kind: provider.CredentialServiceAccount, Namespace: namespace, Name: account.Name},
			provider.CredentialRef{Kind: provider.CredentialToken, Namespace: namespace, Name: account.Name})
	}
	return refs
}
