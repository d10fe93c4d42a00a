package status

import (
	"context"
	"fmt"
	"strings"

	typedappsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	typedbatchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// RefreshersLink are those in the cluster who refresh the ExternalSecret: controllers of the operator, and runners.
type RefreshersLink struct {
	Items []Refresher `json:"items"`
	// Partial tells that not all namespaces could be looked in, so that there may be more.
	Partial bool   `json:"partial,omitempty"`
	Error   string `json:"error,omitempty"`
}

// Refresher is a workload that refreshes the ExternalSecret.
type Refresher struct {
	// Kind is Deployment for the operator, CronJob for a runner.
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Serves tells in words what it covers.
	Serves string `json:"serves"`
}

// Attend takes into account who refreshes the ExternalSecret of an item, whose stores are of the classes: of those whom See has seen,
// unless it has failed.
func Attend(item Item, es *api.ExternalSecret, classes []string, seen serving.Seen, unseen error) (Item, RefreshersLink) {
	link := refreshersAmong(seen, unseen, es, classes)
	return orphaned(item, link), link
}

// See looks for those in the cluster who refresh ExternalSecrets, with two requests, however many there are to be refreshed.
func See(ctx context.Context, config *rest.Config) (serving.Seen, error) {
	apps, err := typedappsv1.NewForConfig(config)
	if err != nil {
		return serving.Seen{}, fmt.Errorf("make a client: %w", err)
	}
	batch, err := typedbatchv1.NewForConfig(config)
	if err != nil {
		return serving.Seen{}, fmt.Errorf("make a client: %w", err)
	}
	return serving.See(ctx, apps, batch)
}

// refreshersAmong is RefreshersOf where looking for them may have failed.
func refreshersAmong(seen serving.Seen, unseen error, es *api.ExternalSecret, classes []string) RefreshersLink {
	if unseen != nil {
		return RefreshersLink{Items: []Refresher{}, Error: secret.Printable(unseen.Error())}
	}
	return RefreshersOf(seen, es, classes)
}

// RefreshersOf are those who were seen and cover an ExternalSecret, whose stores are of the classes.
func RefreshersOf(seen serving.Seen, es *api.ExternalSecret, classes []string) RefreshersLink {
	link := RefreshersLink{Items: []Refresher{}, Partial: !seen.Whole}
	for _, server := range seen.Servers {
		if server.Covers(es, classes) {
			link.Items = append(link.Items, RefresherOf(server))
		}
	}
	return link
}

// RefresherOf is what is told of a server.
func RefresherOf(server serving.Server) Refresher {
	return Refresher{
		Kind: server.Kind, Namespace: server.Namespace, Name: server.Name, Serves: secret.Printable(server.Coverage.String()),
	}
}

// classes are those of the stores that are known.
func classes(stores []StoreLink) []string {
	var all []string
	for _, store := range stores {
		if store.Exists {
			all = append(all, store.Class)
		}
	}
	return all
}

// needy tells whether it matters who refreshes the ExternalSecret.
func (i Item) needy() bool {
	return i.State == Synced && i.NextDue != nil || i.Reason == reasonOverdue || i.Reason == reasonNeverSynced || i.Reason == ReasonChanged && i.Due
}

// Unattended tells that it matters who refreshes the ExternalSecret, and that nobody was seen who does.
func (i Item) Unattended() bool { return i.unattended }

// orphaned takes into account that nobody in the cluster was seen who refreshes the ExternalSecret.
func orphaned(item Item, link RefreshersLink) Item {
	if !item.needy() || link.Error != "" || link.Partial || len(link.Items) > 0 {
		return item
	}
	item.unattended = true
	const nobody = "nobody was seen in the cluster who refreshes it: no operator and no runner that serves it"
	if item.State == Synced {
		return item.as(AtRisk, reasonNobody, "it is synced, but "+nobody)
	}
	return item.as(item.State, item.Reason, item.Message+": "+nobody)
}

// String names it for a person.
func (r Refresher) String() string { return fmt.Sprintf("%s %s/%s", r.Kind, r.Namespace, r.Name) }

// String names them for a person.
func (l RefreshersLink) String() string {
	var names []string
	for _, one := range l.Items {
		names = append(names, one.String())
	}
	text := strings.Join(names, ", ")
	switch {
	case l.Error != "":
		return "<unknown>: " + l.Error
	case text == "" && l.Partial:
		return "<unknown>: not all namespaces may be looked in"
	case text == "":
		return "<nobody>"
	default:
		return text
	}
}
