package e2e_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// pass is what came of running the runner.
type pass struct {
	harness.Result
	Report report
}

// report is the line that the runner prints, field by field as its users read it.
type report struct {
	Run      string         `json:"run"`
	Pod      string         `json:"pod"`
	Exit     int            `json:"exit"`
	Error    string         `json:"error"`
	Started  string         `json:"started"`
	Seconds  float64        `json:"seconds"`
	Total    int            `json:"total"`
	Outcomes map[string]int `json:"outcomes"`
	Requests map[string]int `json:"requests"`
	Notes    []string       `json:"notes"`
	Results  []result       `json:"results"`
	LeftOut  int            `json:"leftOut"`
	Shard    struct {
		Index int `json:"index"`
		Of    int `json:"of"`
	} `json:"shard"`
	Lease struct {
		Name   string `json:"name"`
		Holder string `json:"holder"`
		Held   bool   `json:"held"`
	} `json:"lease"`
	Stores []struct {
		Store        string  `json:"store"`
		Requests     int     `json:"requests"`
		Retries      int     `json:"retries"`
		Throttles    int     `json:"throttles"`
		TotalSeconds float64 `json:"totalSeconds"`
		MaxSeconds   float64 `json:"maxSeconds"`
	} `json:"stores"`
	Removals struct {
		Secrets int `json:"secrets"`
		Allowed int `json:"allowed"`
		Made    int `json:"made"`
		Refused int `json:"refused"`
	} `json:"removals"`
	Causes []struct {
		Reason  string `json:"reason"`
		Message string `json:"message"`
		Count   int    `json:"count"`
		Example string `json:"example"`
	} `json:"causes"`
	Stalest []struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
		LastSync  string `json:"lastSync"`
		Since     string `json:"since"`
	} `json:"stalest"`
	Linger struct {
		Passes   int            `json:"passes"`
		Outcomes map[string]int `json:"outcomes"`
	} `json:"linger"`

	ClusterExternalSecrets []fanOut `json:"clusterExternalSecrets"`
}

// fanOut is what became of one ClusterExternalSecret.
type fanOut struct {
	Name    string   `json:"name"`
	Outcome string   `json:"outcome"`
	Message string   `json:"message"`
	Matched int      `json:"matched"`
	Created []string `json:"created"`
	Changed []string `json:"changed"`
	Deleted []string `json:"deleted"`
	Failed  []struct {
		Namespace string `json:"namespace"`
		Reason    string `json:"reason"`
	} `json:"failed"`
}

// result is what became of one ExternalSecret.
type result struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Outcome   string   `json:"outcome"`
	Reason    string   `json:"reason"`
	Message   string   `json:"message"`
	Secret    string   `json:"secret"`
	Target    string   `json:"target"`
	Warnings  []string `json:"warnings"`
	Changes   struct {
		Added    []string `json:"added"`
		Changed  []string `json:"changed"`
		Removed  []string `json:"removed"`
		Metadata bool     `json:"metadata"`
	} `json:"changes"`
}

// of is the result of the ExternalSecret of this name, which must be there.
func (p pass) of(t *testing.T, name string) result {
	t.Helper()
	for _, r := range p.Report.Results {
		if r.Name == name {
			return r
		}
	}
	t.Fatalf("no result for %s:\n%s\n%s", name, p.Stdout, p.Stderr)
	return result{}
}

// runner is the path of the runner.
func runner(t *testing.T) string {
	t.Helper()
	return harness.Build(t, "./cmd/externalsecret-runner")
}

// plugin runs the plugin with the world's namespace as the one of its context.
func (w *world) plugin(t *testing.T, args ...string) harness.Result {
	t.Helper()
	return w.pluginIn(t, w.environment(), args...)
}

// pluginIn is plugin with another environment.
func (w *world) pluginIn(t *testing.T, environment []string, args ...string) harness.Result {
	t.Helper()
	return harness.Run(t, environment, pluginPath(t), append(args, "--namespace", w.namespace)...)
}

// pluginPath is the path of the plugin.
func pluginPath(t *testing.T) string {
	t.Helper()
	return harness.Build(t, "./cmd/kubectl-externalsecret")
}

// environment is what a program needs to find the cluster, as its admin, and AWS.
func (w *world) environment() []string {
	return append(w.aws.Env(), "KUBECONFIG="+w.cluster.Kubeconfig())
}

// pass makes a pass over the world's namespace, with what args say besides.
func (w *world) pass(t *testing.T, args ...string) pass {
	t.Helper()
	return w.passIn(t, w.environment(), args...)
}

// passIn is pass with another environment.
func (w *world) passIn(t *testing.T, environment []string, args ...string) pass {
	t.Helper()
	return readPass(t, harness.Run(t, environment, runner(t), append([]string{"--namespaces", w.namespace, "--report", "full"}, args...)...))
}

// readPass reads the report, of which the fields must all be known here.
func readPass(t *testing.T, r harness.Result) pass {
	t.Helper()
	p := pass{Result: r}
	if r.Stdout != "" {
		require.NoError(t, json.Unmarshal([]byte(r.Stdout), &p.Report), r.Stdout)
	}
	return p
}

// synced requires that a pass exits with 0, and nothing has failed.
func (p pass) synced(t *testing.T) pass {
	t.Helper()
	require.Zero(t, p.Code, "stdout:\n%s\nstderr:\n%s", p.Stdout, p.Stderr)
	require.Zero(t, p.Report.Outcomes["failed"])
	return p
}
