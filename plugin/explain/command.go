// Package explain is the command that tells which step of an ExternalSecret fails, as whom, why and who can mend it. The steps are
// taken by the core, in a pass that writes nothing, and the knowledge is core/diagnose's; what is here joins both with what the last
// refresh has recorded, and prints. It keeps no secret value.
package explain

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
Tell at which step an ExternalSecret fails, as whom, why, who can mend it and how.

A refresh is made that writes nothing: its stores are asked, with your rights and the credentials that the stores name, and the
API server checks what would be written. Each step is shown with its evidence; at the first that fails the walk ends. No value is
shown. With --offline no provider is asked: then it is the steps before that, and what the last refresh has recorded in the
condition and in Events, whoever made it.

Steps:

    Object        the ExternalSecret is there and can be decoded
    Rules         it keeps the rules of admission
    Due           its policy, interval and windows, and whether anybody refreshes it
    Store         its stores are there, and their specs make sense
    Class         the stores are for who reads them here
    Namespace     the stores admit its namespace
    Credentials   what the stores log in with can be read
    Token         tokens of service accounts are minted: issuer, subject, audience
    Identity      the provider knows the caller: who that is, through which roles
    Read          the provider gives each remote secret: version, age
    Property      what is wanted of them is there
    Rewrite       keys are rewritten, and are valid
    Decoding      values are decoded
    Template      the template is rendered
    Target        the target may be written: rights, ownership, immutability, size, quota, admission
    Difference    what a refresh would change
    Writers       who else has written to the target
    Recorded      what the last refresh has left

With --error it is the text of a failure that is explained, and no cluster is contacted: that of a condition, an Event or a line of a
log, of this tool, of External Secrets Operator, of a provider or of the API server, with whatever stands around it. What is not known
is called unknown, and nothing is guessed. Its text is shown then, without what looks like a secret in it.

With KEY it is also told where the value of that key of the Secret comes from. A store is explained up to the login. --all and
selectors look at many ExternalSecrets, and group those that fail by their causes.

Exit codes:

    0   healthy; with --error: the text was looked up, whether or not it is known
    1   broken
    2   there is no answer: the API server can't be asked, or the command line is wrong

With -o json, yaml, jsonpath or go-template it is an ExternalSecretExplanation, a StoreExplanation, ExternalSecretCauses or, with
--error, a Diagnosis, whose fields are those of diagnosis (externalsecret.kubectl/v1):

    metadata      namespace, name
    healthy       whether the exit code is 0
    failed        the first step that fails
    error         what it failed with
    diagnosis     id, cause, check, fix, owner (app, platform, cloud, vault), retry (yes, no, cond); also of what
                  nobody refreshes
    steps[]       step; state (OK, Warning, Failed, NotReached, Skipped); message; evidence[] (name, value)
    key           with KEY only
    usedBy        total and healthy; of a store only

    total, broken, causes[]   failed, diagnosis, store, objects[] (namespace, name, error); with --all or a selector
    warned, warnings[]        the same of what is not broken, but nobody refreshes`

const example = `
# Tell why db is not as it should be
kubectl externalsecret explain db -n shop

# Tell where the key password of its Secret comes from
kubectl externalsecret explain db password -n shop

# Ask no provider
kubectl externalsecret explain db -n shop --offline

# Log in to a store
kubectl externalsecret explain store/aws -n shop
kubectl externalsecret explain clusterstore/aws

# Explain a message that was copied from somewhere
kubectl externalsecret explain --error "api error AccessDeniedException: User: arn:aws:sts::..."

# Group all failures by their causes
kubectl externalsecret explain --all -A`

// unanswered is the exit code of what could not be answered; 0 and 1 are answers.
const unanswered = 2

// NewCommand makes `explain`.
func NewCommand(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *cobra.Command {
	flags := NewFlags(getter, streams, providers)
	cmd := &cobra.Command{
		Use:                   "explain [NAME [KEY] | store/NAME | clusterstore/NAME | -l SELECTOR | --all | --error TEXT] [-A] [--offline]",
		DisableFlagsInUseLine: true,
		Short:                 "Tell why an ExternalSecret fails, and who can mend it how",
		Long:                  long,
		Example:               example,
		SuggestFor:            []string{"why", "debug", "diagnose"},
		Args:                  cobra.MaximumNArgs(2),
		ValidArgsFunction:     completion.Subjects(getter),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.HasError = cmd.Flags().Changed("error")
			if err := flags.Validate(args); err != nil {
				return coded(cmdutil.UsageErrorf(cmd, "%v", err))
			}
			if flags.HasError {
				options, err := flags.toErrorOptions()
				if err != nil {
					return coded(err)
				}
				return coded(options.Run())
			}
			options, err := flags.ToOptions(args)
			if err != nil {
				return coded(err)
			}
			return options.Run(cmd.Context())
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
