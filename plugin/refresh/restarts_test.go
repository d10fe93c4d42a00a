package refresh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/internal/golden"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/restart"
)

// restarts are results of every sort.
func restarts() []restart.Result {
	of := func(group, kind, name string, outcome restart.Outcome, message string) restart.Result {
		return restart.Result{Namespace: "shop", Group: group, Kind: kind, Name: name, Outcome: outcome, Message: message, Changed: []string{"db"}}
	}
	both := of("apps", "Deployment", "web", restart.Restarted, "")
	both.Changed, both.Stale = []string{"db", "tls"}, []string{"other"}
	stale := of("apps", "StatefulSet", "disk", restart.Restarted, "")
	stale.Changed, stale.Stale = nil, []string{"db"}
	again := of("apps", "DaemonSet", "agent", restart.Left, "it was restarted after the Secret changed")
	again.Changed = nil
	return []restart.Result{
		both, stale, again,
		of("apps", "Deployment", "paused", restart.Failed, "it is paused: run kubectl rollout resume"),
		of("batch", "Job", "migrate", restart.Left, "a Job can't be restarted"),
		{Namespace: "shop", Outcome: restart.Failed, Message: "which Pods have an old value is not known: list pods: forbidden"},
	}
}

func TestViewOfRestarts(t *testing.T) {
	for name, v := range map[string]*view{
		"restarts":         {},
		"restarts-wide":    {namespaces: true},
		"restarts-dry-run": {dryRun: write.DryRunClient},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			v.hits, v.misses, v.errOut = &out, &out, &errOut
			for _, r := range restarts() {
				v.restart(r)
			}
			golden.Assert(t, *update, name, fmt.Sprintf("-- stdout\n%s-- stderr\n%s", &out, &errOut))
		})
	}
}

func TestRestartsDoNotGetBetweenNames(t *testing.T) {
	var errOut bytes.Buffer
	v := &view{misses: &errOut, errOut: &errOut} // as with -o name
	v.restart(restarts()[1])
	assert.Equal(t, "statefulset.apps/disk restarted (Pods started before Secret db changed)\n", errOut.String())
}

func TestRestartsForPrograms(t *testing.T) {
	format := "json"
	flags := genericclioptions.NewPrintFlags("")
	flags.OutputFormat = &format
	printer, err := flags.ToPrinter()
	require.NoError(t, err)
	var out bytes.Buffer
	require.NoError(t, documentPrinter(printer)(core.Report{}, restarts(), "none", &out))
	golden.Assert(t, *update, "restarts.json", out.String())
}

func TestARestartThatFailedFailsTheCommand(t *testing.T) {
	all := restarts()
	require.NoError(t, verdict(t.Context(), core.Report{}, all[:3]))
	assert.Equal(t, exit.Failed, exit.Code(verdict(t.Context(), core.Report{}, all[3:4])))
	assert.Equal(t, exit.Failed, exit.Code(verdict(t.Context(), core.Report{}, all[5:])))

	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(&exit.Error{Code: exit.TimedOut, Err: errors.New("timed out after 1s")})
	err := verdict(ctx, core.Report{}, all[5:])
	assert.Equal(t, exit.TimedOut, exit.Code(err))
	assert.Equal(t, "error: timed out after 1s: not all workloads were restarted, which the same command does", exit.Message(err))
	require.NoError(t, verdict(ctx, core.Report{}, all[:3]), "it came too late")
}
