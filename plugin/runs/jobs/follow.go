package jobs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// look is how often a Job and its Pods are looked at.
	look = 500 * time.Millisecond
	// lineLimit bounds a line of a log, in bytes: a full report is one line.
	lineLimit = 64 << 20
)

// What comes of a Job that does not end well.
var (
	// ErrFailed means that it ended without success.
	ErrFailed = errors.New("the Job failed")
	// ErrCantStart means that one of its Pods waits for what time alone does not bring, such as an image that is not there.
	ErrCantStart = errors.New("can't start")
)

// Follow hands out the lines of the logs of a Job's Pods until the Job has ended. take is called by one Pod's log at a time, and tell
// where none begins for a while, with what that waits for. The error is ErrFailed, with the Job's own words, where the Job has failed, and ErrCantStart where a Pod can't start.
func (r *Runner) Follow(ctx context.Context, job *batchv1.Job, take func(line []byte), tell func(text string)) error {
	lines := make(chan []byte)
	taken := make(chan struct{})
	go func() {
		defer close(taken)
		for line := range lines {
			take(line)
		}
	}()
	following, stop := context.WithCancel(ctx)
	defer stop()
	var logs errgroup.Group
	wait := &waiting{job: job.Name, namespace: r.Namespace, since: time.Now(), tell: tell}
	err := r.await(ctx, job, wait, func(pod string) {
		logs.Go(func() error { return r.log(following, pod, lines) })
	})
	if err != nil && !errors.Is(err, ErrFailed) {
		stop()
	}
	err = errors.Join(err, logs.Wait())
	close(lines)
	<-taken
	return err
}

// await waits until a Job has ended, and tells of each of its Pods whose container has begun.
func (r *Runner) await(ctx context.Context, job *batchv1.Job, wait *waiting, begun func(pod string)) error {
	var known []string
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		// The Job first: what its Pods are when it has ended stays so.
		current, err := r.batch.Jobs(r.Namespace).Get(ctx, job.Name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("look at job %q: %w", job.Name, err)
		}
		pods, err := r.core.Pods(r.Namespace).List(ctx, metav1.ListOptions{LabelSelector: batchv1.JobNameLabel + "=" + job.Name})
		if err != nil {
			return fmt.Errorf("look at the Pods of job %q: %w", job.Name, err)
		}
		ended, well := Finished(current)
		for i := range pods.Items {
			pod := &pods.Items[i]
			state := stateOf(pod)
			switch {
			case state.Running != nil || state.Terminated != nil:
				if !slices.Contains(known, pod.Name) {
					known = append(known, pod.Name)
					begun(pod.Name)
				}
			case state.Waiting != nil && hopeless(state.Waiting.Reason) && !ended:
				return fmt.Errorf("pod %q %w: %s: %s", pod.Name, ErrCantStart, state.Waiting.Reason, state.Waiting.Message)
			}
		}
		if len(known) == 0 && !ended {
			wait.look(pods.Items, time.Now())
		}
		switch {
		case ended && well:
			return nil
		case ended:
			return fmt.Errorf("%w: %s", ErrFailed, Reason(current))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// stateOf is the state of the runner's container.
func stateOf(pod *corev1.Pod) corev1.ContainerState {
	for _, status := range pod.Status.ContainerStatuses {
		if status.Name == Container {
			return status.State
		}
	}
	return corev1.ContainerState{}
}

// hopeless tells whether a container waits for something that time alone does not bring.
func hopeless(reason string) bool {
	switch reason {
	case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError":
		return true
	default:
		return false
	}
}

// log sends the lines of a Pod's log until it ends.
func (r *Runner) log(ctx context.Context, pod string, lines chan<- []byte) error {
	stream, err := r.core.Pods(r.Namespace).GetLogs(pod, &corev1.PodLogOptions{Container: Container, Follow: true}).Stream(ctx)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log of pod %q: %w", pod, err)
	}
	defer func() { _ = stream.Close() }()
	scanner := bufio.NewScanner(stream)
	scanner.Buffer(nil, lineLimit)
	for scanner.Scan() {
		lines <- slices.Clone(scanner.Bytes())
	}
	if err := scanner.Err(); err != nil && ctx.Err() == nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("read the log of pod %q: %w", pod, err)
	}
	return nil
}
