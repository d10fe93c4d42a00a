package install

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

const (
	scopeCluster    = "cluster"
	scopeNamespaces = "namespaces="
	defaultTimeout  = 2 * time.Minute
)

// Flags are the flags of install, and what the command needs besides.
type Flags struct {
	Scope, SecretAccess               string
	ClusterStores                     bool
	Image, Schedule, TimeZone         string
	Shards                            int
	Linger                            time.Duration
	Class                             string
	ServiceAccountAnnotations         map[string]string
	LoginServiceAccounts, RunnerFlags []string
	Env                               []string
	Export, Wait, ForceConflicts      bool
	Timeout                           time.Duration
	Print                             *genericclioptions.PrintFlags

	getter  genericclioptions.RESTClientGetter
	streams genericiooptions.IOStreams
	image   string
}

// NewFlags are the defaults. image is the runner that goes with this version of the plugin; empty means that of the manifests.
func NewFlags(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, image string) *Flags {
	return &Flags{
		Scope: scopeCluster, SecretAccess: string(manifests.SecretsListed), Shards: 1, Wait: true, Timeout: defaultTimeout,
		Print: genericclioptions.NewPrintFlags("").WithDefaultOutput("yaml"), getter: getter, streams: streams, image: image,
	}
}

// AddFlags binds them to a command.
func (f *Flags) AddFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.Scope, "scope", f.Scope,
		"Whose ExternalSecrets the runner serves, and so which rights it gets: cluster, or namespaces=a,b for nothing outside of these.")
	flags.BoolVar(&f.ClusterStores, "cluster-stores", f.ClusterStores,
		"With --scope=namespaces=..., let the runner read ClusterSecretStores and ClusterGenerators, too.")
	flags.StringVar(&f.SecretAccess, "secret-access", f.SecretAccess,
		`Must be "list" or "get". If list, the runner may list Secrets, 500 in a request. If get, it may read them by name only, a request for each.`)
	flags.StringSliceVar(&f.LoginServiceAccounts, "login-service-account", f.LoginServiceAccounts,
		"Service accounts as which stores log in, as NAMESPACE/NAME: the runner may request tokens of these, and of no others.")
	flags.StringToStringVar(&f.ServiceAccountAnnotations, "service-account-annotation", f.ServiceAccountAnnotations,
		"Annotations of the runner's service account, as KEY=VALUE, such as eks.amazonaws.com/role-arn=arn:aws:iam::123456789012:role/secrets.")
	flags.StringVar(&f.Image, "image", f.Image, "Image of the runner. Defaults to that of this version, which a plugin that is built from source does not have.")
	flags.StringVar(&f.Schedule, "schedule", f.Schedule, `When it runs, in cron's format. Defaults to "*/5 * * * *".`)
	flags.StringVar(&f.TimeZone, "time-zone", f.TimeZone, "Time zone of the schedule, such as Europe/Vienna. Defaults to Etc/UTC.")
	flags.IntVar(&f.Shards, "shards", f.Shards, "How many Pods share the work of a run.")
	flags.DurationVar(&f.Linger, "linger", f.Linger,
		"How long a run goes on and syncs within seconds what is new or changes, such as 4m50s with a schedule of 5 minutes. Zero ends it with its pass.")
	flags.StringVar(&f.Class, "controller-class", f.Class, "Class of the stores that it serves (their spec.controller), besides those that name none.")
	flags.StringArrayVar(&f.RunnerFlags, "runner-flag", f.RunnerFlags, "A further flag of the runner, such as --runner-flag=--log-level=debug. May be repeated.")
	flags.StringArrayVar(&f.Env, "env", f.Env,
		"An environment variable of the runner, as KEY=VALUE, such as HTTPS_PROXY=http://proxy.example:3128. May be repeated. It can be read in the CronJob: no place for a secret.")
	flags.BoolVar(&f.Export, "export", f.Export, "Print the objects and ask no cluster: the same as --dry-run=client.")
	flags.BoolVar(&f.Wait, "wait", f.Wait, "Wait until the CRDs are served.")
	flags.DurationVar(&f.Timeout, "timeout", f.Timeout, "How long to wait. Needs a unit (e.g. 30s, 5m).")
	flags.BoolVar(&f.ForceConflicts, "force-conflicts", f.ForceConflicts, "Take over fields that somebody else has set.")
	cmdutil.AddDryRunFlag(cmd)
	f.Print.AddFlags(cmd)
	for flag, values := range map[string][]string{
		"dry-run": {"none", "client", "server"}, "scope": {scopeCluster, scopeNamespaces},
		"secret-access": {string(manifests.SecretsListed), string(manifests.SecretsByName)}, "output": f.Print.AllowedFormats(),
	} {
		// It fails only for a flag that is not there, or the second time.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// ToOptions resolves the flags.
func (f *Flags) ToOptions(dryRun cmdutil.DryRunStrategy) (*Options, error) {
	namespace, err := namespaceOf(f.getter)
	if err != nil {
		return nil, err
	}
	o := &Options{
		Manifests: manifests.Options{
			Namespace: namespace, WithCRDs: true, ClusterStores: f.ClusterStores, SecretAccess: manifests.SecretAccess(f.SecretAccess),
			Image: f.image, Schedule: f.Schedule, TimeZone: f.TimeZone, Shards: f.Shards, Linger: f.Linger, ControllerClass: f.Class,
			Args: f.RunnerFlags, ServiceAccountAnnotations: maps.Clone(f.ServiceAccountAnnotations),
		},
		ForceConflicts: f.ForceConflicts, ServerDryRun: dryRun == cmdutil.DryRunServer, Wait: f.Wait, Timeout: f.Timeout, Streams: f.streams,
	}
	if f.Image != "" {
		o.Manifests.Image = f.Image
	}
	o.Unpublished = o.Manifests.Image == ""
	if o.Manifests.Scope, err = scopeOf(f.Scope); err != nil {
		return nil, err
	}
	if access := o.Manifests.SecretAccess; access != manifests.SecretsListed && access != manifests.SecretsByName {
		return nil, fmt.Errorf(`--secret-access %q is neither "list" nor "get"`, access)
	}
	if f.Shards < 1 { // which the manifests take for what nobody has chosen
		return nil, fmt.Errorf("--shards %d: a run has at least one Pod", f.Shards)
	}
	for _, account := range f.LoginServiceAccounts {
		namespace, name, ok := strings.Cut(account, "/")
		if !ok {
			return nil, fmt.Errorf("--login-service-account %q is not NAMESPACE/NAME", account)
		}
		o.Manifests.LoginServiceAccounts = append(o.Manifests.LoginServiceAccounts, types.NamespacedName{Namespace: namespace, Name: name})
	}
	for _, flag := range f.RunnerFlags {
		if !strings.HasPrefix(flag, "--") {
			return nil, fmt.Errorf("--runner-flag %q is not a flag: it begins with --", flag)
		}
	}
	if o.Manifests.Env, err = envOf(f.Env); err != nil {
		return nil, err
	}
	if f.Export || dryRun == cmdutil.DryRunClient {
		o.Printer, err = f.Print.ToPrinter()
		return o, err
	}
	o.Kube, err = f.getter.ToRESTConfig()
	return o, err
}

// scopeOf reads --scope: no namespaces mean the whole cluster.
func scopeOf(scope string) ([]string, error) {
	if scope == scopeCluster {
		return nil, nil
	}
	list, ok := strings.CutPrefix(scope, scopeNamespaces)
	if !ok {
		return nil, fmt.Errorf("--scope %q is neither cluster nor namespaces=a,b", scope)
	}
	namespaces := slices.DeleteFunc(strings.Split(list, ","), func(name string) bool { return name == "" })
	if len(namespaces) == 0 {
		return nil, errors.New("--scope=namespaces= names no namespace")
	}
	return namespaces, nil
}

// envOf reads --env.
func envOf(settings []string) (map[string]string, error) {
	env := map[string]string{}
	for _, setting := range settings {
		name, value, ok := strings.Cut(setting, "=")
		if problems := validation.IsEnvVarName(name); !ok || len(problems) > 0 {
			return nil, fmt.Errorf("--env %q is not KEY=VALUE with a KEY that a variable can have", name)
		}
		env[name] = value
	}
	return env, nil
}

// namespaceOf is the namespace that a person has named, and otherwise the runner's own: that of the context is somebody's who
// works there.
func namespaceOf(getter genericclioptions.RESTClientGetter) (string, error) {
	namespace, named, err := getter.ToRawKubeConfigLoader().Namespace()
	if err != nil || !named {
		return manifests.DefaultNamespace, err
	}
	return namespace, nil
}
