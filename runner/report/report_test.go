package report

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

func failing(namespace, name, message string) core.Result {
	return core.Result{Namespace: namespace, Name: name, Outcome: core.Failed, Reason: core.ProviderError, Message: message, Made: time.Unix(1000, 0)}
}

func TestNewID(t *testing.T) {
	now := time.Date(2026, 11, 25, 13, 5, 0, 0, time.FixedZone("", 3600))
	assert.Regexp(t, `^20261125t120500\.[0-9]{3}z-[a-z0-9]{5}$`, NewID(now, resolve.Shard{}))
	assert.Regexp(t, `^20261125t120500\.[0-9]{3}z-[a-z0-9]{5}-2$`, NewID(now, resolve.Shard{Index: 2, Of: 4}))
}

func TestShapeOf(t *testing.T) {
	for message, want := range map[string]string{
		`spec.data[0] (remote key "prod/db"): Read: there is none`:          `spec.data[*] (remote key "*"): Read: there is none`,
		`spec.dataFrom[12].find: search: denied`:                            `spec.dataFrom[*].find: search: denied`,
		`User: arn:aws:iam::123456789012:user/x is not authorized`:          `User: * is not authorized`,
		`dial tcp 127.0.0.1:4566: connection refused`:                       `dial tcp *: connection refused`,
		`it said "a \"quoted\" word", twice`:                                `it said "*", twice`,
		`spec.refreshInterval "1d" is not a duration: such as 24h or 1h30m`: `spec.refreshInterval "*" is not a duration: such as * or *`,
		"nothing in particular":                                             "nothing in particular",
		"":                                                                  "",
	} {
		assert.Equal(t, want, shapeOf(message), message)
	}
}

func TestAdd(t *testing.T) {
	synced := time.Unix(5000, 0)
	var run Run
	run.Add(core.Report{
		Results: []core.Result{
			failing("shop", "a", `no "a"`), failing("shop", "b", `no "b"`), failing("shop", "c", "throttled"),
			{Namespace: "shop", Name: "fine", Outcome: core.Created},
			{Namespace: "shop", Name: "unreached", Outcome: core.Skipped, Reason: core.Stopped, LastSync: synced, Made: time.Unix(1, 0)},
			{Namespace: "shop", Name: "resting", Outcome: core.Skipped, Reason: core.NotDue, LastSync: time.Unix(2, 0), Made: time.Unix(1, 0)},
		},
		Requests: map[string]int{"Shelf.Read": 2}, Stores: []core.StoreUse{{Store: "s", Requests: 2, MaxSeconds: 1, TotalSeconds: 1.5}},
		Removals: core.Removals{Secrets: 10, Allowed: 3}, Notes: []string{"a note"},
	}, false)
	assert.Equal(t, 6, run.Total)
	assert.Equal(t, map[core.Outcome]int{core.Failed: 3, core.Created: 1, core.Skipped: 2}, run.Outcomes)
	assert.Equal(t, []Cause{
		{Reason: core.ProviderError, Message: `no "*"`, Count: 2, Example: "shop/a"}, {Reason: core.ProviderError, Message: "throttled", Count: 1, Example: "shop/c"},
	}, run.Causes)
	assert.Len(t, run.Results, 3, "the failures")
	names := func() (all []string) {
		for _, s := range run.Stalest {
			all = append(all, s.Name)
		}
		return all
	}
	assert.Equal(t, []string{"a", "b", "c", "unreached"}, names(), "never synced first")
	assert.Nil(t, run.Stalest[0].LastSync)
	assert.Equal(t, synced, run.Stalest[3].Since)

	run.AddLinger(core.Report{
		Results:  []core.Result{{Namespace: "shop", Name: "a", Outcome: core.Created}, failing("shop", "b", "throttled")},
		Requests: map[string]int{"Shelf.Read": 1}, Stores: []core.StoreUse{{Store: "s", Requests: 1, MaxSeconds: 3, TotalSeconds: 3}, {Store: "idle"}},
		Removals: core.Removals{Secrets: 1, Allowed: 3, Made: 1}, Notes: []string{"a note"},
	}, false)
	assert.Equal(t, 6, run.Total, "that of the pass")
	assert.Equal(t, &Linger{Passes: 1, Outcomes: map[core.Outcome]int{core.Created: 1, core.Failed: 1}}, run.Linger)
	assert.Equal(t, []Cause{{Reason: core.ProviderError, Message: "throttled", Count: 2, Example: "shop/c"}}, run.Causes)
	assert.Equal(t, []string{"b", "c", "unreached"}, names())
	assert.Equal(t, map[string]int{"Shelf.Read": 3}, run.Requests)
	assert.Equal(t, []core.StoreUse{{Store: "s", Requests: 3, MaxSeconds: 3, TotalSeconds: 4.5}}, run.Stores)
	assert.Equal(t, core.Removals{Secrets: 10, Allowed: 3, Made: 1}, run.Removals)
	assert.Equal(t, []string{"a note"}, run.Notes)
}

func TestBrief(t *testing.T) {
	run := Run{ID: "id", Error: "stopped by a signal"}
	assert.Equal(t, "run id: stopped by a signal; no ExternalSecrets in 0.0 s", run.Brief())
	var results []core.Result
	for i := range 200 {
		results = append(results, failing("shop", fmt.Sprint("es-", i), strings.Repeat("ü", i)+"\x1b[J\n"))
	}
	run.Add(core.Report{Results: results}, false)
	text := run.Brief()
	assert.LessOrEqual(t, len(text), 4096)
	assert.True(t, strings.HasSuffix(text, "..."), "%q", text)
	assert.NotContains(t, text, "\x1b")
	assert.NotContains(t, text, "\n")
	assert.NotContains(t, text, "\uFFFD")
}

func TestHistoryIsBounded(t *testing.T) {
	run := &Run{ID: "20260101t000000.000z-aaaaa"}
	var results []core.Result
	for i := range 5000 {
		results = append(results, failing("shop", fmt.Sprint("es-", i), strings.Repeat("x", 900)))
	}
	run.Add(core.Report{Results: results}, false)
	h := &History{Keep: 10, Shards: 4}
	entry, err := h.encode(run)
	require.NoError(t, err)
	assert.LessOrEqual(t, len(entry), historyBytes/40)
	var kept Run
	require.NoError(t, json.Unmarshal([]byte(entry), &kept))
	assert.Equal(t, 5000, kept.LeftOut+len(kept.Results))
	assert.NotEmpty(t, kept.Results)
	assert.Equal(t, 5000, kept.Causes[0].Count)
	assert.Len(t, run.Results, 5000, "the run itself is as it was")

	t.Run("by the runs of each shard", func(t *testing.T) {
		h := &History{Keep: 2, Shards: 2}
		data := map[string]string{}
		for _, id := range []string{"1-a-0", "2-a-0", "3-a-0", "1-b-1", "2-b-1", "3-c", "4-c", "5-c"} {
			data[id] = "{}"
		}
		h.drop(data)
		assert.Equal(t, map[string]string{"2-a-0": "{}", "3-a-0": "{}", "1-b-1": "{}", "2-b-1": "{}", "4-c": "{}", "5-c": "{}"}, data)
	})
	t.Run("by size, whatever others have left there", func(t *testing.T) {
		h := &History{Keep: 10, Shards: 1}
		data := map[string]string{"1-a": strings.Repeat("x", historyBytes), "2-a": "{}", "3-a": strings.Repeat("x", historyBytes-100)}
		h.drop(data)
		assert.Len(t, data, 2)
		assert.NotContains(t, data, "1-a")
	})
}
