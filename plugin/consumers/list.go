package consumers

import (
	"context"
	"fmt"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// pageSize is how many objects a LIST asks for at once.
const pageSize = 500

// list lists all kinds at the same time. One that can't be listed leaves the others as they are.
func (f *finder) list(ctx context.Context, c Clients, namespace string) Trouble {
	var (
		lists    sync.WaitGroup
		mu       sync.Mutex
		pods     error
		failures = map[string]error{}
	)
	start := func(resource string, list func() error) {
		lists.Go(func() {
			if err := list(); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures[resource] = err
			}
		})
	}
	lists.Go(func() {
		if err := each(ctx, c.Core.Pods(namespace).List, func(l *corev1.PodList) {
			for i := range l.Items {
				f.pod(&l.Items[i])
			}
		}); err != nil {
			pods = fmt.Errorf("list pods: %w", err)
		}
	})
	start("deployments.apps", func() error {
		return each(ctx, c.Apps.Deployments(namespace).List, func(l *appsv1.DeploymentList) {
			for i := range l.Items {
				d := &l.Items[i]
				f.template(Deployment, &d.ObjectMeta, &d.Spec.Template, func(w *Workload) { w.Paused = d.Spec.Paused })
			}
		})
	})
	start("statefulsets.apps", func() error {
		return each(ctx, c.Apps.StatefulSets(namespace).List, func(l *appsv1.StatefulSetList) {
			for i := range l.Items {
				s := &l.Items[i]
				f.template(StatefulSet, &s.ObjectMeta, &s.Spec.Template, func(w *Workload) {
					w.OnDelete = s.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType
				})
			}
		})
	})
	start("daemonsets.apps", func() error {
		return each(ctx, c.Apps.DaemonSets(namespace).List, func(l *appsv1.DaemonSetList) {
			for i := range l.Items {
				d := &l.Items[i]
				f.template(DaemonSet, &d.ObjectMeta, &d.Spec.Template, func(w *Workload) {
					w.OnDelete = d.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType
				})
			}
		})
	})
	start("replicasets.apps", func() error {
		return each(ctx, c.Apps.ReplicaSets(namespace).List, func(l *appsv1.ReplicaSetList) {
			for i := range l.Items {
				f.template(ReplicaSet, &l.Items[i].ObjectMeta, &l.Items[i].Spec.Template, nil)
			}
		})
	})
	start("jobs.batch", func() error {
		return each(ctx, c.Batch.Jobs(namespace).List, func(l *batchv1.JobList) {
			for i := range l.Items {
				if j := &l.Items[i]; !finished(j) {
					f.template(Job, &j.ObjectMeta, &j.Spec.Template, nil)
				}
			}
		})
	})
	start("cronjobs.batch", func() error {
		return each(ctx, c.Batch.CronJobs(namespace).List, func(l *batchv1.CronJobList) {
			for i := range l.Items {
				f.template(CronJob, &l.Items[i].ObjectMeta, &l.Items[i].Spec.JobTemplate.Spec.Template, nil)
			}
		})
	})
	lists.Wait()
	return Trouble{Pods: pods, Workloads: refusal(namespace, failures)}
}

// each goes through the pages of a list.
func each[L metav1.ListInterface](
	ctx context.Context, list func(context.Context, metav1.ListOptions) (L, error), page func(L),
) error {
	options := metav1.ListOptions{Limit: pageSize}
	for {
		got, err := list(ctx, options)
		if err != nil {
			return err
		}
		page(got)
		if options.Continue = got.GetContinue(); options.Continue == "" {
			return nil
		}
	}
}

// finished tells whether a Job makes no more Pods.
func finished(job *batchv1.Job) bool {
	for _, condition := range job.Status.Conditions {
		if (condition.Type == batchv1.JobComplete || condition.Type == batchv1.JobFailed) && condition.Status == corev1.ConditionTrue {
			return true
		}
	}
	return false
}
