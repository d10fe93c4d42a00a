package rbac

import (
	"encoding/json"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
)

// policyLimit is how many characters a managed policy of IAM may have, without white space.
const policyLimit = 6144

func awsCloud() cloud {
	return cloud{
		name: "aws", providers: []string{"aws"}, kind: "AWSPolicyList", grants: awsGrants,
		about: `what IAM must allow, one policy for each principal that logs in or is assumed:

    items[].principal     ARN of a role, or whose identity it is
    items[].stores[]      stores that log in as the principal, or by way of it
    items[].policy        the policy document`,
	}
}

func awsGrants(o *Options, wanted []provider.Wanted) (items any, said []string, err error) {
	grants, err := aws.Grants(wanted, o.AWSAccount)
	if err != nil {
		return nil, nil, err
	}
	for _, grant := range grants {
		policy, err := json.Marshal(grant.Policy)
		if err != nil {
			return nil, nil, fmt.Errorf("encode a policy: %w", err)
		}
		if len(policy) > policyLimit {
			said = append(said, fmt.Sprintf(
				"Warning: the policy of %s has %d characters, and a managed policy may have %d: put secrets below common names, and allow those",
				grant.Principal, len(policy), policyLimit))
		}
	}
	said = append(said, "Note: what is encrypted with customer managed keys needs kms:Decrypt on those keys besides; which they are is not known here")
	return grants, said, nil
}
