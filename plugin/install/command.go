// Package install is the commands that put the runner into a cluster and take it away again. What the objects are is said by
// package manifests; what is here applies and deletes them, and leaves alone what others have installed.
package install

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

const long = `
Install the runner into a cluster: a CronJob that refreshes the ExternalSecrets that are due, with the least rights for it.

It is applied by a server-side apply: the CRDs and the namespace first, then the service account, its rights and the CronJob. What
is as it should be is not changed, so the command can be repeated, and changes what its flags say differently. Rights that an
earlier installation gave and this one does not are taken away. CRDs that somebody else has installed, such as External Secrets
Operator or Helm, are left as they are.

The namespace is externalsecret-system, unless -n names another.

With --export, or --dry-run=client, the objects are printed and no cluster is asked, for kubectl apply --server-side or for GitOps.

Exit codes: 0 if the runner is installed; 1 if not.`

const example = `
# Install the runner for the whole cluster
kubectl externalsecret install

# Install it for two namespaces, without any right outside of them
kubectl externalsecret install --scope=namespaces=shop,payments

# Let it read Secrets by name only, and log in as one service account that a store names
kubectl externalsecret install --secret-access=get --login-service-account=shop/secrets-reader

# Run every minute, with a role of AWS
kubectl externalsecret install --schedule='* * * * *' --service-account-annotation=eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/secrets

# React within seconds, without a controller
kubectl externalsecret install --linger=4m50s

# Print the objects
kubectl externalsecret install --export > runner.yaml`

// NewCommand makes `install`. image is the runner that goes with this version of the plugin.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, image string) *cobra.Command {
	flags := NewFlags(getter, streams, image)
	cmd := &cobra.Command{
		Use:                   "install [--scope=cluster|namespaces=a,b]",
		DisableFlagsInUseLine: true,
		Short:                 "Install the runner into a cluster",
		Long:                  long,
		Example:               example,
		Args:                  scope.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dryRun, err := cmdutil.GetDryRunStrategy(cmd)
			if err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			options, err := flags.ToOptions(dryRun)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd)
	return cmd
}

const uninstallLong = `
Take the runner away that install has put into a cluster: CronJob, rights, service account, its lease and reports, its namespace.

ExternalSecrets, stores and Secrets stay, and so do the CRDs. With --crds the CRDs go that install has made, and with them every
ExternalSecret and store of the cluster and the Secrets that ExternalSecrets own: how many, is said first. Try --dry-run=server.

What others have installed, such as Helm, is left as it is.

Exit codes: 0 if it is gone; 1 if not, or if there was nothing.`

const uninstallExample = `
# Take the runner away
kubectl externalsecret uninstall

# Say what would go with the CRDs, and delete nothing
kubectl externalsecret uninstall --crds --dry-run=server`

// NewUninstallCommand makes `uninstall`.
func NewUninstallCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams) *cobra.Command {
	var crds bool
	cmd := &cobra.Command{
		Use:                   "uninstall [--crds]",
		DisableFlagsInUseLine: true,
		Short:                 "Take the runner away from a cluster",
		Long:                  uninstallLong,
		Example:               uninstallExample,
		Args:                  scope.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dryRun, err := cmdutil.GetDryRunStrategy(cmd)
			if err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			if dryRun == cmdutil.DryRunClient {
				return cmdutil.UsageErrorf(cmd, "--dry-run=client knows nothing of what is installed: use --dry-run=server")
			}
			namespace, err := namespaceOf(getter)
			if err != nil {
				return err
			}
			config, err := getter.ToRESTConfig()
			if err != nil {
				return err
			}
			options := &Uninstall{Kube: config, Namespace: namespace, CRDs: crds, ServerDryRun: dryRun == cmdutil.DryRunServer, Streams: streams}
			return options.Run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&crds, "crds", crds, "Delete the CRDs, too, and with them all ExternalSecrets, stores and the Secrets that are owned.")
	cmdutil.AddDryRunFlag(cmd)
	return cmd
}
