package refresh

import (
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

// fanOuts shows what became of ClusterExternalSecrets.
func (v *view) fanOuts(all []fanout.Result) {
	for _, r := range all {
		if r.Outcome == fanout.Failed || r.Outcome == fanout.Skipped {
			v.print(v.misses, results.FanOut(r))
		} else {
			v.print(v.hits, results.FanOut(r)+v.suffix())
		}
		for _, line := range results.FanOutFailures(r) {
			v.print(v.misses, line)
		}
	}
}
