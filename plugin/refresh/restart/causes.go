package restart

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/controller"
)

const (
	// few is how many Secrets of a namespace are read by their names: more are listed, without their data.
	few = 5
	// pageSize is how many a LIST asks for at once.
	pageSize = 500
)

// cause is why users of a Secret may have an old value.
type cause struct {
	// changed tells that the refresh has changed what was there.
	changed bool
	// at is when a Secret last changed that the refresh has not, nil if that is not known.
	at *time.Time
}

// causesOf are the Secrets that were refreshed, by namespace and name. Those who waited for one that was created take it up by
// themselves, so that only what ran before may have an old value. Of one whose metadata alone was written it is not recorded any more
// when the data changed.
func causesOf(refreshed []core.Result) map[string]map[string]cause {
	namespaces := map[string]map[string]cause{}
	for _, r := range refreshed {
		changed := false
		switch r.Outcome {
		case core.Updated:
			if changed = len(r.Changes.Added)+len(r.Changes.Changed)+len(r.Changes.Removed) > 0; !changed {
				continue
			}
		case core.Created, core.Unchanged, controller.Refreshed:
		default:
			continue
		}
		if r.Secret == "" {
			continue // it writes another object
		}
		if namespaces[r.Namespace] == nil {
			namespaces[r.Namespace] = map[string]cause{}
		}
		causes := namespaces[r.Namespace]
		causes[r.Secret] = cause{changed: changed || causes[r.Secret].changed}
	}
	return namespaces
}

// date finds out when those Secrets last changed that the refresh has not changed, and drops those of which that can't be known.
func (r *restarter) date(ctx context.Context, namespace string, causes map[string]cause) error {
	unchanged := slices.DeleteFunc(slices.Sorted(maps.Keys(causes)), func(name string) bool { return causes[name].changed })
	known := map[string]*time.Time{}
	err := r.listed(ctx, namespace, unchanged, known)
	for _, name := range unchanged {
		if known[name] == nil {
			delete(causes, name)
		} else {
			causes[name] = cause{at: known[name]}
		}
	}
	return err
}

// listed reads when Secrets last changed: by name, or by a list where they are many and that is permitted.
func (r *restarter) listed(ctx context.Context, namespace string, names []string, known map[string]*time.Time) error {
	secrets := r.secrets.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(namespace)
	options := metav1.ListOptions{Limit: pageSize}
	for listing := len(names) > few; listing; {
		page, err := secrets.List(ctx, options)
		if apierrors.IsForbidden(err) {
			break
		}
		if err != nil {
			return fmt.Errorf("list secrets: %w", err)
		}
		for i := range page.Items {
			known[page.Items[i].Name] = consumers.Changed(&page.Items[i].ObjectMeta)
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return nil
		}
	}
	for _, name := range names {
		meta, err := secrets.Get(ctx, name, metav1.GetOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
		if err == nil {
			known[name] = consumers.Changed(&meta.ObjectMeta)
		}
	}
	return nil
}
