package report

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/explain"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

const kindFleet = "FleetReport"

// Fleet is how the ExternalSecrets of a scope are, with all that hangs together with them, in the shape that programs read. It is
// versioned: fields are added, not changed. No field holds a secret value, and text in it is fit for a terminal.
type Fleet struct {
	metav1.TypeMeta `json:",inline"`
	// Taken is when it was made; ages are told as of then.
	Taken time.Time `json:"taken"`
	Scope Scope     `json:"scope"`
	Total int       `json:"total"`
	// States counts the ExternalSecrets by their states; states that do not occur are absent.
	States map[status.State]int `json:"states"`
	// Freshness counts them by how often they are refreshed, the shortest interval first.
	Freshness []Freshness `json:"freshness"`
	// Causes are what is behind those that are not well, at risk included, by what is recorded of them.
	Causes []explain.Cause `json:"causes"`
	Stores []Store         `json:"stores"`
	// Refreshers are those in the cluster who refresh one of the ExternalSecrets at least.
	Refreshers []status.Refresher `json:"refreshers"`
	// Runs are those of the runners, the latest first.
	Runs []runs.Run `json:"runs"`
	// Items are the ExternalSecrets in the order of namespace and name.
	Items []Entry `json:"items"`
	// Unknown tells what could not be read, and so is missing from the rest.
	Unknown []Unknown `json:"unknown"`
}

// Scope says which ExternalSecrets a report is about.
type Scope struct {
	// Context is that of the kubeconfig; empty inside a cluster.
	Context string `json:"context,omitempty"`
	// Namespace is empty for all of them.
	Namespace     string   `json:"namespace,omitempty"`
	Names         []string `json:"names,omitempty"`
	LabelSelector string   `json:"labelSelector,omitempty"`
	FieldSelector string   `json:"fieldSelector,omitempty"`
}

// Entry is an ExternalSecret with what comes after it.
type Entry struct {
	status.Item `json:",inline"`
	// Secret is absent where none is written, or Secrets may not be listed.
	Secret *Secret `json:"secret,omitempty"`
	// Workloads use the Secret, and Pods do so without a workload above them.
	Workloads []consumers.Workload `json:"workloads,omitempty"`
	Pods      []string             `json:"pods,omitempty"`
}

// Secret is what the metadata of a Secret tells.
type Secret struct {
	Exists bool `json:"exists"`
	// Changed is when its data last changed.
	Changed *time.Time `json:"changed,omitempty"`
}

// Freshness counts the ExternalSecrets of an interval. Fresh, Late, Overdue and Never add up to Total.
type Freshness struct {
	// Interval is what they are refreshed by in words, such as "every 1h" or "once".
	Interval string `json:"interval"`
	Total    int    `json:"total"`
	Fresh    int    `json:"fresh"`
	// Late should have been refreshed by now, and Overdue so long ago that nothing can be meant to refresh them.
	Late    int `json:"late"`
	Overdue int `json:"overdue"`
	Never   int `json:"never"`
	// Oldest is the earliest last sync.
	Oldest *time.Time `json:"oldest,omitempty"`

	every time.Duration
}

// Store is a store that ExternalSecrets refer to.
type Store struct {
	Namespace        string `json:"namespace,omitempty"`
	status.StoreLink `json:",inline"`
	// Known is false where stores may not be read: whether it exists is not known then.
	Known           bool `json:"known"`
	ExternalSecrets int  `json:"externalSecrets"`
	// NotWell are those of them that have a cause in the report.
	NotWell int `json:"notWell"`
}

// The parts of a report that may be unknown.
const (
	partStores     = "stores"
	partEvents     = "events"
	partSecrets    = "secrets"
	partWorkloads  = "workloads"
	partPods       = "pods"
	partRefreshers = "refreshers"
	partRuns       = "runs"
)

// Unknown is a part that could not be read.
type Unknown struct {
	Part string `json:"part"`
	Why  string `json:"why"`
}

// unknown tells why a part is not known; empty where it is.
func (f *Fleet) unknown(part string) string {
	for _, u := range f.Unknown {
		if u.Part == part {
			return u.Why
		}
	}
	return ""
}
