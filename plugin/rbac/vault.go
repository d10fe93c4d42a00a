package rbac

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/vault"
)

func vaultCloud() cloud {
	return cloud{
		name: "vault", providers: []string{"vault", "openBao"}, kind: "VaultPolicyList", grants: vaultGrants,
		about: `what HashiCorp Vault or OpenBao must allow, one policy for each login:

    items[].server        URL of the server
    items[].namespace     where the policy belongs, if in a namespace
    items[].login         mount of the method, such as auth/kubernetes; nothing for a token
    items[].as            role, user or Secret that it logs in with
    items[].stores[]      stores that log in so
    items[].policy        the policy, in JSON as Vault takes it`,
	}
}

func vaultGrants(_ *Options, wanted []provider.Wanted) (items any, said []string, err error) {
	grants, problems, err := vault.Grants(wanted)
	if err != nil {
		return nil, nil, err
	}
	for _, problem := range problems {
		said = append(said, "Warning: "+problem)
	}
	said = append(said, `Note: tokens give themselves back by the policy "default"; a login without it needs update on auth/token/revoke-self besides`)
	return grants, said, nil
}
