// Package all lists the providers that the product serves. A new provider is one line here.
package all

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
)

// Providers returns them all. getenv is how they see the process's environment (os.Getenv).
func Providers(getenv func(string) string) provider.Registry {
	return provider.Registry{
		"aws": aws.Provider{Getenv: getenv},
	}
}
