package fanout

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// spread is what a ClusterExternalSecret wants, and what becomes of it.
type spread struct {
	*source
	// err is why nothing is done.
	err error
	// waits tells that it is being deleted, release that it is to be let go of.
	waits, release bool
	steps          []*step
}

// stopped tells whether not all steps were taken.
func (s *spread) stopped() bool {
	return slices.ContainsFunc(s.steps, func(step *step) bool { return errors.Is(step.err, errStopped) })
}

// step is about one ExternalSecret.
type step struct {
	id types.NamespacedName
	// live is the ExternalSecret that is there; nil if there is none.
	live *child
	// remove tells that it is to go.
	remove bool

	// did is what was done, empty for nothing; after is the ExternalSecret since, nil once it is deleted.
	did   deed
	after json.RawMessage
	// err is why it could not be done. gone tells that there is no namespace any more to do it in.
	err  error
	gone bool
}

type deed string

const (
	created deed = "created"
	updated deed = "updated"
	deleted deed = "deleted"
)

// errTaken is why an ExternalSecret that is there is left alone.
var errTaken = errors.New(api.MessageExternalSecretIsThere + ": this ClusterExternalSecret does not control it, and does not take it over")

// plan decides what is to be done, and writes nothing.
func (f *FanOut) plan(existing Existing) []*spread {
	children := make(map[types.NamespacedName]*child, len(existing))
	owned := map[string][]types.NamespacedName{} // by the name of the ClusterExternalSecret
	for id, raw := range existing {
		if c := readChild(raw); c != nil {
			children[id] = c
			owner := api.ClusterExternalSecretOf(&c.Metadata)
			owned[owner] = append(owned[owner], id)
		}
	}
	claims := map[types.NamespacedName]string{}
	spreads := make([]*spread, len(f.sources))
	for i, s := range f.sources {
		spreads[i] = &spread{source: s, err: s.err}
		if s.err == nil {
			f.planOne(spreads[i], existing, children, owned[s.Name], claims)
		}
	}
	return spreads
}

func (f *FanOut) planOne(
	s *spread, existing Existing, children map[types.NamespacedName]*child, owned []types.NamespacedName, claims map[types.NamespacedName]string,
) {
	if s.DeletionTimestamp != nil { // its ExternalSecrets go with it
		s.waits, s.release = true, api.Abandoned(&s.ObjectMeta, api.FinalizerClusterExternalSecret, time.Now())
		return
	}
	if s.err = f.forbidden; s.err != nil {
		return
	}
	if len(s.Spec.Child) == 0 {
		s.err = errors.New("spec.externalSecretSpec is missing: there is nothing to make")
		return
	}
	targets, err := s.targets(f.namespaces)
	if err != nil {
		s.err = err
		return
	}
	want := make(map[types.NamespacedName]bool, len(targets))
	for _, namespace := range targets {
		next := &step{id: types.NamespacedName{Namespace: namespace, Name: s.childName()}}
		want[next.id] = true
		_, there := existing[next.id]
		next.live = children[next.id]
		switch other := claims[next.id]; {
		case there && (next.live == nil || !s.controls(next.live)):
			next.err = errTaken
		case other != "":
			next.err = fmt.Errorf("ClusterExternalSecret %q wants an ExternalSecret of the same name there: set another spec.externalSecretName", other)
		}
		claims[next.id] = s.Name
		s.steps = append(s.steps, next)
	}
	slices.SortFunc(owned, func(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) })
	for _, id := range owned {
		// What is in a namespace that is not known has come since the namespaces were read: whether it is wanted is not known either.
		namespace, known := f.namespaces[id.Namespace]
		if !want[id] && known && !namespace.going && children[id].Metadata.DeletionTimestamp == nil {
			s.steps = append(s.steps, &step{id: id, live: children[id], remove: true})
		}
	}
}

// namespacesOf are those of the steps that keep tells to keep, each once, in their order.
func (s *spread) namespacesOf(keep func(*step) bool) []string {
	names := map[string]bool{}
	for _, step := range s.steps {
		if keep(step) {
			names[step.id.Namespace] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
