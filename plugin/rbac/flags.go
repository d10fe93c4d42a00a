package rbac

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// defaultAccount is whom rights are for if no flag says so.
const defaultAccount = manifests.DefaultNamespace + "/" + manifests.Name

// awsAccount matches the number of an AWS account.
var awsAccount = regexp.MustCompile(`^[0-9]{12}$`)

// Flags are the flags of rbac, and what the command needs besides.
type Flags struct {
	Scope          scope.Flags
	Class          string
	GenericTargets bool
	// ServiceAccount is whom the rights are for, as NAMESPACE/NAME.
	ServiceAccount string
	SecretAccess   manifests.SecretAccess
	// Cloud is empty for the rights of the cluster.
	Cloud      string
	AWSAccount string
	Print      *genericclioptions.PrintFlags

	getter    genericclioptions.RESTClientGetter
	streams   genericiooptions.IOStreams
	providers provider.Registry
}

// NewFlags are the defaults.
func NewFlags(
	getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, providers provider.Registry,
) *Flags {
	return &Flags{
		Class:          api.ControllerDefault,
		ServiceAccount: defaultAccount,
		SecretAccess:   manifests.SecretsByName,
		Print:          genericclioptions.NewPrintFlags("").WithDefaultOutput("yaml"),
		getter:         getter,
		streams:        streams,
		providers:      providers,
	}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	f.Scope.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&f.ServiceAccount, "service-account", f.ServiceAccount,
		"Service account that the rights are for, as NAMESPACE/NAME.")
	cmd.Flags().StringVar((*string)(&f.SecretAccess), "secret-access", string(f.SecretAccess),
		`Must be "list" or "get". If list, all Secrets of the namespaces can be read, 500 in a request. `+
			`If get, only the Secrets that are needed can be read, by name, a request for each.`)
	scope.AddClass(cmd.Flags(), &f.Class)
	cmd.Flags().BoolVar(&f.GenericTargets, "unsafe-allow-generic-targets", f.GenericTargets,
		"Include what ExternalSecrets need that write other objects than Secrets (spec.target.manifest).")
	cmd.Flags().StringVar(&f.Cloud, "cloud", f.Cloud,
		"Print what a cloud must allow instead of roles of the cluster. Must be "+alternatives(cloudNames())+".")
	cmd.Flags().StringVar(&f.AWSAccount, "aws-account", f.AWSAccount,
		"Number of the AWS account that secrets are in, where no role of the store tells. Any account if empty.")
	f.Print.AddFlags(cmd)
	cmd.Flags().Lookup("show-managed-fields").Hidden = true // there are none in what is printed
	for flag, values := range map[string][]string{
		"output":        f.Print.AllowedFormats(),
		"secret-access": {string(manifests.SecretsListed), string(manifests.SecretsByName)},
		"cloud":         cloudNames(),
	} {
		// It fails only for a flag that is not there, or the second time.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// Validate checks that flags and arguments make sense.
func (f *Flags) Validate(args []string) error {
	if _, err := toAccount(f.ServiceAccount); err != nil {
		return err
	}
	_, known := cloudOf(f.Cloud)
	switch {
	case f.SecretAccess != manifests.SecretsListed && f.SecretAccess != manifests.SecretsByName:
		return fmt.Errorf(`--secret-access %q is neither "list" nor "get"`, f.SecretAccess)
	case f.Cloud != "" && !known:
		return fmt.Errorf(`--cloud %q is not supported: it must be %s`, f.Cloud, alternatives(cloudNames()))
	case f.AWSAccount != "" && f.Cloud != awsCloud().name:
		return errors.New("--aws-account needs --cloud=aws")
	case f.AWSAccount != "" && !awsAccount.MatchString(f.AWSAccount):
		return fmt.Errorf("--aws-account %q is not the number of an account: it has 12 digits", f.AWSAccount)
	case f.Class == "":
		return errors.New("--controller-class must not be empty")
	default:
		_, err := f.Scope.ToScope("", args)
		return err
	}
}

// toAccount reads NAMESPACE/NAME.
func toAccount(text string) (types.NamespacedName, error) {
	namespace, name, ok := strings.Cut(text, "/")
	if !ok || len(validation.IsDNS1123Label(namespace)) > 0 || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return types.NamespacedName{}, fmt.Errorf("--service-account %q must be NAMESPACE/NAME of a service account", text)
	}
	return types.NamespacedName{Namespace: namespace, Name: name}, nil
}

// ToOptions resolves the flags and the command's arguments, which are valid.
func (f *Flags) ToOptions(args []string) (*Options, error) {
	printer, err := f.Print.ToPrinter()
	if err != nil {
		return nil, err
	}
	namespace, _, err := f.getter.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	selected, err := f.Scope.ToScope(namespace, args)
	if err != nil {
		return nil, err
	}
	account, err := toAccount(f.ServiceAccount)
	if err != nil {
		return nil, err
	}
	config, err := f.getter.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	format := *f.Print.OutputFormat
	options := &Options{
		Config: core.NeedsConfig{
			Kube: config, Providers: f.providers, Scope: selected, Class: f.Class,
			GenericTargets: f.GenericTargets, ListSecrets: f.SecretAccess == manifests.SecretsListed,
		},
		Account:    account,
		AWSAccount: f.AWSAccount,
		Printer:    printer,
		OneByOne:   format == "yaml" || format == "name",
		Streams:    f.streams,
	}
	if c, ok := cloudOf(f.Cloud); ok {
		options.Cloud = &c
	}
	return options, nil
}
