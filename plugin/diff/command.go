// Package diff is the command that shows what a refresh would change. The work is core.Sync's, which compares in place of
// writing; what is here masks what is compared and hands it to a program that shows differences.
package diff

import (
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/completion"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
)

const long = `
Show what a refresh would change in the Secrets of ExternalSecrets, and change nothing.

The stores are read as a refresh reads them, due or not, and what it would write is compared with the Secrets that are there:
keys that would be added, removed or changed, type, labels, annotations, owners, finalizers. Nothing is sent to the API server
but reads, so that the rights of "refresh --dry-run=client" are enough; what an admission webhook would add is not shown.

Values are not shown. What stands for one is its length and a fingerprint:

    password: <24 bytes, 3f9a1c2e>

Equal values have equal fingerprints within one output, and in no other. Labels and annotations are shown where the
ExternalSecret has them as they are, and masked as well where not: a template may have made them of values. So is everything
in objects that are no Secrets. With --show-secrets all is shown as it is, and what is no text in base64, marked as such.

The differences are shown by "diff -u -N", which has to be in your PATH, or by the program that the environment variable
KUBECTL_EXTERNAL_DIFF names, with arguments divided by spaces:

    KUBECTL_EXTERNAL_DIFF="colordiff -N -u" kubectl externalsecret diff --all

It is given two temporary directories, LIVE-... and MERGED-..., with a file for each Secret that differs, and they are removed
when it ends. What is left out (a store of another class, generators that must not run again) and what fails is told on
standard error.

Exit codes: 0 if there is no difference; 1 if there is; more than 1 for an error, or if any ExternalSecret failed. Those of
the program are expected to mean the same.`

const example = `
# Show what a refresh of one ExternalSecret would change
kubectl externalsecret diff db

# Of all of a namespace
kubectl externalsecret diff --all -n shop

# Of those with a label, in all namespaces
kubectl externalsecret diff -l team=payments -A

# Show the values, too
kubectl externalsecret diff db --show-secrets

# Side by side
KUBECTL_EXTERNAL_DIFF="diff -N -y" kubectl externalsecret diff db`

// NewCommand makes `diff`.
func NewCommand(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "diff (NAME... | -l SELECTOR | --field-selector SELECTOR | --all) [-A]",
		DisableFlagsInUseLine: true,
		Short:                 "Show what a refresh would change",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"compare", "plan"},
		ValidArgsFunction:     completion.ExternalSecrets(getter),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.Validate(args); err != nil {
				return inTrouble(cmdutil.UsageErrorf(cmd, "%v", err))
			}
			options, err := flags.ToOptions(args)
			if err != nil {
				return inTrouble(err)
			}
			return inTrouble(options.Run(cmd.Context()))
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return inTrouble(cmd.Parent().FlagErrorFunc()(cmd, err))
	})
	flags.AddFlags(cmd)
	return cmd
}

// inTrouble gives an error that has no exit code the one for trouble: 1 says that there are differences.
func inTrouble(err error) error {
	var coded *exit.Error
	if err == nil || errors.As(err, &coded) {
		return err
	}
	return &exit.Error{Code: trouble, Err: err}
}
