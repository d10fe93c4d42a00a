package explain

import (
	"cmp"
	"context"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// usedBy counts the ExternalSecrets that read the store: those of its namespace or, for a ClusterSecretStore, all that may be listed.
func (o *Options) usedBy(ctx context.Context) (*UsedBy, error) {
	client, err := kube.New(ctx, o.Config.Kube)
	if err != nil {
		return nil, err
	}
	within := resolve.Scope{}
	if o.Store.Kind == api.KindSecretStore {
		within.Namespaces = []string{o.Namespace}
	}
	items, err := resolve.Select(ctx, client, within)
	if kube.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	items, _ = (&resolve.Planner{}).Narrow(ctx, items, resolve.Reading{Store: o.Store}) // as refresh --store does
	users, now := &UsedBy{Total: len(items)}, time.Now()
	for _, item := range items {
		if status.Assess(item, now).State == status.Synced {
			users.Healthy++
		}
	}
	return users, nil
}

func byName(a, b *Explanation) int {
	return cmp.Or(cmp.Compare(a.Metadata.Namespace, b.Metadata.Namespace), cmp.Compare(a.Metadata.Name, b.Metadata.Name))
}
