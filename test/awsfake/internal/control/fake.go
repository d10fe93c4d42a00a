package control

import (
	"fmt"
	"net/http"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/oidc"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/parameters"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/secrets"
)

// Fake is what can be controlled of the fake endpoint.
type Fake struct {
	Door
	Issuers    *oidc.Registry
	Secrets    *secrets.Store
	Parameters *parameters.Store
}

// NewMux returns a mux that answers, beside what every door has:
//
//	POST roles              identity.Role      adds a role
//	POST jwks               oidc.Provider      registers an issuer of web identity tokens
//	POST deny               identity.Denial    takes a right away
//	POST permit             identity.Permission  limits a principal to this and its other permissions
//	POST allow              {}                 gives all rights back
//	POST secrets            [secrets.Seed]     creates secrets, or puts new current versions
//	POST secrets/delete     [secrets.Seed]     deletes secrets at once, by name, account and region
//	POST parameters         [parameters.Seed]  creates parameters, or puts new versions
//	POST parameters/delete  [parameters.Seed]  deletes parameters at once, by name, account and region
//	POST reset              {"all"}            counters, or everything
func (f Fake) NewMux() *http.ServeMux {
	mux := f.Door.NewMux()
	Post(mux, "roles", func(r identity.Role) error {
		if identity.AccountOf(r.ARN) == "" {
			return fmt.Errorf("a role needs an arn")
		}
		f.Identities.PutRole(r)
		return nil
	})
	Post(mux, "jwks", f.Issuers.Put)
	Post(mux, "deny", func(d identity.Denial) error {
		if d.Action == "" {
			return fmt.Errorf("a denial needs an action")
		}
		f.Identities.Deny(d)
		return nil
	})
	Post(mux, "permit", func(p identity.Permission) error {
		if p.Action == "" || p.Resource == "" {
			return fmt.Errorf("a permission needs an action and a resource")
		}
		f.Identities.Permit(p)
		return nil
	})
	Post(mux, "allow", func(struct{}) error {
		f.Identities.AllowAll()
		return nil
	})
	Post(mux, "secrets", f.Secrets.Seed)
	Post(mux, "secrets/delete", func(all []secrets.Seed) error {
		for _, s := range all {
			f.Secrets.Remove(s)
		}
		return nil
	})
	Post(mux, "parameters", f.Parameters.Seed)
	Post(mux, "parameters/delete", func(all []parameters.Seed) error {
		for _, p := range all {
			f.Parameters.Remove(p)
		}
		return nil
	})
	Post(mux, "reset", func(in Reset) error {
		f.Reset(in.All)
		if in.All {
			f.Issuers.Reset()
			f.Secrets.Reset()
			f.Parameters.Reset()
		}
		return nil
	})
	return mux
}

// Reset is the body of the path reset.
type Reset struct {
	All bool `json:"all"` // everything, not only the counters
}
