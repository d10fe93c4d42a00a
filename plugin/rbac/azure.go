package rbac

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/azurekv"
)

func azureCloud() cloud {
	return cloud{
		name: "azure", providers: []string{"azurekv"}, kind: "AzureRoleAssignmentList", grants: azureGrants,
		about: `what Azure must allow, for each identity in each key vault:

    items[].keyVault      URL of the key vault
    items[].as            application or identity that reads it
    items[].tenant        its tenant, if the store says so
    items[].stores[]      stores that read it so
    items[].roleAssignments[].role
                          role, for a key vault that uses roles
    items[].roleAssignments[].below
                          what follows the id of the key vault in the scope; nothing for all of it
    items[].accessPolicy  permissions by kind of object, for a key vault that uses access policies`,
	}
}

func azureGrants(_ *Options, wanted []provider.Wanted) (items any, said []string, err error) {
	grants, err := azurekv.Grants(wanted)
	if err != nil {
		return nil, nil, err
	}
	return grants, []string{`Note: a role is assigned by: az role assignment create --role ROLE --assignee IDENTITY --scope "$(az keyvault show --name NAME --query id --output tsv)BELOW"`}, nil
}
