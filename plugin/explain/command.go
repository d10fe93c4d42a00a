// Package explain is the command that tells why an ExternalSecret, a store or a text fails: at which step, as whom, why, who can mend it
// and how. What becomes of an object is found out by core, which walks the pipeline and writes nothing, and what is behind a failure
// by core/diagnose. What is here gathers what they find, judges it in functions without effects, and prints it; it changes nothing.
package explain

import (
	"errors"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
)

const long = `
Tell what is behind the text of a failure: cause, check, fix, whose task that is, and whether waiting helps.

The text may be that of a condition, an Event or a line of a log, of this tool, of External Secrets Operator, of a provider or of
the API server, with whatever stands around it. With --error - it is read from standard input. No cluster is contacted, and the text goes nowhere.

What is not known is called unknown, and nothing is guessed. Its text is shown then, without what looks like a secret in it; all other
output shows no more of the text than names.

With -o json, yaml, jsonpath or go-template, the answer is a Diagnosis (externalsecret.kubectl/v1):

    id       such as AWS-27, or unknown
    cause    what is behind it
    check    how to make sure; a line that begins with "$ " is a command
    fix      what to do
    owner    whose task it is: app, platform, cloud or vault; "-" if that can't be said
    retry    whether waiting helps: yes, no or cond (under a condition, see the fix); "-" if that can't be said

Exit codes: 0 if the text was looked up, whether or not it is known; 2 if not, because of wrong usage for example.`

const example = `
# Explain a message that was copied from somewhere
kubectl externalsecret explain --error "api error AccessDeniedException: User: arn:aws:sts::..."

# Explain the condition of an ExternalSecret
kubectl get externalsecret db -o jsonpath='{.status.conditions[0].message}' | kubectl externalsecret explain --error -

# Have a script find out whose task it is
kubectl externalsecret explain --error - -o jsonpath='{.owner}' < message.txt`

// unanswered is the exit code of what could not be answered; 0 and 1 are answers.
const unanswered = 2

// NewCommand makes `explain`.
func NewCommand(streams genericiooptions.IOStreams) *cobra.Command {
	flags := NewFlags(streams)
	cmd := &cobra.Command{
		Use:                   "explain --error TEXT",
		DisableFlagsInUseLine: true,
		Short:                 "Tell what is behind a failure, who can mend it, and how",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"why", "diagnose", "debug"},
		ValidArgsFunction:     cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.Validate(args); err != nil {
				return coded(cmdutil.UsageErrorf(cmd, "%v", err))
			}
			options, err := flags.ToOptions()
			if err != nil {
				return coded(err)
			}
			return coded(options.Run())
		},
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return coded(cmd.Parent().FlagErrorFunc()(cmd, err)) })
	flags.AddFlags(cmd)
	return cmd
}

// coded gives an error the exit code of what could not be answered, unless it has one of its own.
func coded(err error) error {
	var own *exit.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	return &exit.Error{Code: unanswered, Err: err}
}
