// Package refresh is the command that refreshes ExternalSecrets now, due or not. The work is core.Sync's; what is here says
// which ExternalSecrets, and tells a person or a program what became of each.
package refresh

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
)

const long = `
Read what ExternalSecrets want from their stores and write it to their Secrets, now.

A refresh does not wait for the refresh interval and does not ask whether anything has changed in the store. A Secret is
written only where it differs, and the status of the ExternalSecret records the refresh. Nothing but the store has to run for
it: no operator and no controller. ExternalSecrets whose store is served by another controller (its spec.controller) are
skipped.

With --store or --remote-key it refreshes all that depends on a store or on a remote secret, wholly. Whether a search finds the
remote secret is told by its name and path; one that goes by tags is refreshed in any case.

With --restart, workloads are restarted afterwards as kubectl rollout restart does it, each once, if they read a Secret when their
Pods start (variables, subPath) and it has changed now or since Pods of theirs started. What is mounted as a volume follows by
itself. What is not restarted, and has to be, is told: Jobs, Pods that nothing would make anew, kinds that are not known here.

With --all -A, ClusterExternalSecrets are fanned out before: their ExternalSecrets are made, changed and deleted as they say.

One line for each ExternalSecret goes to standard output as it is done, those that failed last; progress, warnings and a
summary go to standard error. A failed ExternalSecret does not stop the others. Values are never printed, only the names of
keys.

With -o json, yaml, jsonpath or go-template, one RefreshReport (externalsecret.kubectl/v1) is printed at the end:

    dryRun                        none, client or server
    started, finished             times, RFC 3339
    counts                        how many are created, updated, unchanged, deleted, skipped, failed
    results[].namespace, .name    of an ExternalSecret; in this order
    results[].outcome             created, updated, unchanged, deleted, skipped or failed
    results[].reason, .message    why, for a program and for a person
    results[].secret              name of its Secret; results[].target if it writes another object, as KIND/NAME
    results[].changes             names of keys: added[], changed[], removed[]; and metadata (true or absent)
    results[].warnings[]          what works and should still be seen to
    restarts[]                    .namespace, .group, .kind, .name, .outcome: restarted, failed or left; .message
    restarts[].changed, .stale    names of Secrets that changed now, and of those that did since Pods started
    clusterExternalSecrets[]      .name, .outcome, .message, .matched; created[], changed[], deleted[]: namespaces; failed[]
    requests                      how many requests were made to providers, by operation
    stores[]                      the same by store, with retries, throttles and seconds
    removals                      how many Secrets were to be deleted or emptied: made and refused, of how many
    notes[]                       remarks on the whole

Exit codes: 0 if none failed; 1 if any failed, or a restart did; 124 if --timeout passed before all were reached.`

const example = `
# Refresh one ExternalSecret
kubectl externalsecret refresh db

# Refresh all ExternalSecrets of a namespace
kubectl externalsecret refresh --all -n shop

# Refresh those with a label, in all namespaces
kubectl externalsecret refresh -l team=payments -A

# Refresh those of one store
kubectl externalsecret refresh --store aws

# Refresh all that depends on a remote secret, in all namespaces
kubectl externalsecret refresh --remote-key prod/db -A

# Refresh those of a ClusterSecretStore, and restart what has old values of them
kubectl externalsecret refresh --store clusterstore/aws -A --restart

# Show which keys would change, and change nothing
kubectl externalsecret refresh --all --dry-run=client

# List those that failed
kubectl externalsecret refresh --all -A -o go-template='{{range .results}}{{if eq .outcome "failed"}}{{.namespace}}/{{.name}}: {{.message}}{{"\n"}}{{end}}{{end}}'`

// NewCommand makes `refresh`.
func NewCommand(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "refresh (NAME... | -l SELECTOR | --field-selector SELECTOR | --store STORE | --remote-key KEY | --all) [-A]",
		DisableFlagsInUseLine: true,
		Short:                 "Refresh ExternalSecrets now",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"sync", "reconcile", "renew"},
		ValidArgsFunction:     completion.ExternalSecrets(getter),
		RunE: func(cmd *cobra.Command, args []string) error {
			dryRun, err := cmdutil.GetDryRunStrategy(cmd)
			if err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			if dryRun != cmdutil.DryRunNone && flags.Via != string(ViaLocal) && flags.Via != string(ViaAuto) {
				return cmdutil.UsageErrorf(cmd, "--dry-run needs --via=local")
			}
			if err := flags.Validate(args); err != nil {
				return cmdutil.UsageErrorf(cmd, "%v", err)
			}
			options, err := flags.ToOptions(args, dryRun)
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd)
	return cmd
}
