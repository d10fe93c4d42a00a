package refresh

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		args  []string
		flags func(*Flags)
		want  string // empty: valid
	}{
		"a name":                        {[]string{"db"}, func(*Flags) {}, ""},
		"all":                           {nil, func(f *Flags) { f.All = true }, ""},
		"all of all namespaces":         {nil, func(f *Flags) { f.All, f.Scope.AllNamespaces = true, true }, ""},
		"a label selector":              {nil, func(f *Flags) { f.Scope.Labels = "a=b" }, ""},
		"a field selector alone":        {nil, func(f *Flags) { f.Scope.Fields = "metadata.name=a" }, ""},
		"both selectors":                {nil, func(f *Flags) { f.Scope = scope.Flags{Labels: "a", Fields: "a=b"} }, ""},
		"nothing at all":                {nil, func(*Flags) {}, "say which ExternalSecrets: names, a selector (-l or --field-selector), --store, --remote-key or --all"},
		"all namespaces and no more":    {nil, func(f *Flags) { f.Scope.AllNamespaces = true }, "say which ExternalSecrets"},
		"a name and all":                {[]string{"db"}, func(f *Flags) { f.All = true }, "names cannot be provided when --all is specified"},
		"all and a label selector":      {nil, func(f *Flags) { f.All, f.Scope.Labels = true, "a" }, "cannot set --all and --selector at the same time"},
		"all and a field selector":      {nil, func(f *Flags) { f.All, f.Scope.Fields = true, "a=b" }, "cannot set --all and --field-selector"},
		"a name and a selector":         {[]string{"db"}, func(f *Flags) { f.Scope.Labels = "a" }, "names cannot be provided when a selector"},
		"a name in all namespaces":      {[]string{"db"}, func(f *Flags) { f.Scope.AllNamespaces = true }, "across all namespaces"},
		"a store":                       {nil, func(f *Flags) { f.Store = "aws" }, ""},
		"a remote secret of a store":    {nil, func(f *Flags) { f.Store, f.RemoteKey = "clusterstore/aws", "db" }, ""},
		"a store and a selector":        {nil, func(f *Flags) { f.Store, f.Scope.Labels = "aws", "a=b" }, ""},
		"a store in all namespaces":     {nil, func(f *Flags) { f.Store, f.Scope.AllNamespaces = "aws", true }, ""},
		"a store that is none":          {nil, func(f *Flags) { f.Store = "es/aws" }, `--store: "es/aws" does not name a store`},
		"a store and a name":            {[]string{"db"}, func(f *Flags) { f.Store = "aws" }, "names cannot be provided when --store or --remote-key"},
		"a remote secret and a name":    {[]string{"db"}, func(f *Flags) { f.RemoteKey = "db" }, "names cannot be provided when --store or --remote-key"},
		"all and a store":               {nil, func(f *Flags) { f.All, f.Store = true, "aws" }, "cannot set --all and --store"},
		"all and a remote secret":       {nil, func(f *Flags) { f.All, f.RemoteKey = true, "db" }, "cannot set --all and --remote-key"},
		"a negative timeout":            {[]string{"db"}, func(f *Flags) { f.Timeout = -time.Second }, "--timeout must not be negative: -1s"},
		"no concurrency":                {[]string{"db"}, func(f *Flags) { f.Concurrency = 0 }, "--concurrency must be at least 1: 0"},
		"no class":                      {[]string{"db"}, func(f *Flags) { f.Class = "" }, "--controller-class must not be empty"},
		"something else than a name":    {[]string{"pod/x"}, func(*Flags) {}, `"pod/x" does not name an ExternalSecret`},
		"a selector that is not one":    {nil, func(f *Flags) { f.Scope.Labels = "a=b=c" }, "invalid label selector"},
		"a field selector that is none": {nil, func(f *Flags) { f.Scope.Fields = "a" }, "invalid field selector"},
	} {
		t.Run(name, func(t *testing.T) {
			flags := NewFlags(genericclioptions.NewConfigFlags(false), genericiooptions.NewTestIOStreamsDiscard(), nil)
			test.flags(flags)
			err := flags.Validate(test.args)
			if test.want == "" {
				assert.NoError(t, err)
			} else {
				assert.ErrorContains(t, err, test.want)
			}
		})
	}
}

func TestToOptions(t *testing.T) {
	server, namespace := "https://127.0.0.1:1", "shop"
	getter := genericclioptions.NewConfigFlags(false)
	getter.APIServer, getter.Namespace = &server, &namespace
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	flags := NewFlags(getter, genericiooptions.NewTestIOStreamsDiscard(), nil)
	flags.Timeout = time.Minute
	for strategy, want := range map[cmdutil.DryRunStrategy]write.DryRun{
		cmdutil.DryRunNone: write.DryRunNone, cmdutil.DryRunClient: write.DryRunClient, cmdutil.DryRunServer: write.DryRunServer,
	} {
		options, err := flags.ToOptions([]string{"es/db"}, strategy)
		require.NoError(t, err)
		assert.Equal(t, want, options.Config.DryRun)
		assert.True(t, options.Config.Force, "a person who asks for a refresh means now")
		assert.Equal(t, "shop/db", options.Config.Scope.Names[0].String())
		assert.Equal(t, "default", options.Config.Class)
		assert.Equal(t, server, options.Config.Kube.Host)
		assert.Equal(t, time.Minute, options.Timeout)
		assert.Nil(t, options.Printer)
	}
}

func TestToOptionsChoosesAPrinter(t *testing.T) {
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	server := "https://127.0.0.1:1"
	for format, ok := range map[string]bool{
		"name": true, "json": true, "yaml": true, "kyaml": true, "jsonpath={.kind}": true, "go-template={{.kind}}": true, "xml": false,
	} {
		getter := genericclioptions.NewConfigFlags(false)
		getter.APIServer = &server
		flags := NewFlags(getter, genericiooptions.NewTestIOStreamsDiscard(), nil)
		*flags.Print.OutputFormat = format
		options, err := flags.ToOptions([]string{"db"}, cmdutil.DryRunNone)
		if !ok {
			require.ErrorContains(t, err, `unable to match a printer suitable for the output format "xml"`)
			continue
		}
		require.NoError(t, err, format)
		assert.NotNil(t, options.Printer, format)
	}
}
