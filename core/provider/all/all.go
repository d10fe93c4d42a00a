// Package all lists the providers that the product serves. A new provider is one line here.
package all

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/fake"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/gcpsm"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/kubernetes"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/webhook"
)

// Providers returns them all. getenv is how they see the process's environment (os.Getenv).
func Providers(getenv func(string) string) provider.Registry {
	return provider.Registry{
		"aws":        aws.Provider{Getenv: getenv},
		"azurekv":    azurekv.Provider{Getenv: getenv},
		"fake":       fake.Provider{},
		"gcpsm":      gcpsm.Provider{Getenv: getenv},
		"kubernetes": kubernetes.Provider{},
		"openBao":    vault.Provider{OpenBao: true},
		"vault":      vault.Provider{},
		"webhook":    webhook.Provider{},
	}
}
