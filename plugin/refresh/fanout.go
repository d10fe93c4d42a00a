package refresh

import (
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// fanOuts shows what became of ClusterExternalSecrets.
func (v *view) fanOuts(results []fanout.Result) {
	for _, r := range results {
		if r.Outcome == fanout.Failed || r.Outcome == fanout.Skipped {
			v.print(v.misses, v.fanOut(r))
		} else {
			v.print(v.hits, v.fanOut(r))
		}
		for _, failed := range r.Failed {
			v.print(v.misses, scope.DisplayCluster(r.Name)+" failed in namespace "+failed.Namespace+": "+printable(failed.Reason))
		}
	}
}

// fanOut is a result as kubectl words it.
func (v *view) fanOut(r fanout.Result) string {
	text := scope.DisplayCluster(r.Name) + " " + string(r.Outcome)
	if r.Message != "" {
		text += ": " + printable(r.Message)
	} else if len(r.Failed) > 0 {
		text += " in " + count(len(r.Failed), "namespace")
	}
	var did []string
	for _, part := range []struct {
		verb       string
		namespaces []string
	}{{"created", r.Created}, {"changed", r.Changed}, {"deleted", r.Deleted}} {
		if len(part.namespaces) > 0 {
			did = append(did, part.verb+" in "+list(part.namespaces))
		}
	}
	if len(did) > 0 {
		text += " (" + strings.Join(did, "; ") + ")"
	}
	if r.Outcome == fanout.Failed || r.Outcome == fanout.Skipped {
		return text
	}
	return text + v.suffix()
}
