package restart

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
)

// step is what is to become of a workload.
type step struct {
	Result
	workload *consumers.Workload
}

// judge decides about each workload that takes one of the Secrets when its Pods start, and about Pods that have none. Each comes
// once, however many of the Secrets it uses, in the order of its name.
func judge(namespace string, causes map[string]cause, found map[string]consumers.Found) []step {
	steps := map[string]*step{}
	of := func(w *consumers.Workload) *step {
		s := steps[w.String()]
		if s == nil {
			s = &step{Result: Result{Namespace: namespace, Group: w.Group, Kind: w.Kind, Name: w.Name}, workload: w}
			steps[w.String()] = s
		}
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(causes)) {
		cause := causes[name]
		for i := range found[name].Workloads {
			w := &found[name].Workloads[i]
			switch {
			case !consumers.AtStart(w.Uses):
			case cause.changed:
				of(w).Changed = append(of(w).Changed, name)
			case len(w.Stale) > 0 && w.Restarting(cause.at):
				of(w) // there is something to say about it, and nothing to do
			case len(w.Stale) > 0:
				of(w).Stale = append(of(w).Stale, name)
			}
		}
		for _, pod := range found[name].Pods {
			bare := &consumers.Workload{Kind: "Pod", Name: pod.Name}
			switch {
			case pod.Workload != "" || pod.Gone || !consumers.AtStart(pod.Uses):
			case cause.changed:
				of(bare).Changed = append(of(bare).Changed, name)
			case len(pod.Outdated) > 0:
				of(bare).Stale = append(of(bare).Stale, name)
			}
		}
	}
	judged := make([]step, 0, len(steps))
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		s := steps[name]
		s.Outcome, s.Message = s.verdict()
		judged = append(judged, *s)
	}
	return judged
}

// verdict is what is to become of a workload, and why where it is not restarted.
func (s *step) verdict() (Outcome, string) {
	w := s.workload
	target := fmt.Sprintf("%s -n %s", w, s.Namespace)
	switch {
	case w.Is(consumers.Deployment) && w.Paused:
		return Failed, fmt.Sprintf("it is paused: run kubectl rollout resume %s, then refresh --restart again", target)
	case (w.Is(consumers.StatefulSet) || w.Is(consumers.DaemonSet)) && w.OnDelete:
		return Left, "its update strategy is OnDelete: delete its Pods by hand"
	case len(s.Changed)+len(s.Stale) == 0:
		return Left, fmt.Sprintf("it was restarted after the Secret changed, and %d of its Pods are not replaced yet: see kubectl rollout status %s",
			len(w.Stale), target)
	case w.Is(consumers.Deployment) || w.Is(consumers.StatefulSet) || w.Is(consumers.DaemonSet):
		return Restarted, ""
	case w.Is(consumers.CronJob):
		return Left, "the next Job that it makes takes the new value, one that runs does not"
	case w.Is(consumers.Job):
		return Left, "a Job can't be restarted: if it must have the new value, delete it and make it anew"
	case w.Is(consumers.ReplicaSet):
		return Left, "a ReplicaSet rolls nothing out: delete its Pods by hand"
	case w.Group == "" && w.Kind == "Pod":
		return Left, "nothing would make it anew: delete it and make it anew yourself"
	default:
		return Left, fmt.Sprintf("how a %s is restarted is not known here: restart it by its own means, or delete its Pods", w.Kind)
	}
}

// Why tells in words for a person why a workload has an old value.
func (r *Result) Why() string {
	var why []string
	if len(r.Changed) > 0 {
		why = append(why, secrets(r.Changed)+" changed")
	}
	if len(r.Stale) > 0 {
		why = append(why, "Pods started before "+secrets(r.Stale)+" changed")
	}
	return strings.Join(why, "; ")
}

func secrets(names []string) string {
	if len(names) == 1 {
		return "Secret " + names[0]
	}
	return "Secrets " + strings.Join(names, ", ")
}

// Subject names the workload as kubectl does, such as "deployment.apps/web"; empty for what tells of a namespace.
func (r *Result) Subject() string {
	if r.Kind == "" {
		return ""
	}
	return (&consumers.Workload{Group: r.Group, Kind: r.Kind, Name: r.Name}).String()
}
