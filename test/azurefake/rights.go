package main

import (
	"fmt"
	"slices"
	"strings"
)

// roleActions are what the roles of Azure allow, of what is done here.
func roleActions(role string) []string {
	switch role {
	case "Key Vault Administrator":
		return []string{"*"}
	case "Key Vault Reader":
		return []string{"secrets/readMetadata/action", "keys/read", "certificates/read"}
	case "Key Vault Secrets User":
		return []string{"secrets/getSecret/action", "secrets/readMetadata/action"}
	case "Key Vault Crypto User":
		return []string{"keys/read"}
	case "Key Vault Certificate User":
		return []string{"secrets/getSecret/action", "secrets/readMetadata/action", "keys/read", "certificates/read"}
	default:
		return nil
	}
}

// denial is why a key vault does not let somebody do something.
type denial struct{ text, inner string }

// denies tells whether a caller may not do something to an object, such as secrets/db, or to all of a kind, such as secrets. action is
// the part of a role, and permission that of an access policy, such as "secrets get".
func (v *vault) denies(who *app, by claims, name, path, action, permission string) *denial {
	caller := fmt.Sprintf("appid=%s;oid=%s;iss=%s", by.Application, by.Object, by.Issuer)
	if v.firewall {
		return &denial{"Client address is not authorized and caller is not a trusted service.\r\nClient address: 127.0.0.1\r\nCaller: " + caller +
			"\r\nVault: " + name + ";location=westeurope", "ForbiddenByFirewall"}
	}
	if v.policies != nil {
		if slices.Contains(v.policies[who.ClientID], permission) && !v.denied[path] {
			return nil
		}
		return &denial{fmt.Sprintf("The user, group or application '%s' does not have %s permission on key vault '%s;location=westeurope'. "+
			"For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287", caller, permission, name), "ForbiddenByPolicy"}
	}
	if !v.denied[path] {
		for scope, roles := range who.Roles {
			at, below, _ := strings.Cut(scope, "/")
			if at != name || (below != "" && below != path) {
				continue
			}
			for _, role := range roles {
				if actions := roleActions(role); slices.Contains(actions, action) || slices.Contains(actions, "*") {
					return nil
				}
			}
		}
	}
	return &denial{fmt.Sprintf("Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed "+
		"recently, please observe propagation time.\r\nCaller: %s\r\nAction: 'Microsoft.KeyVault/vaults/%s'\r\nResource: '/subscriptions/00000000-0000-0000-0000-000000000000/"+
		"resourcegroups/shop/providers/microsoft.keyvault/vaults/%s/%s'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: %s;location=westeurope\r\n",
		caller, action, name, path, name), "ForbiddenByRbac"}
}
