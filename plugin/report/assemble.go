package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/explain"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// assemble makes a report of what was read.
func assemble(about Scope, g *gathered) *Fleet {
	items := slices.Clone(g.seen.Items)
	slices.SortStableFunc(items, func(a, b status.Item) int {
		return cmp.Or(strings.Compare(a.Metadata.Namespace, b.Metadata.Namespace), strings.Compare(a.Metadata.Name, b.Metadata.Name))
	})
	for i := range items {
		hide(&items[i])
	}
	f := &Fleet{
		TypeMeta: metav1.TypeMeta{APIVersion: document.APIVersion, Kind: kindFleet},
		Taken:    g.seen.At.UTC(), Scope: about, Total: len(items), States: map[status.State]int{},
		Freshness: freshnessOf(items), Causes: explain.Recorded(items, g.seen.At).Causes,
		Refreshers: []status.Refresher{}, Runs: []runs.Run{}, Items: []Entry{}, Unknown: []Unknown{},
	}
	for _, item := range items {
		f.States[item.State]++
		f.Items = append(f.Items, g.entry(item))
	}
	for _, server := range g.servers {
		f.Refreshers = append(f.Refreshers, status.RefresherOf(server))
	}
	for _, run := range g.runs {
		f.Runs = append(f.Runs, legible(run))
	}
	f.Unknown = append(f.Unknown, g.unknown...)
	f.Stores = g.countStores(f)
	return f
}

// hide takes out of the messages of an ExternalSecret what looks like a secret: others than this program write them too, and a report
// is made to be passed on.
func hide(item *status.Item) {
	item.Message = secret.Redact(item.Message)
	item.Ready = hideReady(item.Ready)
}

func hideReady(ready *status.Ready) *status.Ready {
	if ready == nil {
		return nil
	}
	hidden := *ready
	hidden.Message = secret.Redact(hidden.Message)
	return &hidden
}

// entry is an ExternalSecret with what comes after it.
func (g *gathered) entry(item status.Item) Entry {
	e := Entry{Item: item}
	if item.SecretName == "" {
		return e
	}
	name := secretOf(item)
	if g.secrets != nil {
		e.Secret = &Secret{Exists: g.secrets[name].Exists, Changed: g.changed[name]}
	}
	for _, w := range g.users[name].Workloads {
		w.Kind, w.Name = secret.Printable(w.Kind), secret.Printable(w.Name) // which may be those of an owner that nobody has checked
		e.Workloads = append(e.Workloads, w)
	}
	for _, pod := range g.users[name].Pods {
		if pod.Workload == "" && !pod.Gone {
			e.Pods = append(e.Pods, pod.Name)
		}
	}
	return e
}

// countStores counts who refers to each store, those that most do first.
func (g *gathered) countStores(f *Fleet) []Store {
	notWell := map[explain.Metadata]bool{}
	for _, cause := range f.Causes {
		for _, object := range cause.Objects {
			notWell[object.Metadata] = true
		}
	}
	stores := maps.Clone(g.stores)
	for _, item := range f.Items {
		for _, ref := range item.Stores {
			key := keyOf(ref, item.Metadata.Namespace)
			store := stores[key]
			store.ExternalSecrets++
			if notWell[explain.Metadata{Namespace: item.Metadata.Namespace, Name: item.Metadata.Name}] {
				store.NotWell++
			}
			stores[key] = store
		}
	}
	all := slices.AppendSeq(make([]Store, 0, len(stores)), maps.Values(stores))
	slices.SortFunc(all, func(a, b Store) int {
		return cmp.Or(cmp.Compare(b.ExternalSecrets, a.ExternalSecrets), strings.Compare(a.title(), b.title()))
	})
	return all
}

// title names a store for a person, such as: SecretStore shop/aws.
func (s Store) title() string {
	if s.Namespace != "" {
		return s.Kind + " " + s.Namespace + "/" + s.Name
	}
	return s.Kind + " " + s.Name
}

// users names all who use the Secret of an ExternalSecret.
func (e Entry) users() []string {
	var names []string
	for _, w := range e.Workloads {
		names = append(names, w.Kind+" "+w.Name)
	}
	for _, pod := range e.Pods {
		names = append(names, "Pod "+pod)
	}
	return names
}

// legible makes the text of a run, which others can write, fit for a terminal, and takes out of it what looks like a secret. What became
// of single objects in it is left out: that is for the command that tells of one run.
func legible(run runs.Run) runs.Run {
	clean := func(text string) string { return secret.Printable(secret.Redact(text)) }
	run.Name, run.Message = secret.Printable(run.Name), clean(run.Message)
	if run.Report == nil {
		return run
	}
	r := *run.Report
	r.LeftOut += len(r.Results)
	r.Results, r.ClusterExternalSecrets = nil, nil
	r.Error, r.Notes, r.Causes = clean(r.Error), slices.Clone(r.Notes), slices.Clone(r.Causes)
	for i := range r.Notes {
		r.Notes[i] = clean(r.Notes[i])
	}
	for i := range r.Causes {
		r.Causes[i].Message = clean(r.Causes[i].Message)
	}
	run.Report = &r
	return run
}
