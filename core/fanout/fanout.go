// Package fanout makes the ExternalSecrets of ClusterExternalSecrets: one in each namespace that matches, none in those that do
// not. It is the stage before the pipeline, which then syncs what is there, and knows nothing of stores and Secrets. It writes
// ExternalSecrets and the status of ClusterExternalSecrets, never a Namespace.
package fanout

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// Reader reads what a fan-out depends on. Objects of the External Secrets API come as raw JSON.
type Reader interface {
	List(ctx context.Context, resource, namespace string, selector kube.Selector, page func([]json.RawMessage) error) error
	Get(ctx context.Context, resource, namespace, name string) (json.RawMessage, error)
	ListNamespaces(ctx context.Context, each func(*corev1.Namespace)) error
}

// Writer writes ExternalSecrets. Each object is given whole; the answer is what has become of it.
type Writer interface {
	CreateExternalSecret(ctx context.Context, namespace string, object json.RawMessage) (json.RawMessage, error)
	UpdateExternalSecret(ctx context.Context, namespace, name string, object json.RawMessage) (json.RawMessage, error)
	DeleteExternalSecret(ctx context.Context, namespace, name string, uid types.UID) error
}

// Recorder writes what concerns ClusterExternalSecrets themselves: a JSON patch (RFC 6902) of the status, a JSON merge patch of
// the object.
type Recorder interface {
	PatchClusterStatus(ctx context.Context, name string, patch []byte) error
	PatchCluster(ctx context.Context, name string, patch []byte) error
}

// FanOut makes the ExternalSecrets of all ClusterExternalSecrets.
type FanOut struct {
	Reader Reader
	Writer Writer
	// Recorder is nil in a dry run.
	Recorder Recorder
	// APIVersion is that in which ExternalSecrets are read and written, "external-secrets.io/v1".
	APIVersion string
	// Concurrency is how many ExternalSecrets are written at once, at least 1.
	Concurrency int
	// Admit, if set, is asked before n ExternalSecrets of those that there are are deleted, and their Secrets with them. An error
	// means that none is to be.
	Admit func(n, there int) error

	sources    []*source
	namespaces map[string]namespace
	forbidden  error // why the namespaces are not known
}

// namespace is what is known of one.
type namespace struct {
	labels labels.Set
	going  bool
}

// Load reads the ClusterExternalSecrets and, if there are any, the namespaces. Where the API server does not serve them there are
// none. The error is for a request that failed; that of a listing of ClusterExternalSecrets that is not permitted is a Forbidden.
func (f *FanOut) Load(ctx context.Context) error {
	err := f.Reader.List(ctx, api.ResourceClusterExternalSecrets, "", kube.Selector{}, func(page []json.RawMessage) error {
		for _, raw := range page {
			f.sources = append(f.sources, decode(raw))
		}
		return nil
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	if len(f.sources) == 0 {
		return nil
	}
	slices.SortFunc(f.sources, func(a, b *source) int { return strings.Compare(a.Name, b.Name) })
	f.namespaces = map[string]namespace{}
	err = f.Reader.ListNamespaces(ctx, func(n *corev1.Namespace) {
		f.namespaces[n.Name] = namespace{labels: n.Labels, going: n.DeletionTimestamp != nil}
	})
	if apierrors.IsForbidden(err) {
		f.forbidden = fmt.Errorf("the namespaces are not known: %w", err)
		return nil
	}
	return err
}

// Existing are the ExternalSecrets that are there: as they were read where a ClusterExternalSecret may control them, nil otherwise.
type Existing map[types.NamespacedName]json.RawMessage

// Run brings the ExternalSecrets to what the ClusterExternalSecrets say, in all namespaces. existing must have all that are
// there. The result has, by name, those that were written, as they are now; nil stands for one that was deleted. When ctx is done
// nothing new is begun; work is for what is in flight.
func (f *FanOut) Run(ctx, work context.Context, existing Existing) (Existing, []Result) {
	spreads := f.plan(existing)
	f.admit(spreads, len(existing))
	f.write(ctx, work, spreads)
	changed := Existing{}
	results := make([]Result, len(spreads))
	for i, s := range spreads {
		for _, step := range s.steps {
			if step.did != "" {
				changed[step.id] = step.after
			}
		}
		results[i] = f.record(work, s)
	}
	return changed, results
}

// admit gives up the deletions that are too many.
func (f *FanOut) admit(spreads []*spread, there int) {
	var removals []*step
	for _, s := range spreads {
		for _, step := range s.steps {
			if step.remove && step.err == nil {
				removals = append(removals, step)
			}
		}
	}
	if len(removals) == 0 || f.Admit == nil {
		return
	}
	if err := f.Admit(len(removals), there); err != nil {
		for _, step := range removals {
			step.err = err
		}
	}
}
