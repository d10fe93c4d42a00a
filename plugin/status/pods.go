package status

import (
	"context"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
)

// users finds the workloads and the Pods that use a Secret, which last changed at a time.
func (g *gatherer) users(ctx context.Context, namespace, secretName string, changed *time.Time) (WorkloadsLink, PodsLink) {
	found, trouble := consumers.Clients{Core: g.core, Apps: g.apps, Batch: g.batch}.Find(ctx, namespace, map[string]*time.Time{secretName: changed})
	workloads, pods := WorkloadsLink{Items: found[secretName].Workloads}, PodsLink{Items: found[secretName].Pods}
	if trouble.Workloads != nil {
		workloads.Error = secret.Printable(trouble.Workloads.Error())
	}
	if trouble.Pods != nil {
		pods.Error = secret.Printable(trouble.Pods.Error())
	}
	return workloads, pods
}
