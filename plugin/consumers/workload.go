package consumers

import (
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const (
	// RestartedAt is the annotation of a Pod template that `kubectl rollout restart` changes.
	RestartedAt = "kubectl.kubernetes.io/restartedAt"
	// Manager is the field manager under which this program changes it, and nothing else of a workload.
	Manager = "kubectl-externalsecret"
)

// The kinds of workloads that are known. Others are known by name only, from the Pods that they made.
const (
	Deployment  = "Deployment"
	StatefulSet = "StatefulSet"
	DaemonSet   = "DaemonSet"
	ReplicaSet  = "ReplicaSet"
	Job         = "Job"
	CronJob     = "CronJob"
)

const (
	apps  = "apps"
	batch = "batch"
)

// Workload makes Pods that use a Secret, or would if it made any.
type Workload struct {
	// Group is that of the API; empty for the core group.
	Group string `json:"group,omitempty"`
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Uses  []Use  `json:"uses"`
	// Pods are those that use the Secret and have not ended.
	Pods int `json:"pods"`
	// Stale names those of them in which a container started before the Secret last changed and reads it only when it starts.
	Stale []string `json:"stale,omitempty"`
	// Restarted is when a restart was last asked for.
	Restarted *time.Time `json:"restarted,omitempty"`

	UID types.UID `json:"-"`
	// Paused tells of a Deployment that nothing is rolled out.
	Paused bool `json:"-"`
	// OnDelete tells that Pods take up a change only when somebody deletes them.
	OnDelete bool `json:"-"`
	// Mark is the value of the annotation RestartedAt.
	Mark string `json:"-"`
}

// Is tells whether it is of a kind that is known, and not of another of the same name.
func (w *Workload) Is(kind string) bool {
	group := apps
	if kind == Job || kind == CronJob {
		group = batch
	}
	return w.Kind == kind && w.Group == group
}

// String names it as kubectl does, such as "deployment.apps/web".
func (w *Workload) String() string {
	name := strings.ToLower(w.Kind)
	if w.Group != "" {
		name += "." + w.Group
	}
	return name + "/" + w.Name
}

// Restarting tells whether a restart was asked for after the Secret has changed, so that Pods that still have an old value are being
// replaced.
func (w *Workload) Restarting(changed *time.Time) bool {
	return w.Restarted != nil && changed != nil && !w.Restarted.Before(*changed)
}

// mark takes in when a restart was last asked for. The API server's clock is believed where the record is of this program; others
// change more than the annotation under the same name, and so what they wrote there counts.
func (w *Workload) mark(meta *metav1.ObjectMeta, template *metav1.ObjectMeta) {
	if w.Mark = template.Annotations[RestartedAt]; w.Mark == "" {
		return
	}
	own := slices.IndexFunc(meta.ManagedFields, func(entry metav1.ManagedFieldsEntry) bool {
		return entry.Manager == Manager && entry.Time != nil &&
			owns(entry, "f:spec", "f:template", "f:metadata", "f:annotations", "f:"+RestartedAt)
	})
	at, err := time.Parse(time.RFC3339, w.Mark)
	if own >= 0 {
		at, err = meta.ManagedFields[own].Time.Time, nil
	}
	if err == nil {
		utc := at.UTC()
		w.Restarted = &utc
	}
}
