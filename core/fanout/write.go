package fanout

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// tries is how often a write that loses races is done again.
const tries = 4

var errStopped = errors.New("the pass was stopped before this was done: the next one does it")

// write takes the steps, deletions first: a new name must not have to share a Secret with an old one for longer than it takes.
func (f *FanOut) write(ctx, work context.Context, spreads []*spread) {
	for _, remove := range []bool{true, false} {
		var group errgroup.Group
		group.SetLimit(f.Concurrency)
		for _, s := range spreads {
			for _, step := range s.steps {
				if step.remove != remove || step.err != nil {
					continue
				}
				group.Go(func() error {
					f.take(ctx, work, s, step)
					return nil
				})
			}
		}
		_ = group.Wait() // failures are kept with their steps
	}
}

func (f *FanOut) take(ctx, work context.Context, s *spread, step *step) {
	switch {
	case ctx.Err() != nil:
		step.err = errStopped
	case step.remove:
		step.err = f.remove(work, step)
	default:
		step.err = f.ensure(work, s.source, step)
	}
	if work.Err() != nil && step.err != nil {
		step.err = errStopped
	}
}

// remove deletes the very ExternalSecret that was read. One that has gone, or was made anew, is none of ours any more.
func (f *FanOut) remove(ctx context.Context, step *step) error {
	err := f.Writer.DeleteExternalSecret(ctx, step.id.Namespace, step.id.Name, step.live.Metadata.UID)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return err
	}
	step.did = deleted
	return nil
}

// ensure makes the ExternalSecret, or changes the one that is there where it differs.
func (f *FanOut) ensure(ctx context.Context, s *source, step *step) error {
	for range tries {
		if live := step.live; live != nil {
			switch {
			case !s.controls(live):
				return errTaken
			case live.Metadata.DeletionTimestamp != nil:
				return errors.New("the ExternalSecret is being deleted: a pass makes it anew once it is gone")
			}
		}
		want, err := s.wanted(step.id.Namespace, step.live, f.APIVersion)
		if err != nil {
			return err
		}
		if step.live != nil && same(step.live, want) {
			return nil
		}
		lost, err := f.put(ctx, step, want)
		if !lost {
			return err
		}
		if step.live, err = f.fresh(ctx, step); err != nil {
			return err
		}
	}
	return fmt.Errorf("the ExternalSecret was changed %d times meanwhile", tries)
}

// put writes an ExternalSecret, and tells whether somebody else was faster.
func (f *FanOut) put(ctx context.Context, step *step, want *child) (lost bool, err error) {
	body, err := json.Marshal(want)
	if err != nil {
		return false, fmt.Errorf("encode the ExternalSecret: %w", err)
	}
	if step.live == nil {
		after, err := f.Writer.CreateExternalSecret(ctx, step.id.Namespace, body)
		switch {
		case err == nil:
			step.did, step.after = created, after
		case apierrors.IsAlreadyExists(err):
			return true, nil
		case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause), apierrors.IsNotFound(err):
			step.gone = true
			return false, nil
		}
		return false, err
	}
	after, err := f.Writer.UpdateExternalSecret(ctx, step.id.Namespace, step.id.Name, body)
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	differs, err := changed(step.live, after)
	if differs {
		step.did, step.after = updated, after
	}
	return false, err
}

// changed tells whether a write has changed anything: what a server's schema does not know, it drops each time.
func changed(live *child, raw json.RawMessage) (bool, error) {
	after := readChild(raw)
	if after == nil {
		return false, errors.New("the answer to the update is no ExternalSecret")
	}
	same, err := sameJSON(live.Spec, after.Spec)
	return !same || !sameMetadata(live, after), err
}

// fresh reads an ExternalSecret again; nil if there is none.
func (f *FanOut) fresh(ctx context.Context, step *step) (*child, error) {
	raw, err := f.Reader.Get(ctx, api.ResourceExternalSecrets, step.id.Namespace, step.id.Name)
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // there is none, as the comment says
	}
	if err != nil {
		return nil, err
	}
	c := readChild(raw)
	if c == nil {
		return &child{Metadata: metav1.ObjectMeta{Namespace: step.id.Namespace, Name: step.id.Name}}, nil
	}
	return c, nil
}

// Pretend is a Writer that writes nothing: each ExternalSecret has become what was wanted.
type Pretend struct{}

// CreateExternalSecret implements Writer.
func (Pretend) CreateExternalSecret(_ context.Context, _ string, object json.RawMessage) (json.RawMessage, error) {
	return object, nil
}

// UpdateExternalSecret implements Writer.
func (Pretend) UpdateExternalSecret(_ context.Context, _, _ string, object json.RawMessage) (json.RawMessage, error) {
	return object, nil
}

// DeleteExternalSecret implements Writer.
func (Pretend) DeleteExternalSecret(context.Context, string, string, types.UID) error { return nil }
