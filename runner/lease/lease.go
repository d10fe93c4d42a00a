// Package lease keeps runs apart: a Lease of the API server that one run holds at a time, renews while it works, and gives back.
// It waits for no other run, and knows nothing of what a run does.
package lease

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner/object"
)

// Duration is how long a lease lasts that is not renewed. Its holder renews it three times as often, and stops work when it could
// not for two thirds of it: well before another may take it over.
const Duration = 15 * time.Second

// Lock is a lease that can be held.
type Lock struct {
	Objects         *object.Client
	Namespace, Name string
	// Pod is where the run takes place, and Run its id: together the identity of the holder.
	Pod, Run string
	// Duration is the constant of that name, or less in tests: whole seconds.
	Duration time.Duration

	held    *coordinationv1.Lease
	renewed time.Time // when the request began that renewed it last
}

// HeldError means that another run holds the lease.
type HeldError struct {
	Lease, Holder string
	// Renewed is when it was renewed last, by the holder's clock.
	Renewed time.Time
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("another run holds the lease %s: %s, which renewed it last at %s", e.Lease, e.Holder, e.Renewed.UTC().Format(time.RFC3339))
}

// Holder is the identity by which the lease is held.
func (l *Lock) Holder() string { return l.Pod + "_" + l.Run }

// Acquire takes the lease, or fails at once with a *HeldError where another run renews it. A lease that looks stale is watched
// for as long as it was to last, and taken over if nobody renews it meanwhile: clocks may differ. So is the lease of an earlier
// Pod of the same Job: most likely that one has died, and this one is there to do its work.
func (l *Lock) Acquire(ctx context.Context) error {
	var version string // of the lease as it was first seen by someone else
	var since time.Time
	for {
		current, err := l.read(ctx)
		if err != nil {
			return err
		}
		now := time.Now()
		switch {
		case current == nil || holderOf(current) == "":
			err = l.take(ctx, current)
		case !l.isDoubtful(current, now), version != "" && version != current.ResourceVersion:
			return &HeldError{Lease: l.Namespace + "/" + l.Name, Holder: holderOf(current), Renewed: renewTime(current)}
		case version == "":
			version, since = current.ResourceVersion, now
			fallthrough
		case now.Sub(since) < durationOf(current):
			if err := pause(ctx, min(time.Second, l.Duration/5)); err != nil {
				return err
			}
			continue
		default:
			err = l.take(ctx, current)
		}
		if !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err) {
			return err
		}
		version = "" // another was faster: what is it now?
	}
}

// isDoubtful tells whether the holder of a lease may be gone.
func (l *Lock) isDoubtful(lease *coordinationv1.Lease, now time.Time) bool {
	renewed, lasts := renewTime(lease), durationOf(lease)
	if renewed.Add(lasts).Before(now) || renewed.After(now.Add(lasts)) { // or its clock is wrong
		return true
	}
	ours, theirs := jobOf(l.Pod), jobOf(podOf(lease))
	return ours != "" && ours == theirs
}

// read reads the lease; nil if there is none.
func (l *Lock) read(ctx context.Context) (*coordinationv1.Lease, error) {
	var lease coordinationv1.Lease
	err := l.Objects.Get(ctx, l.ref(), &lease)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &lease, nil
}

// take writes this run into the lease, which is nil where there is none yet.
func (l *Lock) take(ctx context.Context, lease *coordinationv1.Lease) error {
	began := time.Now()
	write := l.Objects.Update
	if lease == nil {
		write = l.Objects.Create
		lease = &coordinationv1.Lease{
			TypeMeta:   metav1.TypeMeta{APIVersion: coordinationv1.SchemeGroupVersion.String(), Kind: "Lease"},
			ObjectMeta: metav1.ObjectMeta{Namespace: l.Namespace, Name: l.Name},
		}
	}
	holder, seconds, transitions, now := l.Holder(), int32(l.Duration.Seconds()), int32(1), metav1.NewMicroTime(began)
	if before := lease.Spec.LeaseTransitions; before != nil {
		transitions += *before
	}
	lease.Spec = coordinationv1.LeaseSpec{
		HolderIdentity: &holder, LeaseDurationSeconds: &seconds, AcquireTime: &now, RenewTime: &now, LeaseTransitions: &transitions,
	}
	if err := write(ctx, l.ref(), lease); err != nil {
		return err
	}
	l.held, l.renewed = lease, began
	return nil
}

func (l *Lock) ref() object.Ref {
	return object.Ref{API: "/apis/" + coordinationv1.SchemeGroupVersion.String(), Resource: "leases", Namespace: l.Namespace, Name: l.Name}
}

// podSuffix ends the names that Kubernetes gives to the Pods of a Job, in the letters and digits that it uses for that.
var podSuffix = regexp.MustCompile(`-[bcdfghjklmnpqrstvwxz2456789]{5}$`)

// jobOf is the part of a Pod's name that is the same for all Pods that do the same work of a Job, one after the other; empty for
// a name that is not made by Kubernetes.
func jobOf(pod string) string {
	if at := podSuffix.FindStringIndex(pod); at != nil {
		return pod[:at[0]]
	}
	return ""
}

var identity = regexp.MustCompile(`^(.*)_[^_]*$`)

func podOf(lease *coordinationv1.Lease) string {
	if found := identity.FindStringSubmatch(holderOf(lease)); found != nil {
		return found[1]
	}
	return ""
}

func holderOf(lease *coordinationv1.Lease) string {
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

func renewTime(lease *coordinationv1.Lease) time.Time {
	if lease.Spec.RenewTime == nil {
		return time.Time{}
	}
	return lease.Spec.RenewTime.Time
}

func durationOf(lease *coordinationv1.Lease) time.Duration {
	if lease.Spec.LeaseDurationSeconds == nil {
		return Duration
	}
	return time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the lease: %w", context.Cause(ctx))
	case <-time.After(d):
		return nil
	}
}

// errLost is why a holder has to stop.
var errLost = errors.New("the lease is lost")
