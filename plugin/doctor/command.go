// Package doctor is the command that tells what is wrong with a cluster's External Secrets: with the API, with those who should
// refresh, with the ExternalSecrets, with what a removed operator has left behind. What is here gathers facts, judges them in
// functions without effects, and prints; it changes nothing, asks no provider and reads no Secret's data.
package doctor

import (
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

const long = `
Look for what is wrong with the External Secrets of a cluster, and tell how to fix it.

It looks at the CRDs, at who refreshes (the runner, External Secrets Operator) and for which classes of stores, at the
ExternalSecrets, at what a removed operator has left behind, and at your own rights. It changes nothing and asks no
provider; of Secrets it reads names and labels only. What you may not look at is told as UNKNOWN, and the rest goes on.

Severities:

    OK         it was looked at, and all is well
    WARNING    it works, and should still be seen to
    PROBLEM    something does not work
    UNKNOWN    it could not be looked at

ExternalSecrets, stores and rights are those of all namespaces or, where you may not list all, of the current one. -n
looks at one namespace only, and with -A it is a PROBLEM if all can't be listed. What belongs to the cluster is looked at
in any case.

With -o json, yaml, jsonpath or go-template, a DoctorReport (externalsecret.kubectl/v1) is printed:

    namespace                what was looked at; absent for all
    counts                   how many findings are OK, WARNING, PROBLEM, UNKNOWN
    findings[].check         the part that was looked at
    findings[].id            what was found; for OK and UNKNOWN the same as check
    findings[].severity      as above
    findings[].message       for a person
    findings[].fix           what to do: words, then commands in lines of their own
    findings[].count         how many objects are concerned
    findings[].objects[]     up to 5 of them: kind, namespace, name, note

Exit codes: 0 if there is no PROBLEM; 1 if there is one, or the server can't be asked.`

const example = `
# Look at the whole cluster
kubectl externalsecret doctor

# Look at one namespace, and at the cluster as far as you may
kubectl externalsecret doctor -n shop

# Look with the rights of somebody else
kubectl externalsecret doctor --as system:serviceaccount:externalsecret-system:externalsecret-runner

# List what is not well, for a program
kubectl externalsecret doctor -o jsonpath='{range .findings[?(@.severity!="OK")]}{.severity}{"\t"}{.id}{"\t"}{.message}{"\n"}{end}'`

// NewCommand makes `doctor`.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, build version.Build) *cobra.Command {
	flags := NewFlags(getter, streams, build)
	cmd := &cobra.Command{
		Use:                   "doctor [-A]",
		DisableFlagsInUseLine: true,
		Short:                 "Look for what is wrong, and how to fix it",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"check", "diagnose", "verify"},
		Args:                  scope.NoArguments,
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			options, err := flags.ToOptions()
			if err != nil {
				return err
			}
			return options.Run(cmd.Context())
		},
	}
	flags.AddFlags(cmd)
	return cmd
}
