package version

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apiversion "k8s.io/apimachinery/pkg/version"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

func TestTheImageOfARelease(t *testing.T) {
	for version, want := range map[string]string{
		"v1.2.3": manifests.ImageRepository + ":v1.2.3", "v1.2.3-rc.1": manifests.ImageRepository + ":v1.2.3-rc.1",
		"v1.2.3-4-gabcdef0": "", "abcdef0": "", "unknown": "", "": "", "v0.0.0-20261125130500-abcdefabcdef": "", "v1.2.3+dirty": "",
	} {
		assert.Equal(t, want, Build{Version: version}.Image(), version)
	}
}

func TestBuildOf(t *testing.T) {
	b := BuildOf(Stamp{Version: "v1.2.3", Commit: "abc", Date: "2026-11-25T12:00:00Z"})
	assert.Equal(t, "v1.2.3", b.Version)
	assert.Equal(t, "abc", b.Commit)
	assert.Equal(t, "2026-11-25T12:00:00Z", b.Date)
	assert.Equal(t, runtime.Version(), b.GoVersion)
	assert.Equal(t, runtime.GOOS+"/"+runtime.GOARCH, b.Platform)
}

func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	t.Setenv("KUBECONFIG", t.TempDir()+"/none")
	cmd := NewCommand(genericclioptions.NewConfigFlags(false), streams, Build{Version: "v1.2.3", GoVersion: "go1", Platform: "a/b"})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestClientVersionNeedsNoServer(t *testing.T) {
	out, err := run(t, "--client")
	require.NoError(t, err)
	assert.Equal(t, "Client Version: v1.2.3\n", out)
}

func TestVersionTellsWhatItKnowsBeforeItFails(t *testing.T) {
	out, err := run(t)
	require.Error(t, err, "there is no server")
	assert.Equal(t, "Client Version: v1.2.3\n", out)
}

func TestVersionForPrograms(t *testing.T) {
	want := Versions{Client: Build{Version: "v1.2.3", GoVersion: "go1", Platform: "a/b"}}
	for format, decode := range map[string]func([]byte, any) error{
		"json": json.Unmarshal,
		"yaml": func(b []byte, into any) error { return yaml.Unmarshal(b, into) },
	} {
		out, err := run(t, "--client", "-o", format)
		require.NoError(t, err)
		var got Versions
		require.NoError(t, decode([]byte(out), &got), out)
		assert.Equal(t, want, got, format)
	}
}

func TestVersionRefusesOtherFormats(t *testing.T) {
	_, err := run(t, "--client", "-o", "xml")
	assert.ErrorContains(t, err, `--output must be 'yaml' or 'json': "xml"`)
}

func TestVersionText(t *testing.T) {
	server := &apiversion.Info{GitVersion: "v1.36.3"}
	for name, test := range map[string]struct {
		versions Versions
		want     string
	}{
		"with the API":    {Versions{Client: Build{Version: "v1"}, Server: server, ExternalSecrets: "external-secrets.io/v1"}, "Client Version: v1\nServer Version: v1.36.3\nExternal Secrets API: external-secrets.io/v1\n"},
		"without the API": {Versions{Client: Build{Version: "v1"}, Server: server}, "Client Version: v1\nServer Version: v1.36.3\nExternal Secrets API: <not served>\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, (&Options{}).print(test.versions, &out))
			assert.Equal(t, test.want, out.String())
		})
	}
}
