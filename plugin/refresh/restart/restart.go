// Package restart restarts the workloads whose Pods have an old value of a Secret that was refreshed, as `kubectl rollout restart`
// does: it changes an annotation of the Pod template, and the workload's own strategy does the rest. It waits for nothing, and
// deletes nothing.
package restart

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
)

// Outcome is what became of a workload.
type Outcome string

// The outcomes.
const (
	Restarted Outcome = "restarted"
	Failed    Outcome = "failed"
	// Left: it has an old value, or may have one, and this is not for us to change.
	Left Outcome = "left"
)

// Result is what became of a workload that uses a refreshed Secret. Without a kind it tells of a namespace that something is not
// known about.
type Result struct {
	Namespace string  `json:"namespace"`
	Group     string  `json:"group,omitempty"`
	Kind      string  `json:"kind,omitempty"`
	Name      string  `json:"name,omitempty"`
	Outcome   Outcome `json:"outcome"`
	// Changed are the Secrets that the refresh has changed.
	Changed []string `json:"changed,omitempty"`
	// Stale are the Secrets that changed before, but after Pods of the workload had started.
	Stale []string `json:"stale,omitempty"`
	// Message is a sentence for a person: what failed or why it is left, and what to do.
	Message string `json:"message,omitempty"`
}

// Config says how workloads are restarted.
type Config struct {
	Kube *rest.Config
	// DryRun says how far it goes: not at all, or until the API server has checked the change.
	DryRun write.DryRun
	// Observe is told each result as it comes.
	Observe func(Result)
}

// restarter is the state of one Run.
type restarter struct {
	Config
	clients consumers.Clients
	secrets metadata.Interface
	results []Result
}

// Run restarts each workload that has an old value of one of the Secrets that were refreshed, once. What fails for a workload is its
// result, and the others go on. The results are in the order of their namespaces.
func Run(ctx context.Context, config Config, refreshed []core.Result) ([]Result, error) {
	clients, err := consumers.NewClients(config.Kube)
	if err != nil {
		return nil, err
	}
	secrets, err := metadata.NewForConfig(config.Kube)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	r := &restarter{Config: config, clients: clients, secrets: secrets}
	namespaces := causesOf(refreshed)
	for _, namespace := range slices.Sorted(maps.Keys(namespaces)) {
		if ctx.Err() != nil {
			r.unknown(namespace, context.Cause(ctx))
			continue
		}
		r.namespace(ctx, namespace, namespaces[namespace])
	}
	return r.results, nil
}

// namespace restarts the workloads of a namespace.
func (r *restarter) namespace(ctx context.Context, namespace string, causes map[string]cause) {
	if err := r.date(ctx, namespace, causes); err != nil {
		r.unknown(namespace, fmt.Errorf("when Secrets last changed is not known: %w", err))
	}
	if len(causes) == 0 {
		return
	}
	times := make(map[string]*time.Time, len(causes))
	for name, cause := range causes {
		times[name] = cause.at
	}
	found, trouble := r.clients.Find(ctx, namespace, times)
	for _, step := range judge(namespace, causes, found) {
		if step.Outcome == Restarted {
			r.restart(ctx, &step)
		}
		r.done(step.Result)
	}
	if trouble.Workloads != nil {
		r.unknown(namespace, fmt.Errorf("who uses the Secrets is not wholly known: %w", trouble.Workloads))
	}
	if trouble.Pods != nil {
		r.unknown(namespace, fmt.Errorf("which Pods have an old value is not known: %w", trouble.Pods))
	}
}

func (r *restarter) done(result Result) {
	r.results = append(r.results, result)
	r.Observe(result)
}

func (r *restarter) unknown(namespace string, err error) {
	r.done(Result{Namespace: namespace, Outcome: Failed, Message: secret.Printable(err.Error())})
}

// restart changes the annotation of one workload.
func (r *restarter) restart(ctx context.Context, s *step) {
	if r.DryRun == write.DryRunClient {
		return
	}
	if err := r.patch(ctx, s, time.Now()); err != nil {
		s.Outcome = Failed
		s.Message = secret.Printable(fmt.Sprintf("%v: \"kubectl rollout restart %s -n %s\" does it, or refresh --restart again",
			err, s.workload, s.Namespace))
	}
}

func (r *restarter) patch(ctx context.Context, s *step, now time.Time) error {
	mark := now.Format(time.RFC3339)
	if mark == s.workload.Mark {
		mark = now.Format(time.RFC3339Nano) // the same second must be another restart
	}
	body, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": s.workload.UID}, // and not one that has the name meanwhile
		"spec": map[string]any{"template": map[string]any{"metadata": map[string]any{
			"annotations": map[string]string{consumers.RestartedAt: mark},
		}}},
	})
	if err != nil {
		return fmt.Errorf("encode the change: %w", err)
	}
	options := metav1.PatchOptions{FieldManager: consumers.Manager}
	if r.DryRun == write.DryRunServer {
		options.DryRun = []string{metav1.DryRunAll}
	}
	apps := r.clients.Apps
	switch s.Kind {
	case consumers.Deployment:
		_, err = apps.Deployments(s.Namespace).Patch(ctx, s.Name, types.MergePatchType, body, options)
	case consumers.StatefulSet:
		_, err = apps.StatefulSets(s.Namespace).Patch(ctx, s.Name, types.MergePatchType, body, options)
	default:
		_, err = apps.DaemonSets(s.Namespace).Patch(ctx, s.Name, types.MergePatchType, body, options)
	}
	return err
}
