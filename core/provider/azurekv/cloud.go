package azurekv

import (
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// endpoints are where a cloud is.
type endpoints struct {
	// authority is where tokens come from, without a slash at its end.
	authority string
	// resource is what key vaults are to Microsoft Entra ID: what a token is for.
	resource string
	// suffix is what the hosts of key vaults end with, a dot first: only to these a token is sent.
	suffix string
}

// endpointsOf are those of a store's cloud.
func endpointsOf(spec *api.AzureKVProvider) (endpoints, error) {
	var e endpoints
	switch spec.EnvironmentType {
	case api.AzurePublicCloud:
		e = ofMicrosoft(cloud.AzurePublic, "vault.azure.net")
	case api.AzureUSGovernmentCloud:
		e = ofMicrosoft(cloud.AzureGovernment, "vault.usgovcloudapi.net")
	case api.AzureChinaCloud:
		e = ofMicrosoft(cloud.AzureChina, "vault.azure.cn")
	case api.AzureGermanCloud:
		return e, invalid("%s.environmentType GermanCloud is no cloud any more: Microsoft has closed it; the regions in Germany are in PublicCloud", field)
	case api.AzureStackCloud:
		if spec.CustomCloudConfig == nil {
			return e, invalid("%s.customCloudConfig is missing: AzureStackCloud is where it says", field)
		}
	default:
		return e, invalid("%s.environmentType %q is none of PublicCloud, USGovernmentCloud, ChinaCloud and AzureStackCloud", field, spec.EnvironmentType)
	}
	if spec.CustomCloudConfig == nil {
		return e, nil
	}
	return e.with(spec.CustomCloudConfig)
}

func ofMicrosoft(c cloud.Configuration, vaults string) endpoints {
	return endpoints{authority: strings.TrimRight(c.ActiveDirectoryAuthorityHost, "/"), resource: "https://" + vaults, suffix: "." + vaults}
}

// with are the endpoints with what a store says of a cloud of its own.
func (e endpoints) with(custom *api.AzureCustomCloudConfig) (endpoints, error) {
	const field = field + ".customCloudConfig"
	if !isHTTPS(custom.ActiveDirectoryEndpoint) {
		return e, invalid("%s.activeDirectoryEndpoint must be an https URL: credentials are sent to it", field)
	}
	e.authority = strings.TrimRight(custom.ActiveDirectoryEndpoint, "/")
	if suffix := strings.Trim(text(custom.KeyVaultDNSSuffix), "."); suffix != "" {
		e.suffix = "." + strings.ToLower(suffix)
		e.resource = "https://" + strings.ToLower(suffix)
	}
	if endpoint := text(custom.KeyVaultEndpoint); endpoint != "" {
		if !isHTTPS(endpoint) {
			return e, invalid("%s.keyVaultEndpoint must be an https URL", field)
		}
		e.resource = strings.TrimRight(endpoint, "/")
		if text(custom.KeyVaultDNSSuffix) == "" {
			parsed, _ := url.Parse(endpoint) // isHTTPS has parsed it
			e.suffix = "." + strings.ToLower(parsed.Hostname())
		}
	}
	if e.suffix == "" {
		return e, invalid("%s needs keyVaultEndpoint or keyVaultDNSSuffix: they tell which hosts are key vaults, and may see a token", field)
	}
	return e, nil
}

// isVault tells whether a URL is that of a key vault of the cloud.
func (e endpoints) isVault(vault *url.URL) bool {
	name, ok := strings.CutSuffix(strings.ToLower(vault.Hostname()), e.suffix)
	return ok && name != "" && !strings.Contains(name, ".")
}

// isHTTPS tells whether a text is an https URL of a host and nothing else than a path.
func isHTTPS(text string) bool {
	parsed, err := url.Parse(text)
	return err == nil && parsed.Scheme == "https" && parsed.Hostname() != "" && parsed.User == nil && parsed.RawQuery == "" && parsed.Fragment == ""
}
