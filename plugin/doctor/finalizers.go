package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

const (
	// operatorFinalizers begin those of External Secrets Operator, and storeFinalizers those that it puts on stores.
	operatorFinalizers = "externalsecrets.external-secrets.io/"
	storeFinalizers    = "secretstore.externalsecrets.io/"
	// namespaceFinalizers begin those that it puts on namespaces.
	namespaceFinalizers = operatorFinalizers + "ces-"
	// stuckAfter is how long the deletion of an object may take. An operator that runs acts within seconds.
	stuckAfter = time.Minute
)

// held is an object with finalizers.
type held struct {
	kind string
	types.NamespacedName
	deleting   time.Time // zero if it is not
	finalizers []string
}

// operators are the finalizers of External Secrets Operator, by their place among all.
func (h held) operators() []int {
	var places []int
	for i, finalizer := range h.finalizers {
		namespaced := strings.HasPrefix(finalizer, namespaceFinalizers)
		if h.kind == "Namespace" && namespaced || h.kind != "Namespace" && !namespaced &&
			(strings.HasPrefix(finalizer, operatorFinalizers) || strings.HasPrefix(finalizer, storeFinalizers)) {
			places = append(places, i)
		}
	}
	return places
}

func heldOf(kind string, object *metav1.ObjectMeta) held {
	h := held{kind: kind, NamespacedName: types.NamespacedName{Namespace: object.Namespace, Name: object.Name}, finalizers: object.Finalizers}
	if object.DeletionTimestamp != nil {
		h.deleting = object.DeletionTimestamp.Time
	}
	return h
}

// held are all objects that were looked at and have finalizers.
func (f *facts) held() []held {
	var all []held
	for _, item := range f.externalSecrets.value {
		if item.ES != nil {
			all = append(all, heldOf(api.KindExternalSecret, &item.ES.ObjectMeta))
		}
	}
	for _, s := range slices.Concat(f.stores.value, f.clusterStores.value) {
		all = append(all, held{kind: s.kind, NamespacedName: s.NamespacedName, deleting: s.deleting, finalizers: s.finalizers})
	}
	for i := range f.clusterExternalSecrets.value {
		all = append(all, heldOf(api.KindClusterExternalSecret, &f.clusterExternalSecrets.value[i].ObjectMeta))
	}
	for i := range f.namespaces.value {
		all = append(all, heldOf("Namespace", &f.namespaces.value[i].ObjectMeta))
	}
	return slices.DeleteFunc(all, func(h held) bool { return len(h.finalizers) == 0 })
}

// judgeFinalizers tells what can't go, or will not be able to.
func judgeFinalizers(f *facts) []Finding {
	stuck, others, left := map[string][]held{}, map[string][]held{}, map[string][]held{}
	for _, h := range f.held() {
		ours := len(h.operators()) > 0
		switch waits := !h.deleting.IsZero() && f.now.Sub(h.deleting) > stuckAfter; {
		case waits && ours:
			stuck[h.kind] = append(stuck[h.kind], h)
		case waits && h.kind != "Namespace": // those are somebody else's business
			others[h.kind] = append(others[h.kind], h)
		case ours && f.operatorRuns() != present:
			left[h.kind] = append(left[h.kind], h)
		}
	}
	var findings []Finding
	for _, kind := range []string{api.KindExternalSecret, kindStore, kindClusterStore, api.KindClusterExternalSecret, "Namespace"} {
		for _, all := range [][]held{stuck[kind], others[kind]} {
			if len(all) > 0 {
				findings = append(findings, judgeStuck(f, kind, all))
			}
		}
		if all := left[kind]; len(all) > 0 {
			findings = append(findings, judgeLeft(f, kind, all))
		}
	}
	for _, err := range []error{f.namespaces.err, f.clusterExternalSecrets.err} {
		if err != nil {
			findings = append(findings, unknown(checkFinalizers, "not all finalizers can be looked at: %v", err))
		}
	}
	if len(findings) == 0 {
		findings = append(findings, fine(checkFinalizers, "no finalizer holds what nobody lets go of"))
	}
	return findings
}

func judgeStuck(f *facts, kind string, all []held) Finding {
	id := idStuck
	if kind == "Namespace" {
		id = idNamespaceFinalizer
	}
	finding := found(Problem, id, "%s been waiting to be deleted for a finalizer to be taken off", has(len(all), kind)).about(holding(f, all)...)
	first := all[0]
	switch operators := first.operators(); {
	case len(operators) == 0:
		return finding.fix("find out who has put it there, and why it stays:",
			fmt.Sprintf("kubectl get %s -o jsonpath='{.metadata.finalizers}'", resourceName(first)))
	case f.operatorRuns() == present:
		return finding.fix("see why the operator that runs does not take it off:", operatorLogs(f))
	case kind == api.KindExternalSecret:
		return finding.fix("a pass lets go of it, and deletes its Secret where its deletionPolicy is Delete:",
			fmt.Sprintf("kubectl externalsecret refresh %s -n %s", first.Name, first.Namespace))
	default:
		return finding.fix("take it off, if no operator runs that would:", takeOff(first))
	}
}

func judgeLeft(f *facts, kind string, all []held) Finding {
	if f.operatorRuns() == unclear {
		return unknown(checkFinalizers, "%s a finalizer of External Secrets Operator, and whether it runs is not known", has(len(all), kind))
	}
	if slices.ContainsFunc(f.runners.value, func(r runner) bool {
		return !r.suspended && (kind == api.KindExternalSecret || kind == api.KindClusterExternalSecret && len(r.serves.Namespaces) == 0)
	}) {
		return fine(checkFinalizers, "%s a finalizer of External Secrets Operator: the runner lets go of what is deleted", has(len(all), kind))
	}
	id := idFinalizer
	if kind == "Namespace" {
		id = idNamespaceFinalizer
	}
	finding := found(Warning, id, "%s a finalizer of External Secrets Operator, which does not run: deletion will wait", has(len(all), kind)).
		about(holding(f, all)...)
	if kind == api.KindExternalSecret {
		return finding.fix("nothing now: the pass after the deletion of one lets go of it; at once, a minute later:",
			fmt.Sprintf("kubectl externalsecret refresh %s -n %s", all[0].Name, all[0].Namespace))
	}
	return finding.fix("take it off, of each:", takeOff(all[0]))
}

// holding are the objects with what holds them.
func holding(f *facts, all []held) []Object {
	var objects []Object
	for _, h := range all {
		note := strings.Join(h.finalizers, ", ")
		if !h.deleting.IsZero() {
			note = "deleted " + f.ago(h.deleting) + ", held by " + note
		}
		objects = append(objects, named(h.kind, h.NamespacedName, note))
	}
	return objects
}

// resourceName is how an object is named to kubectl.
func resourceName(h held) string {
	name := strings.ToLower(h.kind) + " " + h.Name
	if h.Namespace != "" {
		name += " -n " + h.Namespace
	}
	return name
}

// takeOff takes the finalizers of the operator off an object, and fails if they are not the ones that were seen.
func takeOff(h held) string {
	var steps []string
	for _, place := range slices.Backward(h.operators()) { // those behind move up
		steps = append(steps, fmt.Sprintf(`{"op":"test","path":"/metadata/finalizers/%d","value":%q},{"op":"remove","path":"/metadata/finalizers/%[1]d"}`,
			place, h.finalizers[place]))
	}
	return fmt.Sprintf("kubectl patch %s --type=json -p '[%s]'", resourceName(h), strings.Join(steps, ","))
}

func operatorLogs(f *facts) string {
	for _, o := range f.operators.value {
		if o.part == partController {
			return fmt.Sprintf("kubectl logs deployment/%s -n %s --since=10m", o.Name, o.Namespace)
		}
	}
	return ""
}
