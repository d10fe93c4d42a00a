// Package rbac is the command that computes the least rights with which ExternalSecrets can be refreshed. What a pass asks for is
// core.FindNeeds' to know; what is here makes roles or policies of it, in functions without effects, and prints them. It grants
// nothing.
package rbac

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
)

const longStart = `
Print the least rights with which the runner can refresh ExternalSecrets, as those and their stores are now.

It prints a Role and a RoleBinding for each namespace in which something is read or written, and a ClusterRole and a
ClusterRoleBinding if ClusterSecretStores or ClusterGenerators are used, all for one service account. Secrets, ConfigMaps, stores,
generators and service accounts are named one by one. Nothing is granted before the output is applied.

What RBAC cannot narrow to names is granted for the namespace: to create Secrets and Events, to list ExternalSecrets. So is
writing the status of ExternalSecrets, so that one that is new can say which rights it lacks. Run the command again after a change
to ExternalSecrets or stores. What is applied replaces what was applied before for the same account: select all that it is to
refresh.

`

const longEnd = `It reads ExternalSecrets, their stores and the labels of namespaces that stores select; it reads no Secret and asks no provider.
ExternalSecrets whose needs are not all known are told on standard error; with --cloud, those that read a store of this cloud, or one whose
provider cannot be told.

Exit codes: 0 if all needs are known; 1 if not, with what is known printed.`

const example = `
# Grant the runner what the ExternalSecrets of all namespaces need
kubectl externalsecret rbac -A | kubectl apply -f -

# Grant a runner of its own what those of one namespace need
kubectl externalsecret rbac -n shop --service-account=shop/secrets | kubectl apply -f -

# Let it list Secrets, which takes fewer requests
kubectl externalsecret rbac -n shop --secret-access=list

# Show what has changed since it was applied
kubectl externalsecret rbac -A | kubectl diff -f -

# Show what IAM must allow
kubectl externalsecret rbac -A --cloud=aws --aws-account=123456789012

# Show which roles Azure must assign
kubectl externalsecret rbac -A --cloud=azure

# Show which roles Google must give to whom, and on what
kubectl externalsecret rbac -A --cloud=gcp

# Let a login of Vault read what it needs, and no more
kubectl externalsecret rbac -n shop --cloud=vault -o jsonpath='{.items[0].policy}' | vault policy write shop -

# Write the policy document of a role to a file
kubectl externalsecret rbac --cloud=aws -o jsonpath='{.items[?(@.principal=="arn:aws:iam::123456789012:role/shop")].policy}' > policy.json`

// long is the description of the command.
func long() string {
	text := longStart
	for _, c := range clouds() {
		text += "With --cloud=" + c.name + " it prints instead " + c.about + "\n\n"
	}
	return text + longEnd
}

// NewCommand makes `rbac`.
func NewCommand(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "rbac [NAME... | -l SELECTOR | --field-selector SELECTOR] [-A]",
		DisableFlagsInUseLine: true,
		Short:                 "Compute the least rights that refreshing takes",
		Long:                  long(),
		Example:               example,
		SuggestFor:            []string{"roles", "rights", "iam", "permissions", "policy"},
		ValidArgsFunction:     completion.ExternalSecrets(getter),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.Validate(args); err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			options, err := flags.ToOptions(args)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd)
	return cmd
}
