package core

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// loadFanOut reads what a fan-out depends on. Only a pass over everything makes one: in another, an ExternalSecret that was left
// out would look like one that does not exist.
func (p *pass) loadFanOut(ctx context.Context) error {
	p.fanout = &fanout.FanOut{
		Reader: p.client, Writer: children{p.client, p.DryRun == write.DryRunServer}, APIVersion: p.client.APIVersion(), Concurrency: p.Concurrency,
	}
	if p.Guard != nil {
		p.fanout.Admit = p.admitChildren
	}
	if p.recording() {
		p.fanout.Recorder = p.client
	}
	if p.DryRun == write.DryRunClient {
		p.fanout.Writer = fanout.Pretend{}
	}
	err := p.fanout.Load(ctx)
	if kube.IsForbidden(err) {
		p.note("ClusterExternalSecrets are left alone: " + err.Error())
		return nil
	}
	return err
}

// fanOut makes the ExternalSecrets of ClusterExternalSecrets, and returns the items as they are then: a new one is synced in the
// same pass, and one that was deleted is not.
func (p *pass) fanOut(ctx, work context.Context, items []resolve.Item) []resolve.Item {
	if p.fanout == nil {
		return items
	}
	existing := make(fanout.Existing, len(items))
	for i := range items {
		existing[items[i].NamespacedName] = items[i].Raw
		items[i].Raw = nil // of no use any more
	}
	changed, results := p.fanout.Run(ctx, work, existing)
	p.report.ClusterExternalSecrets = results
	items = slices.DeleteFunc(items, func(item resolve.Item) bool {
		_, ok := changed[item.NamespacedName]
		return ok
	})
	for _, raw := range changed {
		if raw != nil {
			items = append(items, resolve.Decode(raw))
		}
	}
	return slices.DeleteFunc(items, func(item resolve.Item) bool { return !p.Scope.Shard.Holds(item.NamespacedName) })
}

// errChildren is recorded where deletions are refused.
var errChildren = errors.New("too many ExternalSecrets would be deleted in this run, and their Secrets with them, so that none was: " +
	"see that the selectors are right, and allow it with --max-removals if they are")

// admitChildren asks the guard before ExternalSecrets are deleted, which take their Secrets with them.
func (p *pass) admitChildren(n, there int) error {
	limit, ok := p.Guard.admit(n, there)
	if ok {
		return nil
	}
	p.note(fmt.Sprintf("%d of %d ExternalSecrets would be deleted by ClusterExternalSecrets, and no more than %d may be: none of them was", n, there, limit))
	return errChildren
}

// children is a fanout.Writer that writes to the API server, which stores nothing in a dry run.
type children struct {
	client *kube.Client
	dryRun bool
}

func (c children) CreateExternalSecret(ctx context.Context, namespace string, object json.RawMessage) (json.RawMessage, error) {
	return c.client.CreateExternalSecret(ctx, namespace, object, c.dryRun)
}

func (c children) UpdateExternalSecret(ctx context.Context, namespace, name string, object json.RawMessage) (json.RawMessage, error) {
	return c.client.UpdateExternalSecret(ctx, namespace, name, object, c.dryRun)
}

func (c children) DeleteExternalSecret(ctx context.Context, namespace, name string, uid types.UID) error {
	return c.client.DeleteExternalSecret(ctx, namespace, name, uid, c.dryRun)
}
