package refresh

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/restart"
)

// restart restarts the workloads that have an old value of what was refreshed, if that is wanted.
func (o *Options) restart(ctx context.Context, view *view, report core.Report) ([]restart.Result, error) {
	if !o.Restart {
		return nil, nil
	}
	return restart.Run(ctx, restart.Config{Kube: o.Config.Kube, DryRun: o.Config.DryRun, Observe: view.restart}, report.Results)
}

// restart shows what became of a workload.
func (v *view) restart(r restart.Result) {
	subject, why := r.Subject(), ""
	if v.namespaces && subject != "" {
		subject += " in namespace " + r.Namespace
	}
	if r.Why() != "" {
		why = " (" + r.Why() + ")"
	}
	switch {
	case subject == "":
		v.print(v.misses, fmt.Sprintf("some workloads in namespace %s may have an old value: %s", r.Namespace, r.Message))
	case r.Outcome == restart.Restarted:
		v.print(cmp.Or(v.hits, v.misses), subject+" restarted"+why+v.suffix())
	case r.Outcome == restart.Failed:
		v.print(v.misses, subject+" not restarted"+why+": "+r.Message)
	default:
		v.note(subject + " is not restarted" + why + ": " + r.Message)
	}
}
