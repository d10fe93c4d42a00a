package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mostNodes is how many nodes a column of the graph has. Where there are more, objects are taken together.
const mostNodes = 14

// flowPath is the way of an ExternalSecret through the columns: the nodes of each that it has.
type flowPath struct {
	nodes [][]string
	// bad tells that it is not well.
	bad bool
}

// flowColumn says which nodes an ExternalSecret has in a column: object by object, or several together.
type flowColumn struct {
	title          string
	single, joined func(*Entry) []string
	// others are what is left of single or joined nodes that are too many.
	others string
}

func (f *Fleet) flowColumns() []flowColumn {
	namespaces := map[string]bool{}
	for i := range f.Items {
		namespaces[f.Items[i].Metadata.Namespace] = true
	}
	others := "other namespaces"
	byNamespace := func(e *Entry) []string { return []string{e.Metadata.Namespace} }
	if len(namespaces) == 1 {
		byNamespace, others = func(e *Entry) []string { return []string{string(e.State)} }, "other states"
	}
	unread := f.unknown(partWorkloads) != "" && f.unknown(partPods) != ""
	users := func(name func(*Entry) []string) func(*Entry) []string {
		return func(e *Entry) []string {
			names := name(e)
			switch {
			case len(names) > 0:
				return names
			case unread:
				return []string{"not known"}
			default:
				return []string{"used by nothing seen"}
			}
		}
	}
	return []flowColumn{
		{"Stores", storeNodes, storeNodes, "other stores"},
		{"ExternalSecrets", func(e *Entry) []string { return []string{f.within(e.Metadata.Namespace, e.Metadata.Name)} }, byNamespace, others},
		{"Secrets", f.secretNode, secretCondition, "other Secrets"},
		{"Used by", users(func(e *Entry) []string {
			var names []string
			for _, user := range e.users() {
				kind, name, _ := strings.Cut(user, " ")
				names = append(names, kind+" "+f.within(e.Metadata.Namespace, name))
			}
			return names
		}), users(userKinds), "other kinds"},
	}
}

// within names an object, with its namespace where there are several.
func (f *Fleet) within(namespace, name string) string {
	if f.Scope.Namespace != "" {
		return name
	}
	return namespace + "/" + name
}

func storeNodes(e *Entry) []string {
	var names []string
	for _, ref := range e.Stores {
		if key := keyOf(ref, e.Metadata.Namespace); key.namespace != "" {
			names = append(names, key.namespace+"/"+key.name)
		} else {
			names = append(names, key.name+" (cluster)")
		}
	}
	if len(names) == 0 {
		return []string{"no store"}
	}
	return names
}

func (f *Fleet) secretNode(e *Entry) []string {
	switch {
	case e.Target != "":
		return []string{e.Target}
	case e.SecretName == "":
		return []string{"none is written"}
	case e.Secret != nil && !e.Secret.Exists:
		return []string{f.within(e.Metadata.Namespace, e.SecretName) + " (not there)"}
	default:
		return []string{f.within(e.Metadata.Namespace, e.SecretName)}
	}
}

// secretCondition is how the Secret is.
func secretCondition(e *Entry) []string {
	switch {
	case e.Target != "":
		return []string{"other kinds"}
	case e.SecretName == "":
		return []string{"none is written"}
	case e.Secret == nil:
		return []string{"not known"}
	case e.Secret.Exists:
		return []string{"there"}
	default:
		return []string{"not there"}
	}
}

func userKinds(e *Entry) []string {
	var kinds []string
	for _, user := range e.users() {
		if kind, _, _ := strings.Cut(user, " "); !slices.Contains(kinds, kind+"s") {
			kinds = append(kinds, kind+"s")
		}
	}
	return kinds
}

// paths are the ways of all ExternalSecrets, with few enough nodes in each column.
func (f *Fleet) paths(columns []flowColumn) []flowPath {
	bad := f.notWell()
	paths := make([]flowPath, len(f.Items))
	for i := range f.Items {
		paths[i].bad = bad[i] > 0
	}
	for _, column := range columns {
		names := namesOf(f.Items, column.single)
		if counts := countNodes(names); len(counts) > mostNodes {
			names = namesOf(f.Items, column.joined)
			fold(names, column.others)
		}
		for i := range names {
			paths[i].nodes = append(paths[i].nodes, names[i])
		}
	}
	return paths
}

func namesOf(items []Entry, of func(*Entry) []string) [][]string {
	names := make([][]string, len(items))
	for i := range items {
		names[i] = of(&items[i])
	}
	return names
}

func countNodes(names [][]string) map[string]int {
	counts := map[string]int{}
	for _, of := range names {
		for _, name := range of {
			counts[name]++
		}
	}
	return counts
}

// fold takes the nodes together that fewest ExternalSecrets have, until they are few enough.
func fold(names [][]string, others string) {
	counts := countNodes(names)
	if len(counts) <= mostNodes {
		return
	}
	order := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	rest := map[string]bool{}
	for _, name := range order[mostNodes-1:] {
		rest[name] = true
	}
	folded := fmt.Sprintf("%d %s", len(rest), others)
	for i, of := range names {
		var kept []string
		for _, name := range of {
			if rest[name] {
				name = folded
			}
			if !slices.Contains(kept, name) {
				kept = append(kept, name)
			}
		}
		names[i] = kept
	}
}
