package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Outcome is what became of a ClusterExternalSecret in a pass.
type Outcome string

// The outcomes. That the ExternalSecrets are right says nothing of their Secrets.
const (
	// Updated: ExternalSecrets were made, changed or deleted.
	Updated Outcome = "updated"
	// Unchanged: all were right.
	Unchanged Outcome = "unchanged"
	// Skipped: it is being deleted, or the pass was stopped.
	Skipped Outcome = "skipped"
	// Failed: Message tells why, or Failed in which namespaces.
	Failed Outcome = "failed"
)

// Result is the outcome of a pass for one ClusterExternalSecret.
type Result struct {
	Name    string  `json:"name"`
	Outcome Outcome `json:"outcome"`
	// Message is a sentence for a person: why it was skipped, or what failed as a whole and what to do.
	Message string `json:"message,omitempty"`
	// Matched is how many namespaces there are to have an ExternalSecret.
	Matched int `json:"matched"`
	// Created, Changed and Deleted are the namespaces whose ExternalSecret was, or in a dry run would be.
	Created []string `json:"created,omitempty"`
	Changed []string `json:"changed,omitempty"`
	Deleted []string `json:"deleted,omitempty"`
	// Failed are the namespaces where that could not be done.
	Failed []api.FailedNamespace `json:"failed,omitempty"`
}

// record sums a spread up and, where there is a recorder, writes its status.
func (f *FanOut) record(ctx context.Context, s *spread) Result {
	result := s.result()
	switch {
	case f.Recorder == nil || s.source.err != nil || s.waits && !s.release || s.stopped():
		return result
	case s.release:
		if err := f.letGo(ctx, s.source); err != nil && !apierrors.IsNotFound(err) {
			result.Outcome, result.Message = Failed, said(fmt.Errorf("remove the finalizer: %w", err))
		}
		return result
	}
	if err := f.writeStatus(ctx, s, s.status(result)); err != nil && !apierrors.IsNotFound(err) {
		result.Outcome = Failed
		if result.Message == "" {
			result.Message = said(fmt.Errorf("record the status: %w", err))
		}
	}
	return result
}

// result is what a spread has come to.
func (s *spread) result() Result {
	r := Result{Name: s.Name, Outcome: Unchanged}
	switch {
	case s.err != nil:
		r.Outcome, r.Message = Failed, said(s.err)
		return r
	case s.release:
		r.Outcome, r.Message = Updated, "it is being deleted, and nobody has honoured its finalizer: it is removed"
		return r
	case s.waits:
		r.Outcome, r.Message = Skipped, "it is being deleted"
		return r
	}
	did := func(what deed) []string { return s.namespacesOf(func(step *step) bool { return step.did == what }) }
	r.Created, r.Changed, r.Deleted = did(created), did(updated), did(deleted)
	r.Matched = len(s.namespacesOf(func(step *step) bool { return !step.remove && !step.gone }))
	for _, step := range s.steps {
		if step.err != nil && !errors.Is(step.err, errStopped) {
			r.Failed = append(r.Failed, api.FailedNamespace{Namespace: step.id.Namespace, Reason: said(step.err)})
		}
	}
	slices.SortStableFunc(r.Failed, func(a, b api.FailedNamespace) int { return strings.Compare(a.Namespace, b.Namespace) })
	switch {
	case len(r.Failed) > 0:
		r.Outcome = Failed
	case s.stopped():
		r.Outcome, r.Message = Skipped, errStopped.Error()
	case len(r.Created)+len(r.Changed)+len(r.Deleted) > 0:
		r.Outcome = Updated
	}
	return r
}

// status is what the status is to be.
func (s *spread) status(r Result) api.ClusterExternalSecretStatus {
	if s.err != nil { // what was made before is there still
		status := s.Status
		status.Conditions = withReady(s.Status.Conditions, metav1.ConditionFalse, r.Message)
		return status
	}
	failed := s.namespacesOf(func(step *step) bool { return step.err != nil })
	status := api.ClusterExternalSecretStatus{
		ExternalSecretName: s.childName(),
		ProvisionedNamespaces: s.namespacesOf(func(step *step) bool {
			return !step.remove && !step.gone && !slices.Contains(failed, step.id.Namespace)
		}),
		FailedNamespaces: r.Failed,
	}
	if len(r.Failed) > 0 {
		status.Conditions = withReady(s.Status.Conditions, metav1.ConditionFalse, api.MessageNamespacesFailed)
	} else {
		status.Conditions = withReady(s.Status.Conditions, metav1.ConditionTrue, "")
	}
	return status
}

// withReady copies conditions with a new Ready condition.
func withReady(conditions []api.ClusterExternalSecretCondition, status metav1.ConditionStatus, message string) []api.ClusterExternalSecretCondition {
	others := slices.DeleteFunc(slices.Clone(conditions), func(c api.ClusterExternalSecretCondition) bool { return c.Type == api.ConditionReady })
	return append(others, api.ClusterExternalSecretCondition{Type: api.ConditionReady, Status: status, Message: message})
}

// writeStatus writes a status where it differs from the one that is there, on the very object that was read.
func (f *FanOut) writeStatus(ctx context.Context, s *spread, status api.ClusterExternalSecretStatus) error {
	if equal(s.Status, status) {
		return nil
	}
	patch, err := json.Marshal([]map[string]any{
		{"op": "test", "path": "/metadata/uid", "value": s.UID},
		{"op": "add", "path": "/status", "value": status},
	})
	if err != nil {
		return fmt.Errorf("encode the status: %w", err)
	}
	return f.Recorder.PatchClusterStatus(ctx, s.Name, patch)
}

// equal tells whether two statuses are the same; an empty list is none.
func equal(a, b api.ClusterExternalSecretStatus) bool {
	return a.ExternalSecretName == b.ExternalSecretName && slices.Equal(a.ProvisionedNamespaces, b.ProvisionedNamespaces) &&
		slices.Equal(a.FailedNamespaces, b.FailedNamespaces) && reflect.DeepEqual(a.Conditions, b.Conditions)
}

// letGo takes the finalizer of External Secrets Operator off.
func (f *FanOut) letGo(ctx context.Context, s *source) error {
	patch, err := api.WithoutFinalizer(&s.ObjectMeta, api.FinalizerClusterExternalSecret)
	if err != nil {
		return err
	}
	return f.Recorder.PatchCluster(ctx, s.Name, patch)
}

// said is what is said of an error in a report and a status.
func said(err error) string { return secret.Printable(err.Error()) }
