package install

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestAnImageThatNobodyHasPublishedForThisBuildIsToldOf(t *testing.T) {
	const published = "ghcr.io/kubectl-externalsecret/externalsecret-runner:v1.2.3"
	for name, tc := range map[string]struct {
		image string // of the release
		args  []string
		want  string
	}{
		"a release has one":           {published, nil, ""},
		"one that is named is enough": {"", []string{"--image=example.com/runner:1"}, ""},
		"another build has none": {"", nil, "Note: this plugin is built from source, and no image of the runner is published for it: " +
			"name yours with --image, or the Pods may wait for one that does not exist\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", t.TempDir()+"/none")
			streams, _, out, errOut := genericiooptions.NewTestIOStreams()
			cmd := NewCommand(genericclioptions.NewConfigFlags(false), streams, tc.image)
			cmd.SetArgs(append([]string{"--export"}, tc.args...))
			require.NoError(t, cmd.ExecuteContext(t.Context()))
			assert.Contains(t, out.String(), "kind: CronJob")
			assert.Equal(t, tc.want, errOut.String())
		})
	}
}
