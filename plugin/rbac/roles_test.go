package rbac

import (
	"bytes"
	"flag"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
)

// update rewrites the golden files.
var update = flag.Bool("update", false, "rewrite the golden files")

// needed are the rights of two namespaces and of the cluster, some of them twice.
func needed() []kube.Right {
	const group = "external-secrets.io"
	return []kube.Right{
		{Resource: "secrets", Verb: "update", Namespace: "shop", Name: "db"},
		{Resource: "secrets", Verb: "get", Namespace: "shop", Name: "db"},
		{Resource: "secrets", Verb: "create", Namespace: "shop"},
		{Resource: "secrets", Verb: "get", Namespace: "shop", Name: "app"},
		{Resource: "secrets", Verb: "update", Namespace: "shop", Name: "app"},
		{Resource: "secrets", Verb: "delete", Namespace: "shop", Name: "app"},
		{Resource: "secrets", Verb: "get", Namespace: "shop", Name: "db"},
		{Resource: "events", Verb: "patch", Namespace: "shop"},
		{Resource: "events", Verb: "create", Namespace: "shop"},
		{Group: group, Resource: "secretstores", Verb: "get", Namespace: "shop", Name: "aws"},
		{Group: group, Resource: "clustersecretstores", Verb: "get", Name: "shared"},
		{Resource: "serviceaccounts/token", Verb: "create", Namespace: "auth", Name: "sa"},
	}
}

func printed(t *testing.T, format string, needs core.Needs) (out, errOut string, err error) {
	t.Helper()
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	flags := genericclioptions.NewPrintFlags("").WithDefaultOutput(format)
	printer, err := flags.ToPrinter()
	require.NoError(t, err)
	o := Options{
		Account: types.NamespacedName{Namespace: "ops", Name: "secrets"}, Printer: printer, OneByOne: format == "yaml", Streams: streams,
		Config: core.NeedsConfig{Scope: resolve.Scope{Namespaces: []string{"shop"}}},
	}
	err = o.print(needs)
	return stdout.String(), stderr.String(), err
}

func TestManifests(t *testing.T) {
	for _, format := range []string{"yaml", "json"} {
		t.Run(format, func(t *testing.T) {
			out, errOut, err := printed(t, format, core.Needs{Rights: needed(), Namespaces: []string{"shop"}})
			require.NoError(t, err)
			golden.Assert(t, *update, "roles."+format, out)
			assert.Equal(t, "Note: these rights are for a runner with --namespaces=shop\n", errOut)
		})
	}
	t.Run("nothing", func(t *testing.T) {
		out, errOut, err := printed(t, "yaml", core.Needs{})
		require.NoError(t, err)
		assert.Empty(t, out)
		assert.Equal(t, "No resources found in shop namespace.\n", errOut)
	})
}

func TestTheSameRightsPrintTheSameInWhateverOrderTheyCome(t *testing.T) {
	rights := needed()
	first, _, err := printed(t, "yaml", core.Needs{Rights: rights, Namespaces: []string{"shop"}})
	require.NoError(t, err)
	slices.Reverse(rights)
	second, _, err := printed(t, "yaml", core.Needs{Rights: rights, Namespaces: []string{"shop"}})
	require.NoError(t, err)
	assert.True(t, bytes.Equal([]byte(first), []byte(second)), "%s\n%s", first, second)
}

func TestARightToAllObjectsStandsForThatToEach(t *testing.T) {
	for _, rights := range [][]kube.Right{
		{{Resource: "secrets", Verb: "get", Name: "a"}, {Resource: "secrets", Verb: "get"}},
		{{Resource: "secrets", Verb: "get"}, {Resource: "secrets", Verb: "get", Name: "a"}},
	} {
		rules := rulesOf(rights)
		require.Len(t, rules, 1)
		assert.Empty(t, rules[0].ResourceNames)
	}
}
