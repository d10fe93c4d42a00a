package doctor

import (
	"cmp"
	"context"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

const (
	labelName    = "app.kubernetes.io/name"
	labelVersion = "app.kubernetes.io/version"

	// operatorApps are the names under which the parts of External Secrets Operator are installed.
	operatorApps = labelName + " in (external-secrets, external-secrets-webhook, external-secrets-cert-controller)"

	// annotationManual marks a Job that a person has started.
	annotationManual = "cronjob.kubernetes.io/instantiate"
)

func (g *gatherer) operators(ctx context.Context, namespace string) known[[]operator] {
	read := somewhere(func(namespace string) ([]appsv1.Deployment, error) {
		return pages(func(options metav1.ListOptions) ([]appsv1.Deployment, string, error) {
			list, err := g.apps.Deployments(namespace).List(ctx, options)
			if err != nil {
				return nil, "", err
			}
			return list.Items, list.Continue, nil
		}, metav1.ListOptions{LabelSelector: operatorApps})
	}, serving.OperatorNamespace, namespace)
	all := known[[]operator]{err: read.err}
	for i := range read.value {
		all.value = append(all.value, operatorOf(&read.value[i]))
	}
	return all
}

func operatorOf(d *appsv1.Deployment) operator {
	o := operator{
		NamespacedName: types.NamespacedName{Namespace: d.Namespace, Name: d.Name}, part: partController,
		version: d.Labels[labelVersion], wanted: 1, ready: d.Status.ReadyReplicas,
	}
	if d.Spec.Replicas != nil {
		o.wanted = *d.Spec.Replicas
	}
	for _, c := range d.Spec.Template.Spec.Containers[:min(1, len(d.Spec.Template.Spec.Containers))] {
		o.version = secret.Printable(cmp.Or(serving.VersionOf(c.Image), o.version))
		for _, part := range []string{partWebhook, partCertController} {
			if slices.Contains(slices.Concat(c.Command, c.Args), part) {
				o.part = part
			}
		}
		o.serves = serving.CoverageOf(c)
	}
	return o
}

func (g *gatherer) runners(ctx context.Context, namespace string, now time.Time) known[[]runner] {
	read := somewhere(func(namespace string) ([]batchv1.CronJob, error) {
		return pages(func(options metav1.ListOptions) ([]batchv1.CronJob, string, error) {
			list, err := g.batch.CronJobs(namespace).List(ctx, options)
			if err != nil {
				return nil, "", err
			}
			return list.Items, list.Continue, nil
		}, metav1.ListOptions{LabelSelector: jobs.Selector})
	}, jobs.Namespace, namespace)
	all := known[[]runner]{err: read.err}
	made := map[string]known[[]batchv1.Job]{} // by namespace
	for i := range read.value {
		c := &read.value[i]
		if _, ok := made[c.Namespace]; !ok {
			made[c.Namespace] = g.jobs(ctx, c.Namespace)
		}
		r := runnerOf(c, made[c.Namespace])
		r.unbegun = g.unbegun(ctx, c, made[c.Namespace].value, now)
		all.value = append(all.value, r)
	}
	return all
}

func (g *gatherer) jobs(ctx context.Context, namespace string) known[[]batchv1.Job] {
	all, err := pages(func(options metav1.ListOptions) ([]batchv1.Job, string, error) {
		list, err := g.batch.Jobs(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, metav1.ListOptions{})
	return known[[]batchv1.Job]{all, err}
}

func runnerOf(c *batchv1.CronJob, made known[[]batchv1.Job]) runner {
	r := runner{
		NamespacedName: types.NamespacedName{Namespace: c.Namespace, Name: c.Name}, schedule: secret.Printable(c.Spec.Schedule),
		suspended: c.Spec.Suspend != nil && *c.Spec.Suspend, created: c.CreationTimestamp.Time,
		version: c.Labels[labelVersion], jobs: known[[]job]{err: made.err},
	}
	if c.Status.LastScheduleTime != nil {
		r.scheduled = c.Status.LastScheduleTime.Time
	}
	if c.Status.LastSuccessfulTime != nil {
		r.succeeded = c.Status.LastSuccessfulTime.Time
	}
	containers := c.Spec.JobTemplate.Spec.Template.Spec.Containers
	for _, container := range containers[:min(1, len(containers))] {
		r.version = secret.Printable(cmp.Or(serving.VersionOf(container.Image), r.version))
		r.serves = serving.CoverageOf(container)
	}
	for i := range made.value {
		j := &made.value[i]
		if owner := metav1.GetControllerOf(j); owner != nil && owner.UID == c.UID && j.Annotations[annotationManual] == "" {
			r.jobs.value = append(r.jobs.value, endedOf(j)...)
		}
	}
	slices.SortFunc(r.jobs.value, func(a, b job) int { return a.ended.Compare(b.ended) })
	return r
}

// endedOf is a Job that has ended; none if it has not.
func endedOf(j *batchv1.Job) []job {
	for _, condition := range j.Status.Conditions {
		ended := condition.Status == corev1.ConditionTrue
		switch {
		case ended && condition.Type == batchv1.JobComplete:
			return []job{{name: j.Name, ended: condition.LastTransitionTime.Time}}
		case ended && condition.Type == batchv1.JobFailed:
			return []job{{name: j.Name, ended: condition.LastTransitionTime.Time, failed: true, message: condition.Message}}
		}
	}
	return nil
}
