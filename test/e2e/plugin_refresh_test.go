package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// called is how the plugin names an ExternalSecret.
const called = "externalsecret.external-secrets.io/"

// threeColours makes the ExternalSecrets red, green and blue, of which the first two have the label warm.
func (w *world) threeColours(t *testing.T) {
	t.Helper()
	w.aws.Seed(t, map[string]string{"red": "1", "green": "2", "blue": "3"})
	w.apply(t, awsStore)
	for name, label := range map[string]string{"red": "'yes'", "green": "'yes'", "blue": "'no'"} {
		w.apply(t, strings.Replace(externalSecret(name, dataOf(name)), "metadata: {name: "+name, "metadata: {name: "+name+", labels: {warm: "+label+"}", 1))
	}
}

func TestRefreshDoesWhatItIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	for name, test := range map[string]struct {
		args []string
		want []string // names, of which each has a line
	}{
		"a name":                     {[]string{"red"}, []string{"red"}},
		"several names":              {[]string{"red", "blue"}, []string{"red", "blue"}},
		"a short name before it":     {[]string{"es/red"}, []string{"red"}},
		"a full name before it":      {[]string{"externalsecret.external-secrets.io/red"}, []string{"red"}},
		"a label":                    {[]string{"-l", "warm=yes"}, []string{"red", "green"}},
		"a field":                    {[]string{"--field-selector", "spec.secretStoreRef.name=store"}, []string{"red", "green", "blue"}},
		"all":                        {[]string{"--all"}, []string{"red", "green", "blue"}},
		"those of a label, by names": {[]string{"-l", "warm=yes", "-o", "name"}, []string{"red", "green"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.plugin(t, append([]string{"refresh"}, test.args...)...)
			require.Zero(t, r.Code, r.Stderr)
			lines := strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n")
			require.Len(t, lines, len(test.want), r.Stdout)
			for _, name := range test.want {
				assert.Contains(t, r.Stdout, called+name)
			}
		})
	}
}

func TestRefreshTellsWhatBecameOfEachExternalSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	assert.Equal(t, called+"red created\n", w.plugin(t, "refresh", "red").Stdout)
	assert.Equal(t, called+"red unchanged\n", w.plugin(t, "refresh", "red").Stdout)
	w.aws.Put(t, "red", "new")
	assert.Equal(t, called+"red updated (value changed) (dry run)\n", w.plugin(t, "refresh", "red", "--dry-run=client").Stdout)
	assert.Equal(t, called+"red updated (value changed) (server dry run)\n", w.plugin(t, "refresh", "red", "--dry-run=server").Stdout)
	assert.Equal(t, map[string]string{"value": "1"}, w.data(t, "red"))
	assert.Equal(t, called+"red updated (value changed)\n", w.plugin(t, "refresh", "red").Stdout)
	assert.Equal(t, map[string]string{"value": "new"}, w.data(t, "red"))
	require.Len(t, w.events(t, "red"), 2)
	assert.Equal(t, "kubectl-externalsecret", w.events(t, "red")[0].Source.Component)

	w.apply(t, externalSecret("broken", dataOf("absent")))
	r := w.plugin(t, "refresh", "--all")
	assert.Equal(t, 1, r.Code)
	lines := strings.Split(strings.TrimSuffix(r.Stdout, "\n"), "\n")
	require.Len(t, lines, 4)
	assert.Contains(t, lines[3], called+"broken failed: ", "what failed comes last")
	assert.Contains(t, r.Stderr, "4 ExternalSecrets: 2 created, 1 unchanged, 1 failed")
	assert.NotContains(t, r.Stderr, "broken", "nothing is said twice")

	r = w.plugin(t, "refresh", "red", "gone")
	assert.Equal(t, 1, r.Code)
	assert.Equal(t, called+"red unchanged\n", r.Stdout)
	assert.Contains(t, r.Stderr, `Error from server (NotFound): externalsecrets.external-secrets.io "gone" not found`)

	r = w.plugin(t, "refresh", "-l", "warm=never")
	assert.Zero(t, r.Code)
	assert.Empty(t, r.Stdout)
	assert.Equal(t, "No resources found in "+w.namespace+" namespace.\n", r.Stderr)
}

func TestRefreshPrintsAReportForPrograms(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	w.apply(t, externalSecret("broken", dataOf("absent")))
	r := w.plugin(t, "refresh", "--all", "-o", "json")
	assert.Equal(t, 1, r.Code)
	var document struct {
		APIVersion, Kind, DryRun string
		Counts                   map[string]int
		Requests                 map[string]int
		Results                  []result
	}
	require.NoError(t, json.Unmarshal([]byte(r.Stdout), &document), r.Stdout)
	assert.Equal(t, "externalsecret.kubectl/v1", document.APIVersion)
	assert.Equal(t, "RefreshReport", document.Kind)
	assert.Equal(t, "none", document.DryRun)
	assert.Equal(t, map[string]int{"created": 3, "failed": 1}, document.Counts)
	assert.Equal(t, map[string]int{"SecretsManager.BatchGetSecretValue": 1}, document.Requests)
	var names []string
	for _, r := range document.Results {
		names = append(names, r.Name)
	}
	assert.Equal(t, []string{"blue", "broken", "green", "red"}, names)

	r = w.plugin(t, "refresh", "--all", "-o", `jsonpath={.results[?(@.outcome=="failed")].name}`)
	assert.Equal(t, "broken", r.Stdout)
	r = w.plugin(t, "refresh", "--all", "-o", "name")
	assert.ElementsMatch(t, []string{called + "blue", called + "green", called + "red"}, strings.Fields(r.Stdout), "only what was refreshed")
	assert.Contains(t, r.Stderr, "broken", "and a person is told of the rest")
}

func TestRefreshRefusesWhatItCanNotUnderstand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"nothing to refresh":            {nil, "--all"},
		"names and a selector":          {[]string{"a", "-l", "x=y"}, "names"},
		"names and all":                 {[]string{"a", "--all"}, "--all"},
		"a name across all namespaces":  {[]string{"a", "-A"}, "across all namespaces"},
		"another resource":              {[]string{"pod/a"}, `"pod/a"`},
		"a label selector that is none": {[]string{"-l", "a in ("}, `"a in ("`},
		"an output format that is none": {[]string{"a", "-o", "xml"}, "xml"},
		"a timeout without a unit":      {[]string{"a", "--timeout", "5"}, "timeout"},
		"a dry run that is none":        {[]string{"a", "--dry-run=perhaps"}, "dry-run"},
		"a flag that does not exist":    {[]string{"a", "--nonsense"}, "--nonsense"},
		"a concurrency below one":       {[]string{"a", "--concurrency", "-1"}, "concurrency"},
		"a name that can't be one":      {[]string{"es/"}, `"es/"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := w.plugin(t, append([]string{"refresh"}, test.args...)...)
			assert.Equal(t, 1, r.Code)
			assert.Empty(t, r.Stdout)
			assert.True(t, strings.HasPrefix(r.Stderr, "error: "), r.Stderr)
			assert.Contains(t, r.Stderr, test.says)
		})
	}
}

func TestThePluginSpeaksLikeKubectlOfTheAPIServersRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	unreachable := kubeconfigLike(t, w, func(cluster *clientcmdapi.Cluster, _ *clientcmdapi.AuthInfo) { cluster.Server = "https://127.0.0.1:1" })
	stranger := kubeconfigLike(t, w, func(_ *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) {
		*user = clientcmdapi.AuthInfo{Token: "not-a-token"}
	})
	for _, command := range [][]string{{"refresh", "--all"}, {"refresh", "red"}, {"status"}, {"status", "red"}} {
		for name, test := range map[string]struct {
			environment []string
			says        []string
		}{
			"unreachable": {append(w.aws.Env(), "KUBECONFIG="+unreachable),
				[]string{"The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?"}},
			"unknown":   {append(w.aws.Env(), "KUBECONFIG="+stranger), []string{"error: You must be logged in to the server"}},
			"forbidden": {w.as(t, "nobody"), []string{"Error from server (Forbidden): ", "externalsecrets.external-secrets.io", "cannot"}},
		} {
			t.Run(name+" "+strings.Join(command, " "), func(t *testing.T) {
				t.Parallel()
				r := w.pluginIn(t, test.environment, command...)
				assert.Equal(t, 1, r.Code)
				assert.Empty(t, r.Stdout)
				for _, says := range test.says {
					assert.Contains(t, r.Stderr, says)
				}
				assert.Equal(t, 1, strings.Count(r.Stderr, "\n"), "one line: %s", r.Stderr)
			})
		}
	}

	r := w.pluginIn(t, w.as(t, "by-name", "read", "status", "get", "write", "events"), "refresh", "red")
	assert.Zero(t, r.Code, r.Stderr)
	assert.Equal(t, called+"red created\n", r.Stdout, "a name needs no right to list Secrets")
}

func TestARefreshThatIsCutShortSaysWhatItDidNotReach(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args    []string
		signals []os.Signal
		latency time.Duration // of AWS: what is in flight then must end within the five seconds that are left to it
		code    int
		says    string
	}{
		"by --timeout":  {[]string{"--timeout", "3s"}, nil, 4 * time.Second, 124, "timed out after 3s"},
		"by Ctrl-C":     {nil, []os.Signal{syscall.SIGINT}, time.Second, 130, "interrupt"},
		"by SIGTERM":    {nil, []os.Signal{syscall.SIGTERM}, time.Second, 143, "terminated"},
		"as timeout(1)": {nil, []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, time.Second, 143, "terminated"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.many(t, 300, 300)
			w.aws.Latency(t, harness.OpBatchGetSecretValue, test.latency)
			p := w.startProgram(t, pluginPath(t), append([]string{"refresh", "--all", "--namespace", w.namespace}, test.args...)...)
			w.untilAsked(t)
			for i, sent := range test.signals {
				if i > 0 {
					time.Sleep(20 * time.Millisecond) // so that the kernel does not make one of two
				}
				p.Signal(t, sent)
			}
			r := p.Wait(t)
			assert.Equal(t, test.code, r.Code)
			assert.Contains(t, r.Stderr, test.says)
			assert.Contains(t, r.Stderr, "of 300 ExternalSecrets were not reached")
			created := strings.Count(r.Stdout, " created\n")
			assert.Equal(t, w.aws.Counters(t).IDs[harness.OpBatchGetSecretValue], created, "what was asked for is written and said")
			assert.Len(t, w.leftIn(t), created)
		})
	}
}

func TestKubectlFindsThePlugin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.threeColours(t)
	bin := pluginPath(t)
	r := harness.Run(t, append(w.environment(), "PATH="+filepath.Dir(bin)), filepath.Join(w.cluster.Info.Bin, "kubectl"),
		"externalsecret", "refresh", "red", "--namespace", w.namespace)
	require.Zero(t, r.Code, r.Stderr)
	assert.Equal(t, called+"red created\n", r.Stdout)
}
