package status

import (
	"context"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// Survey is how the ExternalSecrets of a scope are, as far as lists tell.
type Survey struct {
	// At is when they were judged.
	At time.Time
	// Read are those that exist, and Items how they are, in the same order.
	Read  []resolve.Item
	Items []Item
	// Missing are names of the scope of which there is none.
	Missing []types.NamespacedName

	client *kube.Client
	stores *resolve.Stores
	judge  *judge
}

// Survey reads the ExternalSecrets of the scope and meanwhile who refreshes what, and judges them by all but the latter.
func (o *Options) Survey(ctx context.Context) (*Survey, error) {
	client, err := kube.New(ctx, o.Kube)
	if err != nil {
		return nil, err
	}
	s := &Survey{stores: resolve.NewStores(client, client), client: client}
	s.judge = &judge{stores: s.stores, planner: &resolve.Planner{Providers: o.Providers, Class: o.Class}, alone: len(o.Scope.Names) == 1}
	var meanwhile sync.WaitGroup
	meanwhile.Go(func() { s.judge.serving, s.judge.unseen = See(ctx, o.Kube) })
	read, err := o.read(ctx, client, s.stores)
	meanwhile.Wait()
	if err != nil {
		return nil, err
	}
	s.At = time.Now()
	for _, item := range read {
		if item.Missing {
			s.Missing = append(s.Missing, item.NamespacedName)
			continue
		}
		s.Read, s.Items = append(s.Read, item), append(s.Items, Assess(item, s.At))
	}
	if !o.chained(s.Items) { // a chain has the Events itself
		if err = o.loadLost(ctx, s.judge, s.Items); err != nil {
			return nil, err
		}
	}
	for i := range s.Items {
		s.Items[i] = s.judge.again(ctx, s.Items[i], s.Read[i].ES)
	}
	return s, nil
}

// EventsUnread tells that Events have a say in how ExternalSecrets are, and may not be read.
func (s *Survey) EventsUnread() bool { return s.judge.lostUnread }

// Serving are those in the cluster who refresh ExternalSecrets. The error says why they are not known.
func (s *Survey) Serving() (serving.Seen, error) { return s.judge.serving, s.judge.unseen }

// attend judges the items once more, by who refreshes them. A chain does so after it has looked at their Secrets.
func (s *Survey) attend(ctx context.Context) {
	for i := range s.Items {
		s.Items[i] = s.judge.attend(ctx, s.Items[i], s.Read[i].ES)
	}
}

// Store is a store that an ExternalSecret of a namespace refers to; false where it is not known, since stores may not be listed. It
// makes a request only where the scope is one name.
func (s *Survey) Store(ctx context.Context, ref StoreRef, namespace string) (StoreLink, bool) {
	if len(s.Items) > 1 && !s.stores.Known(api.SecretStoreRef{Kind: ref.Kind, Name: ref.Name}, namespace) {
		return StoreLink{StoreRef: ref}, false
	}
	return storeLink(ctx, s.stores, ref, namespace), true
}

// Weigh judges the item of an index once more, as its chain would: by its Secret and by who refreshes it, as far as these are known.
func (s *Survey) Weigh(ctx context.Context, i int, link SecretLink, refreshers RefreshersLink) {
	chain := &Chain{Secret: link, Refreshers: refreshers, Events: EventsLink{Items: s.judge.lost[s.Items[i].Metadata.UID]}}
	s.Items[i] = s.judge.whole(ctx, s.Items[i], s.Read[i].ES, chain, s.At)
}
