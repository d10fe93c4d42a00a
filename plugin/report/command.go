// Package report is the command that shows a fleet of ExternalSecrets as a whole: as a page to look at, or as a document for
// programs. What is here reads lists, puts them together in functions without effects, and draws. How an ExternalSecret is, is
// judged by package status, and why, by package explain. It asks no provider, changes nothing, and of Secrets reads the metadata only.
package report

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
)

const long = `
Show how a fleet of ExternalSecrets is: their states, how fresh they are, why some are not well, what they read and who uses them, and
what the runner did last.

With -o html it is one page that needs no network and no server: it can be opened as a file, kept as an artifact of a pipeline, or put
behind any web server. Without -o a summary is printed.

It reads what is recorded in the cluster, in lists, and asks no provider. Values are never read: of Secrets it lists the metadata. Names are
shown, of namespaces, stores, Secrets and workloads, and so are the messages of failures, less what looks like a secret in them. What may
not be listed beside the ExternalSecrets, such as Secrets or Pods, is said to be unknown, and the rest is shown.

The states are those of status, which with one NAME also knows whether a Secret has the keys and values that it should have.

With -o json, yaml, jsonpath or go-template it is a FleetReport (externalsecret.kubectl/v1):

    taken          when it was made
    scope          context, namespace, names, labelSelector, fieldSelector
    total, states  how many there are, and of each state
    freshness[]    interval, total, fresh, late, overdue, never, oldest
    causes[]       failed, diagnosis, store, objects[] (namespace, name, error), by what is recorded
    stores[]       kind, namespace, name, known, exists, provider, class, ready, error, externalSecrets, notWell
    refreshers[]   kind, namespace, name, serves
    runs[]         as of runs, without single results
    items[]        as of status, with secret (exists, changed), workloads[] and pods[]
    unknown[]      part and why: what could not be read

Exit codes: 0 if it could be made, however the fleet is; 1 if not, or if a NAME does not exist.`

const example = `
# Make a page of all namespaces
kubectl externalsecret report -A -o html > fleet.html

# Make one of a team's
kubectl externalsecret report -A -l team=payments -o html > payments.html

# Sum up one namespace
kubectl externalsecret report -n shop

# List the causes for which some are not well, the most frequent first
kubectl externalsecret report -A -o jsonpath='{range .causes[*]}{.diagnosis.id}{"\t"}{.store}{"\n"}{end}'`

// NewCommand makes `report`.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "report [NAME... | -l SELECTOR | --field-selector SELECTOR] [-A] [-o html]",
		DisableFlagsInUseLine: true,
		Short:                 "Show the whole fleet, as a page to look at",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"dashboard", "overview", "summary"},
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
