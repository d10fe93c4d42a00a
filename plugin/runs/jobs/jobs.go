// Package jobs finds, starts and follows the Jobs that a cluster's runner is made of. What they are asked to do, and what becomes
// of their reports, is said by the commands.
package jobs

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	typedauthorizationv1 "k8s.io/client-go/kubernetes/typed/authorization/v1"
	typedbatchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// The runner as it is installed.
const (
	// Namespace is where the runner is, unless a person has put it elsewhere.
	Namespace = manifests.DefaultNamespace
	// Name is that of its CronJob, its ConfigMap of reports and whatever else it has.
	Name = manifests.Name
	// Manually begins the names of Jobs that are started by hand with Start.
	Manually = Name + "-manual-"
	// Container is the one of its Pods in which it runs.
	Container = "runner"
	// Selector chooses its objects.
	Selector = "app.kubernetes.io/name=" + Name
)

const (
	// annotationManual marks a Job that did not come by the schedule, as kubectl create job does.
	annotationManual = "cronjob.kubernetes.io/instantiate"
	// keep is how long, in seconds, a Job that was started by hand is kept.
	keep = 3600
	// attempts is how often a Pod may be made anew: the lease can be another run's for a while.
	attempts = 6
)

// Runner is the runner of a cluster, in a namespace.
type Runner struct {
	Namespace string

	core          typedv1.CoreV1Interface
	batch         typedbatchv1.BatchV1Interface
	authorization typedauthorizationv1.AuthorizationV1Interface
}

// New connects to the runner in namespace.
func New(config *rest.Config, namespace string) (*Runner, error) {
	core, err := typedv1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	batch, err := typedbatchv1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	authorization, err := typedauthorizationv1.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	return &Runner{Namespace: namespace, core: core, batch: batch, authorization: authorization}, nil
}

// CronJob reads the runner's CronJob.
func (r *Runner) CronJob(ctx context.Context) (*batchv1.CronJob, error) {
	cron, err := r.batch.CronJobs(r.Namespace).Get(ctx, Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("no runner is installed in namespace %q: see kubectl externalsecret install: %w", r.Namespace, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read the runner's CronJob: %w", err)
	}
	return cron, nil
}

// Jobs reads the runner's Jobs, the latest first.
func (r *Runner) Jobs(ctx context.Context) ([]batchv1.Job, error) {
	list, err := r.batch.Jobs(r.Namespace).List(ctx, metav1.ListOptions{LabelSelector: Selector})
	if err != nil {
		return nil, fmt.Errorf("list the runner's Jobs: %w", err)
	}
	slices.SortStableFunc(list.Items, func(a, b batchv1.Job) int { return b.CreationTimestamp.Compare(a.CreationTimestamp.Time) })
	return list.Items, nil
}

// Job reads a Job.
func (r *Runner) Job(ctx context.Context, name string) (*batchv1.Job, error) {
	job, err := r.batch.Jobs(r.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read job %q: %w", name, err)
	}
	return job, nil
}

// Reports reads the reports of the last runs, each in JSON, by the ids of the runs; none if there are none yet.
func (r *Runner) Reports(ctx context.Context) (map[string]string, error) {
	kept, err := r.core.ConfigMaps(r.Namespace).Get(ctx, Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the runner's reports: %w", err)
	}
	return kept.Data, nil
}

// Suspend stops the schedule, or lets it go on; false if it is so already.
func (r *Runner) Suspend(ctx context.Context, suspend bool) (bool, error) {
	cron, err := r.CronJob(ctx)
	if err != nil {
		return false, err
	}
	if is := cron.Spec.Suspend != nil && *cron.Spec.Suspend; is == suspend {
		return false, nil
	}
	patch := fmt.Sprintf(`{"spec":{"suspend":%t}}`, suspend)
	if _, err := r.batch.CronJobs(r.Namespace).Patch(ctx, Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		return false, fmt.Errorf("change the runner's CronJob: %w", err)
	}
	return true, nil
}

// Start makes a Job as the CronJob would now. flags are added to the runner's, in the place of those of the same name.
func (r *Runner) Start(ctx context.Context, cron *batchv1.CronJob, flags ...string) (*batchv1.Job, error) {
	template := cron.Spec.JobTemplate.DeepCopy()
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: Manually, Namespace: r.Namespace, Labels: template.Labels, Annotations: maps.Clone(template.Annotations),
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "batch/v1", Kind: "CronJob", Name: cron.Name, UID: cron.UID}},
		},
		Spec: template.Spec,
	}
	if job.Annotations == nil {
		job.Annotations = map[string]string{}
	}
	job.Annotations[annotationManual] = "manual"
	ttl, tries := int32(keep), int32(attempts)
	job.Spec.TTLSecondsAfterFinished = &ttl
	limit := &job.Spec.BackoffLimit
	if job.Spec.BackoffLimitPerIndex != nil {
		limit = &job.Spec.BackoffLimitPerIndex // of each shard: the other would count the failures of all together
	}
	if *limit == nil || **limit < tries {
		*limit = &tries
	}
	for i := range job.Spec.Template.Spec.Containers {
		if c := &job.Spec.Template.Spec.Containers[i]; c.Name == Container {
			c.Args = withFlags(c.Args, flags)
		}
	}
	made, err := r.batch.Jobs(r.Namespace).Create(ctx, job, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("start a Job of the runner: %w", err)
	}
	return made, nil
}

// withFlags adds flags, each as --NAME=VALUE, and takes away those of the same name before.
func withFlags(args, flags []string) []string {
	kept := slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		return slices.ContainsFunc(flags, func(flag string) bool { return nameOf(arg) == nameOf(flag) })
	})
	return append(kept, flags...)
}

func nameOf(flag string) string {
	name, _, _ := strings.Cut(flag, "=")
	return name
}

// MayStart tells whether the person may make Jobs in the runner's namespace.
func (r *Runner) MayStart(ctx context.Context) (bool, error) {
	review, err := r.authorization.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: r.Namespace, Verb: "create", Group: batchv1.GroupName, Resource: "jobs",
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("ask for the right to create Jobs: %w", err)
	}
	return review.Status.Allowed, nil
}

// Stop deletes a Job, so that its Pods are told to stop.
func (r *Runner) Stop(ctx context.Context, job *batchv1.Job) error {
	background := metav1.DeletePropagationBackground
	err := r.batch.Jobs(r.Namespace).Delete(ctx, job.Name, metav1.DeleteOptions{PropagationPolicy: &background})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("stop job %q: %w", job.Name, err)
	}
	return nil
}
