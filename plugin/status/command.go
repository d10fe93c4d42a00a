// Package status is the command that tells how ExternalSecrets are. It reads what the cluster has recorded and asks no
// provider. What is here gathers facts, judges them in functions without effects, and prints; it changes nothing, and of
// Secrets it keeps names of keys and lengths only.
package status

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
)

const long = `
Tell how ExternalSecrets are: when each was synced, when it is due, and what is wrong.

It reads what is recorded in the cluster and asks no provider. A list reads ExternalSecrets, stores and who in the
cluster refreshes what, and Events if a deletion policy may have left keys out; it needs no right to read Secrets. One NAME shows the whole chain: its stores, the ExternalSecret and who in the cluster
refreshes it, its Secret with the lengths of the values, where each of its keys comes from, and the workloads and Pods that use it, with a note
on those that have old values. Values are never shown, nor is the text of templates.

States:

    Synced         the last refresh succeeded, and the next one is not overdue
    Incomplete     the last refresh succeeded, but the Secret lacks keys
    AtRisk         the last refresh succeeded, but the next one can't, or there is nobody to make it
    Stale          the last refresh succeeded, and its result is out of date
    Failed         the last refresh failed, or the ExternalSecret cannot be read
    NeverSynced    nothing has refreshed it yet
    Skipped        it is not to be refreshed, and the reason says why

Incomplete is what an Event says of the last refresh, as under deletion policy Merge; with one NAME also what is seen in the Secret.
AtRisk is what has a store that is gone, or was found unusable since the last sync, and what is to be refreshed again, but by no operator and no runner that
is in the cluster.
Stale is what is overdue, or was changed after the last sync; with one NAME also what has a Secret that is gone or was changed.
Overdue is what has been due for as long as its interval is, but at least for 10 minutes and at most for 1 hour. Sync windows count: what they hold back is due when they let it through.
Skipped is what has a store of another controller which has not refreshed it, or is being deleted, or has no Secret to merge into.

With -o json, yaml, jsonpath, go-template or custom-columns, each item is an ExternalSecretStatus (externalsecret.kubectl/v1):

    metadata           namespace, name, uid, labels, creationTimestamp of the ExternalSecret
    state              as above
    reason, message    why, for a program and for a person
    due                whether it is due for a refresh now
    lastSync           when the last successful refresh began
    nextDue            when time alone makes it due; absent if it does not
    heldBy, heldUntil  what keeps it from being refreshed then, and for how long; absent for ever
    lateSeconds        how long ago it should have been refreshed, sync windows taken into account
    ready              the condition as it was recorded: status, reason, message, since
    stores[]           kind, name
    secretName         absent if it writes no Secret
    creationPolicy, deletionPolicy, refreshPolicy, refreshInterval
    diagnosis          for one NAME that has failed only: id, cause, check, fix, owner, retry
    chain              for one NAME only: stores[], refreshers, secret, origins[], workloads, pods, events`

const example = `
# List the ExternalSecrets of a namespace
kubectl externalsecret status -n shop

# List those of all namespaces, with their Secrets and full messages
kubectl externalsecret status -A -o wide

# Show one with its store, Secret and Pods
kubectl externalsecret status db

# List those that are not well
kubectl externalsecret status -A -o jsonpath='{range .items[?(@.state!="Synced")]}{.metadata.namespace}/{.metadata.name}{"\t"}{.message}{"\n"}{end}'

# List the ones that wait longest for a refresh first
kubectl externalsecret status -A --sort-by=.lastSync

# Watch them change
kubectl externalsecret status -w`

// NewCommand makes `status`.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "status [NAME... | -l SELECTOR | --field-selector SELECTOR] [-A]",
		DisableFlagsInUseLine: true,
		Short:                 "Tell how ExternalSecrets are",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"get", "list", "describe"},
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
