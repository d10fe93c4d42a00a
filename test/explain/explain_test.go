// Package explain_test makes faults, each for real, on an API server and on an endpoint that speaks AWS, and has the built plugin
// explain them: the step at which an ExternalSecret fails, the cause, whose task it is, and the exit code. How the pipeline comes to a
// failure, and what is known of causes, is tested beside them.
package explain_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// fault is what is wrong with the ExternalSecret "app", and what must be said about it.
type fault struct {
	name string
	// arrange makes everything: the store, the ExternalSecret, the fault.
	arrange func(t *testing.T, w *world)
	step    trace.Step
	id      string
	owner   string
	// says are parts of the error. NAMESPACE in them is the world's.
	says []string
	// shows are parts of the evidence of a step, "name: value".
	shows map[trace.Step][]string
}

// explanation is what the plugin prints, as programs read it.
type explanation struct {
	harness.Result
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	} `json:"metadata"`
	Healthy   bool       `json:"healthy"`
	Failed    trace.Step `json:"failed"`
	Error     string     `json:"error"`
	Diagnosis *struct {
		ID    string `json:"id"`
		Cause string `json:"cause"`
		Check string `json:"check"`
		Fix   string `json:"fix"`
		Owner string `json:"owner"`
		Retry string `json:"retry"`
	} `json:"diagnosis"`
	Steps []struct {
		Step     trace.Step  `json:"step"`
		State    trace.State `json:"state"`
		Message  string      `json:"message"`
		Evidence []struct {
			Name  string `json:"name"`
			Value string `json:"value"`
		} `json:"evidence"`
	} `json:"steps"`
}

// explainAll makes each fault in a world of its own and requires that it is explained.
func explainAll(t *testing.T, faults []fault) {
	t.Helper()
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			f.arrange(t, w)
			w.requireExplained(t, f)
		})
	}
}

// requireExplained requires that the ExternalSecret "app" of the world is explained as the fault says.
func (w *world) requireExplained(t *testing.T, f fault) {
	t.Helper()
	e := w.explain(t, "app")
	require.Equal(t, 1, e.Code, "exit code: it is broken\n%s%s", e.Stdout, e.Stderr)
	assert.False(t, e.Healthy)
	require.NotNil(t, e.Diagnosis, e.Stdout)
	assert.Equal(t, [3]string{string(f.step), f.id, f.owner}, [3]string{string(e.Failed), e.Diagnosis.ID, e.Diagnosis.Owner},
		"step, cause, owner of: %s", e.Error)
	for _, part := range []string{e.Diagnosis.Cause, e.Diagnosis.Check, e.Diagnosis.Fix, e.Diagnosis.Retry} {
		assert.NotEmpty(t, part, e.Stdout)
	}
	assert.NotRegexp(t, `(^|[\s:/])(NAME|NAMESPACE|TARGET|SUBJECT|CREDENTIALS)\b`, e.Diagnosis.Check, "what is explained is known by its names")
	for _, says := range f.says {
		assert.Contains(t, e.Error, strings.ReplaceAll(says, "NAMESPACE", w.namespace))
	}
	for step, shows := range f.shows {
		for _, fact := range shows {
			assert.Contains(t, e.evidence(step), strings.ReplaceAll(fact, "NAMESPACE", w.namespace), "evidence of %s", step)
		}
	}
	for _, taken := range e.Steps {
		assert.Contains(t, statesAround(f, taken.Step), taken.State, "%s fails, and %s: %s", e.Failed, taken.Step, taken.Message)
	}
}

// statesAround are the states that a step may have beside what a fault makes of them.
func statesAround(f fault, step trace.Step) []trace.State {
	taken := []trace.State{trace.OK, trace.Warning, trace.Skipped}
	switch {
	case step == f.step:
		return []trace.State{trace.Failed}
	case step == trace.Recorded && f.step == trace.Object:
		return append(taken, trace.NotReached) // there may be nothing to read it from
	case step == trace.Recorded, f.step == trace.Due, f.step == trace.Recorded:
		return taken // what was recorded fails for itself, and is read whatever fails now
	case step == trace.Object, step.Index() < f.step.Index():
		return taken
	default:
		return []trace.State{trace.NotReached}
	}
}

// explain has an ExternalSecret explained.
func (w *world) explain(t *testing.T, name string) explanation {
	t.Helper()
	e := explanation{Result: w.run(t, name)}
	require.NoError(t, json.Unmarshal([]byte(e.Stdout), &e), "%s%s", e.Stdout, e.Stderr)
	assert.Equal(t, []string{"externalsecret.kubectl/v1", "ExternalSecretExplanation", w.namespace, name},
		[]string{e.APIVersion, e.Kind, e.Metadata.Namespace, e.Metadata.Name})
	return e
}

// run runs explain for programs. No secret may be seen, and nothing may be written, whatever comes of it.
func (w *world) run(t *testing.T, args ...string) harness.Result {
	t.Helper()
	before := w.stored(t)
	r := harness.Run(t, w.environment, pluginPath(t), slices.Concat([]string{"explain", "--namespace", w.namespace, "--output", "json"}, w.flags, args)...)
	assert.Equal(t, before, w.stored(t), "explain writes nothing")
	secrets := append(harness.Canaries{canary, "harness-admin-key-of-no-real-account"}, w.secrets...)
	secrets.RequireNone(t, "standard output", r.Stdout)
	secrets.RequireNone(t, "standard error", r.Stderr)
	for _, opening := range []string{"eyJ", "fake-session-"} {
		assert.NotContains(t, r.Stdout+r.Stderr, opening, "no part of a token")
	}
	return r
}

// evidence is that of a step, a fact in each line.
func (e explanation) evidence(step trace.Step) string {
	var lines strings.Builder
	for _, taken := range e.Steps {
		if taken.Step == step {
			for _, fact := range taken.Evidence {
				lines.WriteString(fact.Name + ": " + fact.Value + "\n")
			}
		}
	}
	return lines.String()
}

// pluginPath is the path of the plugin.
func pluginPath(t *testing.T) string {
	t.Helper()
	return harness.Build(t, "./cmd/kubectl-externalsecret")
}
