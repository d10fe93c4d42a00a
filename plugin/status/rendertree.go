package status

import (
	"fmt"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

// tree draws the chain, each link with how it is.
func (p *page) tree(item Item) {
	p.section("Chain")
	depth := 0
	link := func(name, how string) {
		branch := ""
		if depth > 0 {
			branch = strings.Repeat("   ", depth-1) + "└─ "
		}
		p.line("  "+branch+name, how)
	}
	for _, store := range item.Chain.Stores {
		link(store.Kind+" "+store.Name, storeText(store))
	}
	depth = min(len(item.Chain.Stores), 1)
	how := string(item.State)
	if item.Reason != "" && item.Reason != how {
		how += ", " + item.Reason
	}
	link("ExternalSecret "+item.Metadata.Name, how)
	depth++
	switch {
	case item.Chain.Secret.Name != "":
		link("Secret "+item.Chain.Secret.Name, secretText(item.Chain.Secret))
	case item.Target != "":
		link(item.Target, "")
	}
	depth++
	for _, workload := range item.Chain.Workloads.Items[:min(len(item.Chain.Workloads.Items), most)] {
		link(workload.Kind+" "+workload.Name, podsText(workload))
	}
	_ = p.Flush()
}

// podsText tells how many Pods of a workload there are, and how many of them have an old value.
func podsText(workload consumers.Workload) string {
	text := results.Count(workload.Pods, "Pod")
	if n := len(workload.Stale); n > 0 {
		text += fmt.Sprintf(", %d with an old value", n)
	}
	return text
}

func storeText(store StoreLink) string {
	switch {
	case store.Error != "":
		return cut(store.Error)
	case store.Ready != nil && store.Ready.Status != "True":
		return "not ready, " + store.Ready.Reason
	default:
		return orNone(store.Provider)
	}
}

func secretText(s SecretLink) string {
	switch {
	case s.Error != "":
		return cut(s.Error)
	case !s.Exists:
		return "does not exist"
	default:
		return integrityText(s)
	}
}
