package restart

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/controller"
)

func TestCauses(t *testing.T) {
	result := func(outcome core.Outcome, secret string, changes write.Changes) core.Result {
		return core.Result{Namespace: "shop", Name: "es", Outcome: outcome, Secret: secret, Changes: changes}
	}
	changed, suspected := map[string]map[string]cause{"shop": {"db": {changed: true}}}, map[string]map[string]cause{"shop": {"db": {}}}
	for name, test := range map[string]struct {
		results []core.Result
		want    map[string]map[string]cause
	}{
		"a key that changed":       {[]core.Result{result(core.Updated, "db", write.Changes{Changed: []string{"a"}})}, changed},
		"a key that came":          {[]core.Result{result(core.Updated, "db", write.Changes{Added: []string{"a"}})}, changed},
		"a key that went":          {[]core.Result{result(core.Updated, "db", write.Changes{Removed: []string{"a"}})}, changed},
		"metadata alone":           {[]core.Result{result(core.Updated, "db", write.Changes{Metadata: true})}, map[string]map[string]cause{}},
		"what is as it was":        {[]core.Result{result(core.Unchanged, "db", write.Changes{})}, suspected},
		"what was not there":       {[]core.Result{result(core.Created, "db", write.Changes{Added: []string{"a"}})}, suspected},
		"what a controller did":    {[]core.Result{result(controller.Refreshed, "db", write.Changes{})}, suspected},
		"what failed":              {[]core.Result{result(core.Failed, "db", write.Changes{})}, map[string]map[string]cause{}},
		"what is gone":             {[]core.Result{result(core.Deleted, "db", write.Changes{Removed: []string{"a"}})}, map[string]map[string]cause{}},
		"what is no Secret":        {[]core.Result{result(core.Updated, "", write.Changes{Changed: []string{"a"}})}, map[string]map[string]cause{}},
		"one that two write, once": {[]core.Result{result(core.Updated, "db", write.Changes{Changed: []string{"a"}}), result(core.Unchanged, "db", write.Changes{})}, changed},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, causesOf(test.results)) })
	}
}

func TestJudge(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	later, before := noon.Add(time.Minute), noon.Add(-time.Minute)
	env, volume := []consumers.Use{{As: consumers.AsEnv}}, []consumers.Use{{As: consumers.AsVolume}, {As: consumers.AsPull}}
	changed, old := map[string]cause{"db": {changed: true}}, map[string]cause{"db": {at: &noon}}
	stale := []string{"web-1"}
	for name, test := range map[string]struct {
		causes   map[string]cause
		workload consumers.Workload
		want     Outcome // empty: there is nothing to say
		says     string
	}{
		"a Deployment, after a change":                       {changed, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env}, Restarted, ""},
		"a StatefulSet":                                      {changed, consumers.Workload{Group: "apps", Kind: "StatefulSet", Uses: env}, Restarted, ""},
		"a DaemonSet":                                        {changed, consumers.Workload{Group: "apps", Kind: "DaemonSet", Uses: env}, Restarted, ""},
		"one that follows by itself":                         {changed, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: volume}, "", ""},
		"one that was restarted before this change":          {changed, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env, Restarted: &later}, Restarted, ""},
		"no change, and no Pod that is older":                {old, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env, Pods: 3}, "", ""},
		"no change, and Pods that are older":                 {old, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env, Stale: stale}, Restarted, ""},
		"Pods that are older, and a restart before":          {old, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env, Stale: stale, Restarted: &before}, Restarted, ""},
		"Pods that are older, and a restart since":           {old, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env, Stale: stale, Restarted: &later}, Left, "1 of its Pods are not replaced yet"},
		"a paused Deployment":                                {changed, consumers.Workload{Group: "apps", Kind: "Deployment", Uses: env, Paused: true}, Failed, "kubectl rollout resume deployment.apps/web -n shop"},
		"Pods that only a person replaces":                   {changed, consumers.Workload{Group: "apps", Kind: "StatefulSet", Uses: env, OnDelete: true}, Left, "OnDelete: delete its Pods by hand"},
		"a CronJob":                                          {changed, consumers.Workload{Group: "batch", Kind: "CronJob", Uses: env}, Left, "the next Job"},
		"a Job":                                              {changed, consumers.Workload{Group: "batch", Kind: "Job", Uses: env}, Left, "make it anew"},
		"a ReplicaSet":                                       {changed, consumers.Workload{Group: "apps", Kind: "ReplicaSet", Uses: env}, Left, "delete its Pods"},
		"a kind of somebody else's":                          {changed, consumers.Workload{Group: "argoproj.io", Kind: "Rollout", Uses: env}, Left, "how a Rollout is restarted is not known"},
		"a Deployment of somebody else's, which is not ours": {changed, consumers.Workload{Group: "example.org", Kind: "Deployment", Uses: env}, Left, "not known"},
	} {
		t.Run(name, func(t *testing.T) {
			test.workload.Name = "web"
			steps := judge("shop", test.causes, map[string]consumers.Found{"db": {Workloads: []consumers.Workload{test.workload}}})
			if test.want == "" {
				assert.Empty(t, steps)
				return
			}
			if assert.Len(t, steps, 1) {
				assert.Equal(t, test.want, steps[0].Outcome)
				assert.Contains(t, steps[0].Message, test.says)
				assert.Equal(t, test.says == "", steps[0].Message == "")
			}
		})
	}
}

func TestAWorkloadOfSeveralSecretsIsJudgedOnce(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	web := consumers.Workload{Group: "apps", Kind: "Deployment", Name: "web", Uses: []consumers.Use{{As: consumers.AsEnvFrom}}}
	stale := web
	stale.Stale = []string{"web-1"}
	steps := judge("shop", map[string]cause{"tls": {changed: true}, "db": {changed: true}, "old": {at: &noon}}, map[string]consumers.Found{
		"tls": {Workloads: []consumers.Workload{web}}, "db": {Workloads: []consumers.Workload{web}}, "old": {Workloads: []consumers.Workload{stale}},
	})
	assert.Len(t, steps, 1)
	assert.Equal(t, "Secrets db, tls changed; Pods started before Secret old changed", steps[0].Why())
	assert.Equal(t, "deployment.apps/web", steps[0].Subject())
}

func TestPodsThatNothingMakesAnewAreTold(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	env := []consumers.Use{{As: consumers.AsEnv}}
	pods := []consumers.Pod{
		{Name: "bare", Uses: env, Outdated: []string{"app"}}, {Name: "fresh", Uses: env},
		{Name: "done", Uses: env, Outdated: []string{"app"}, Gone: true}, {Name: "mounts", Uses: []consumers.Use{{As: consumers.AsVolume}}},
		{Name: "web-1", Uses: env, Outdated: []string{"app"}, Workload: "deployment.apps/web"},
	}
	names := func(causes map[string]cause) (names []string) {
		for _, s := range judge("shop", causes, map[string]consumers.Found{"db": {Pods: pods}}) {
			assert.Equal(t, Left, s.Outcome)
			names = append(names, s.Subject())
		}
		return names
	}
	assert.Equal(t, []string{"pod/bare"}, names(map[string]cause{"db": {at: &noon}}))
	assert.Equal(t, []string{"pod/bare", "pod/fresh"}, names(map[string]cause{"db": {changed: true}}))
}
