package lease

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// releaseWithin bounds the request that gives a lease back.
const releaseWithin = 4 * time.Second

// Kept is a lease that is being renewed.
type Kept struct {
	// Lost is closed when another run may begin to write.
	Lost <-chan struct{}

	lock   *Lock
	cancel context.CancelCauseFunc
	stop   chan struct{}
	ended  chan struct{}
	err    error // why it is lost; read after Lost is closed
}

// Err is why the lease is lost, once Lost is closed.
func (k *Kept) Err() error { return k.err }

// Keep renews the lease, which has been acquired, until Release is called or it is lost: also when ctx is done, because a run has
// things in flight then. The context that it returns is done when the run is to end: with ctx, or because the lease is lost, which
// is its cause then.
func (l *Lock) Keep(ctx context.Context) (context.Context, *Kept) {
	kept, cancel := context.WithCancelCause(ctx)
	lost := make(chan struct{})
	k := &Kept{Lost: lost, lock: l, cancel: cancel, stop: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(k.ended)
		if err := l.renewUntil(context.WithoutCancel(ctx), k.stop); err != nil {
			k.err = err
			cancel(err)
			close(lost)
		}
	}()
	return kept, k
}

// Release ends the renewing and gives the lease back, unless it is lost or gone by then. An error is that of the API server, and the
// lease is held until it expires. The context is done after it.
func (k *Kept) Release(ctx context.Context) error {
	defer k.cancel(context.Canceled)
	close(k.stop)
	<-k.ended
	select {
	case <-k.Lost:
		return nil
	default:
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
	defer cancel()
	return k.lock.giveBack(ctx)
}

// giveBack writes that nobody holds the lease, if that is this run still.
func (l *Lock) giveBack(ctx context.Context) error {
	for {
		next := l.held.DeepCopy()
		next.Spec.HolderIdentity = nil
		err := l.Objects.Update(ctx, l.ref(), next)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if !apierrors.IsConflict(err) {
			return err
		}
		current, err := l.read(ctx)
		if err != nil {
			return err
		}
		if current == nil || holderOf(current) != l.Holder() {
			return nil
		}
		l.held = current // somebody has touched it, or an answer did not arrive
	}
}

// renewUntil renews the lease until stop is closed. An error means that it is lost.
func (l *Lock) renewUntil(ctx context.Context, stop <-chan struct{}) error {
	every, limit := l.Duration/3, l.Duration*2/3
	wait := every
	for {
		select {
		case <-stop:
			return nil
		case <-time.After(wait):
		}
		deadline := l.renewed.Add(limit)
		err := l.renew(ctx, deadline)
		switch {
		case err == nil:
			wait = every
		case apierrors.IsNotFound(err):
			return fmt.Errorf("%w: somebody has deleted it: %w", errLost, err)
		case apierrors.IsConflict(err):
			current, readErr := l.readUntil(ctx, deadline)
			wait = 0
			switch {
			case readErr != nil:
				wait = every / 5
			case current == nil:
				return fmt.Errorf("%w: somebody has deleted it", errLost)
			case holderOf(current) != l.Holder():
				return fmt.Errorf("%w: %q holds it now", errLost, holderOf(current))
			default:
				l.held = current // somebody has touched it, or an answer did not arrive
			}
		default:
			wait = every / 5
		}
		if time.Since(l.renewed) >= limit {
			return fmt.Errorf("%w: it could not be renewed for %s: %w", errLost, limit, err)
		}
	}
}

// readUntil is read, which must not outlast what is held.
func (l *Lock) readUntil(ctx context.Context, deadline time.Time) (*coordinationv1.Lease, error) {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return l.read(ctx)
}

// renew writes the present time into the lease.
func (l *Lock) renew(ctx context.Context, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	began := time.Now()
	next := l.held.DeepCopy()
	now := metav1.NewMicroTime(began)
	next.Spec.RenewTime = &now
	if err := l.Objects.Update(ctx, l.ref(), next); err != nil {
		return err
	}
	l.held, l.renewed = next, began
	return nil
}
