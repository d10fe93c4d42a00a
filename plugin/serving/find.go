package serving

import (
	"context"
	"fmt"
	"slices"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	typedappsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

// OperatorNamespace is where External Secrets Operator usually is.
const OperatorNamespace = "external-secrets"

// operatorSelector chooses its controller, whose webhooks have other names.
const operatorSelector = "app.kubernetes.io/name=external-secrets"

// Server is somebody who refreshes ExternalSecrets.
type Server struct {
	types.NamespacedName
	// Kind is Deployment for the operator, CronJob for a runner.
	Kind string
	Coverage
	// Linger is how long a runner goes on after its pass; zero if it does not, and for the operator.
	Linger time.Duration
}

// Controllers finds the controllers of the operator that run. Where Deployments can't be listed everywhere they are looked for
// where they usually are, and where that is forbidden, too, there are none that are known.
func Controllers(ctx context.Context, apps typedappsv1.AppsV1Interface) ([]Server, error) {
	running, _, err := controllers(ctx, apps)
	return running, err
}

// controllers is Controllers; everywhere tells that it could look in all namespaces.
func controllers(ctx context.Context, apps typedappsv1.AppsV1Interface) (running []Server, everywhere bool, err error) {
	for _, namespace := range []string{"", OperatorNamespace} {
		list, err := apps.Deployments(namespace).List(ctx, metav1.ListOptions{LabelSelector: operatorSelector})
		if apierrors.IsForbidden(err) {
			continue
		}
		if err != nil {
			return nil, false, fmt.Errorf("look for a controller: %w", err)
		}
		for i := range list.Items {
			d := &list.Items[i]
			if d.Status.ReadyReplicas > 0 && len(d.Spec.Template.Spec.Containers) > 0 {
				running = append(running, Server{
					NamespacedName: types.NamespacedName{Namespace: d.Namespace, Name: d.Name}, Kind: "Deployment",
					Coverage: CoverageOf(d.Spec.Template.Spec.Containers[0]),
				})
			}
		}
		return running, namespace == "", nil
	}
	return nil, false, nil
}

// Lingers tells whether a run of the runner goes on at the time that lingers.
func Lingers(ctx context.Context, runner *jobs.Runner, cron *batchv1.CronJob) (bool, error) {
	server := serverOf(cron)
	if server == nil || server.Linger == 0 {
		return false, nil
	}
	all, err := runner.Jobs(ctx)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(all, func(job batchv1.Job) bool {
		ended, _ := jobs.Finished(&job)
		return !ended && !jobs.Manual(&job)
	}), nil
}

// Runner is the runner that is installed; nil if there is none that is known.
func Runner(ctx context.Context, runner *jobs.Runner) (*Server, error) {
	cron, err := runner.CronJob(ctx)
	switch {
	case apierrors.IsNotFound(err) || apierrors.IsForbidden(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return serverOf(cron), nil
}

func serverOf(cron *batchv1.CronJob) *Server {
	for _, container := range cron.Spec.JobTemplate.Spec.Template.Spec.Containers {
		if container.Name == jobs.Container {
			return &Server{
				NamespacedName: types.NamespacedName{Namespace: cron.Namespace, Name: cron.Name}, Kind: "CronJob",
				Coverage: CoverageOf(container), Linger: lingerOf(container),
			}
		}
	}
	return nil
}
