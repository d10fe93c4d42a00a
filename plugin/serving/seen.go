package serving

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typedappsv1 "k8s.io/client-go/kubernetes/typed/apps/v1"
	typedbatchv1 "k8s.io/client-go/kubernetes/typed/batch/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
)

// Seen are those who refresh ExternalSecrets in a cluster.
type Seen struct {
	Servers []Server
	// Whole tells that it could be looked for them in all namespaces. Otherwise there may be more.
	Whole bool
}

// See looks for controllers of the operator that run and for runners whose schedule is not suspended, with a LIST each. What is
// forbidden to list everywhere is looked for where it usually is.
func See(ctx context.Context, apps typedappsv1.AppsV1Interface, batch typedbatchv1.BatchV1Interface) (Seen, error) {
	servers, whole, err := controllers(ctx, apps)
	if err != nil {
		return Seen{}, err
	}
	seen := Seen{Servers: servers}
	for _, namespace := range []string{"", jobs.Namespace} {
		list, err := batch.CronJobs(namespace).List(ctx, metav1.ListOptions{LabelSelector: jobs.Selector})
		if apierrors.IsForbidden(err) {
			continue
		}
		if err != nil {
			return Seen{}, fmt.Errorf("look for a runner: %w", err)
		}
		for i := range list.Items {
			cron := &list.Items[i]
			if server := serverOf(cron); server != nil && (cron.Spec.Suspend == nil || !*cron.Spec.Suspend) {
				seen.Servers = append(seen.Servers, *server)
			}
		}
		seen.Whole = whole && namespace == ""
		break
	}
	return seen, nil
}
