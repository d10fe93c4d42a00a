// Package version tells which versions are at work: of the plugin, of the API server, of the External Secrets API.
package version

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

const long = `
Print the versions of the plugin, of the API server, and of the External Secrets API that the server serves and the plugin uses.`

const example = `
# Print the versions
kubectl externalsecret version

# Print the version of the plugin, without asking the server
kubectl externalsecret version --client`

// Versions are what is printed, in the shape that programs read.
type Versions struct {
	Client Build            `json:"clientVersion"`
	Server *apiversion.Info `json:"serverVersion,omitempty"`
	// ExternalSecrets is the version of the API that the plugin uses, such as external-secrets.io/v1; empty if it is not served.
	ExternalSecrets string `json:"externalSecretsAPI,omitempty"`
}

// Options are resolved flags.
type Options struct {
	ClientOnly bool
	// Format is json, yaml or empty.
	Format string
	Build  Build

	getter  genericclioptions.RESTClientGetter
	streams genericiooptions.IOStreams
}

// NewCommand makes `version`.
func NewCommand(getter genericclioptions.RESTClientGetter, streams genericiooptions.IOStreams, build Build) *cobra.Command {
	o := &Options{Build: build, getter: getter, streams: streams}
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the plugin, the server and the External Secrets API",
		Long:    long,
		Example: example,
		Args:    scope.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Format != "" && o.Format != "json" && o.Format != "yaml" {
				return cmdutil.UsageErrorf(cmd, "--output must be 'yaml' or 'json': %q", o.Format)
			}
			return o.Run(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&o.ClientOnly, "client", o.ClientOnly, "If true, shows client version only (no server required).")
	cmd.Flags().StringVarP(&o.Format, "output", "o", o.Format, "One of 'yaml' or 'json'.")
	// It fails only for a flag that is not there, or the second time.
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json", "yaml"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// Run prints what can be learnt; an error of the server comes after it.
func (o *Options) Run(ctx context.Context) error {
	versions := Versions{Client: o.Build}
	var err error
	if !o.ClientOnly {
		err = o.ask(ctx, &versions)
	}
	if printErr := o.print(versions, o.streams.Out); printErr != nil {
		return printErr
	}
	return err
}

// ask asks the server.
func (o *Options) ask(ctx context.Context, versions *Versions) error {
	discovery, err := o.getter.ToDiscoveryClient()
	if err != nil {
		return err
	}
	body, err := discovery.RESTClient().Get().AbsPath("/version").Do(ctx).Raw()
	if err != nil {
		return err
	}
	var server apiversion.Info
	if err := json.Unmarshal(body, &server); err != nil {
		return fmt.Errorf("read the server's version: %w", err)
	}
	versions.Server = &server
	config, err := o.getter.ToRESTConfig()
	if err != nil {
		return err
	}
	client, err := kube.New(ctx, config)
	if errors.Is(err, kube.ErrNoCRDs) {
		return nil
	}
	if err != nil {
		return err
	}
	versions.ExternalSecrets = client.APIVersion()
	return nil
}

func (o *Options) print(versions Versions, out io.Writer) error {
	switch o.Format {
	case "json":
		encoded, err := json.MarshalIndent(versions, "", "  ")
		if err != nil {
			return fmt.Errorf("encode the versions: %w", err)
		}
		_, err = fmt.Fprintln(out, string(encoded))
		return err
	case "yaml":
		encoded, err := yaml.Marshal(versions)
		if err != nil {
			return fmt.Errorf("encode the versions: %w", err)
		}
		_, err = out.Write(encoded)
		return err
	default:
		text := fmt.Sprintf("Client Version: %s\n", versions.Client.Version)
		if versions.Server != nil {
			api := versions.ExternalSecrets
			if api == "" {
				api = "<not served>"
			}
			text += fmt.Sprintf("Server Version: %s\nExternal Secrets API: %s\n", versions.Server.GitVersion, api)
		}
		_, err := io.WriteString(out, text)
		return err
	}
}
