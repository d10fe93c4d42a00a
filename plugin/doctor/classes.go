package doctor

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// server is somebody who refreshes, or would.
type server struct {
	name   string
	serves serving.Coverage
	// idle tells why it does not: empty if it does; then revive is what makes it.
	idle, revive string
}

func serversOf(f *facts) []server {
	var servers []server
	for _, o := range f.operators.value {
		if o.part != partController {
			continue
		}
		s := server{name: "External Secrets Operator (Deployment " + o.String() + ")", serves: o.serves}
		if o.ready == 0 {
			s.idle, s.revive = "does not run", judgeOperator(o).Fix
		}
		servers = append(servers, s)
	}
	for _, r := range f.runners.value {
		s := server{name: "CronJob " + r.String(), serves: r.serves}
		if r.suspended {
			s.idle, s.revive = "is suspended", "resume it:\n"+resume(r)
		}
		servers = append(servers, s)
	}
	return servers
}

// share is what is known of the ExternalSecrets whose stores are of the same classes.
type share struct {
	total               int
	unserved, contested []Object
	// behind tells that some that nobody serves are not up to date.
	behind  bool
	servers []string
	idle    []server
}

// judgeClasses tells, for each class of stores that is in use, who refreshes.
func judgeClasses(f *facts) []Finding {
	if f.noAPI || f.externalSecrets.err != nil {
		return nil // said elsewhere
	}
	shares := map[string]*share{}
	servers, stores := serversOf(f), f.index()
	for _, item := range f.externalSecrets.value {
		if item.ES == nil || item.ES.DeletionTimestamp != nil {
			continue
		}
		classes, ok := stores.classes(item.ES)
		if !ok {
			continue
		}
		class := strings.Join(classes, ",")
		if shares[class] == nil {
			shares[class] = &share{}
		}
		shares[class].add(item.ES, classes, servers, status.Assess(item, f.now))
	}
	var findings []Finding
	for _, class := range slices.Sorted(maps.Keys(shares)) {
		findings = append(findings, judgeShare(f, class, shares[class])...)
	}
	if err := cmp.Or(f.stores.err, f.clusterStores.err); err != nil {
		findings = append(findings, unknown(checkClasses, "not all stores can be looked at: %v", err))
	}
	return findings
}

// storeIndex finds stores.
type storeIndex map[storeKey]store

type storeKey struct {
	kind string
	types.NamespacedName
}

func (f *facts) index() storeIndex {
	index := storeIndex{}
	for _, s := range slices.Concat(f.stores.value, f.clusterStores.value) {
		index[storeKey{s.kind, s.NamespacedName}] = s
	}
	return index
}

// find finds the store that a reference from a namespace means.
func (i storeIndex) find(ref status.StoreRef, namespace string) (store, bool) {
	key := storeKey{ref.Kind, types.NamespacedName{Namespace: namespace, Name: ref.Name}}
	if ref.Kind == kindClusterStore {
		key.Namespace = ""
	}
	s, ok := i[key]
	return s, ok
}

// classes are those of an ExternalSecret's stores that have one, each once; false if none of its stores is known.
func (i storeIndex) classes(es *api.ExternalSecret) ([]string, bool) {
	classes := []string{}
	known := false
	for _, ref := range status.StoresOf(es) {
		if s, ok := i.find(ref, es.Namespace); ok {
			known = true
			if s.class != "" && !slices.Contains(classes, s.class) {
				classes = append(classes, s.class)
			}
		}
	}
	slices.Sort(classes)
	return classes, known
}

func (s *share) add(es *api.ExternalSecret, classes []string, servers []server, judged status.Item) {
	s.total++
	var serving []string
	for _, one := range servers {
		switch {
		case !one.serves.Covers(es, classes):
		case one.idle != "":
			if !slices.ContainsFunc(s.idle, func(other server) bool { return other.name == one.name }) {
				s.idle = append(s.idle, one)
			}
		default:
			serving = append(serving, one.name)
			if !slices.Contains(s.servers, one.name) {
				s.servers = append(s.servers, one.name)
			}
		}
	}
	object := Object{Kind: api.KindExternalSecret, Namespace: es.Namespace, Name: es.Name}
	switch len(serving) {
	case 0:
		s.unserved = append(s.unserved, object)
		s.behind = s.behind || judged.State != status.Synced && judged.State != status.Skipped
	case 1:
	default:
		s.contested = append(s.contested, object)
	}
}

func judgeShare(f *facts, class string, s *share) []Finding {
	text := "stores that name no class"
	if class != "" {
		text = fmt.Sprintf("stores of class %q", class)
	}
	var findings []Finding
	if len(s.unserved) > 0 {
		findings = append(findings, judgeUnserved(f, class, text, s))
	}
	if len(s.contested) > 0 {
		findings = append(findings, found(Warning, idClassContested, "%s with %s: refreshed by each of %s",
			counted(len(s.contested), "ExternalSecret"), text, strings.Join(s.servers, " and ")).about(s.contested...).
			fix("divide the work: give the stores a class, and run the runner with --controller-class CLASS:",
				`kubectl patch secretstore NAME -n NAMESPACE --type=merge -p '{"spec":{"controller":"CLASS"}}'`))
	}
	if len(findings) == 0 {
		findings = append(findings, fine(checkClasses, "%s with %s: %s", counted(s.total, "ExternalSecret"), text, strings.Join(s.servers, " or ")))
	}
	return findings
}

func judgeUnserved(f *facts, class, text string, s *share) Finding {
	if err := cmp.Or(f.operators.err, f.runners.err); err != nil {
		return unknown(checkClasses, "who refreshes %s with %s is not known: %v", counted(len(s.unserved), "ExternalSecret"), text, err)
	}
	severity, state := Problem, ""
	if !s.behind {
		severity, state = Warning, "; all are up to date, so somebody does it from outside"
	}
	message := fmt.Sprintf("%s with %s: nothing in the cluster refreshes them%s", counted(len(s.unserved), "ExternalSecret"), text, state)
	for _, one := range s.idle {
		message += "; " + one.name + " would, and " + one.idle
	}
	finding := found(severity, idClassUnserved, "%s", message).about(s.unserved...)
	if len(s.idle) > 0 {
		return finding.fix(s.idle[0].revive)
	}
	options := ""
	if class != "" {
		options = " --controller-class " + quote(class)
	}
	return finding.fix(fmt.Sprintf("install a runner (%s%s), or let a person or a pipeline do it:", installCommand, options),
		"kubectl externalsecret refresh --all"+scopeFlag(f.namespace)+options)
}

// scopeFlag is the flag by which a command looks at the same.
func scopeFlag(namespace string) string {
	if namespace == "" {
		return " -A"
	}
	return " -n " + namespace
}
