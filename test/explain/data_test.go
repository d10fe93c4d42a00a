package explain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// holding arranges the remote secret "a", and an ExternalSecret with the rest of its spec.
func holding(value, spec string) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.aws.SeedAll(t, []harness.AWSSecret{{Name: "a", String: text(value)}})
		w.apply(t, store(), externalSecret(spec))
	}
}

func TestValuesThatAreNotWhatIsWantedAreExplained(t *testing.T) {
	t.Parallel()
	const (
		encoded = "Y2FuYXJ5LXZhbHVlLVhRN3ZUejFrOQ==" // canary in base64
		decoded = "{key: a, decodingStrategy: Base64}"
	)
	property := func(name string) map[trace.Step][]string {
		return map[trace.Step][]string{trace.Read: {"spec.data[0]: a: read"}, trace.Property: {"spec.data[0]: property " + name}}
	}
	explainAll(t, []fault{
		{
			name:    "there is no such property",
			arrange: holding(`{"user": "`+canary+`"}`, "data: [{secretKey: k, remoteRef: {key: a, property: username}}]"),
			step:    trace.Property, id: "DAT-50", owner: diagnose.App, shows: property("username"), says: []string{"spec.data[0]", `"username"`},
		}, {
			name:    "a key with dots is taken for a path into it",
			arrange: holding(`{"application.yml": {"password": "`+canary+`"}}`, "data: [{secretKey: k, remoteRef: {key: a, property: application.yml.password}}]"),
			step:    trace.Property, id: "DAT-50", owner: diagnose.App, shows: property("application.yml.password"),
		}, {
			name:    "a property inside of another is asked for by its own name",
			arrange: holding(`{"db": {"password": "`+canary+`"}}`, "data: [{secretKey: k, remoteRef: {key: a, property: password}}]"),
			step:    trace.Property, id: "DAT-50", owner: diagnose.App, shows: property("password"),
		}, {
			name:    "a property of a value that is no JSON",
			arrange: holding(canary, "data: [{secretKey: k, remoteRef: {key: a, property: user}}]"),
			step:    trace.Property, id: "DAT-02", owner: diagnose.App, shows: property("user"),
		}, {
			name:    "all keys of a value that is a list",
			arrange: holding(`["`+canary+`"]`, "dataFrom: [{extract: {key: a}}]"),
			step:    trace.Property, id: "DAT-02", owner: diagnose.App, says: []string{"spec.dataFrom[0]"},
		}, {
			name:    "a plain text is decoded",
			arrange: holding(canary, "data: [{secretKey: k, remoteRef: "+decoded+"}]"),
			step:    trace.Decoding, id: "DAT-03", owner: diagnose.App, says: []string{"spec.data[0]", "Base64"},
			shows: map[trace.Step][]string{trace.Decoding: {"spec.data[0]: Base64"}},
		}, {
			name: "a value is decoded by the entry and once more by the template",
			arrange: holding(encoded, "data: [{secretKey: k, remoteRef: "+decoded+"}], "+
				"target: {template: {data: {k: '{{ .k | b64dec }}'}}}"),
			step: trace.Template, id: "TPL-07", owner: diagnose.App, says: []string{"b64dec"},
		}, {
			name:    "a value has null bytes",
			arrange: holding("canary-value\x00-XQ7vTz1k9", "data: [{secretKey: k, remoteRef: {key: a, nullBytePolicy: Fail}}]"),
			step:    trace.Decoding, id: "DAT-52", owner: diagnose.App, says: []string{"spec.data[0]"},
		}, {
			name:    "a key is none that a Secret can have",
			arrange: holding(`{"clé": "`+canary+`"}`, "dataFrom: [{extract: {key: a}}]"),
			step:    trace.Rewrite, id: "DAT-05", owner: diagnose.App, says: []string{"spec.dataFrom[0]", "clé"},
		}, {
			name:    "a rewrite gives a key that no Secret can have",
			arrange: holding(`{"user": "`+canary+`"}`, "dataFrom: [{extract: {key: a}, rewrite: [{regexp: {source: '^', target: 'app/'}}]}]"),
			step:    trace.Rewrite, id: "DAT-05", owner: diagnose.App, says: []string{"spec.dataFrom[0]", "app/user"},
		}, {
			name:    "a rewrite means a group that is not there",
			arrange: holding(`{"user": "`+canary+`"}`, "dataFrom: [{extract: {key: a}, rewrite: [{regexp: {source: '(.*)', target: '$1_X'}}]}]"),
			step:    trace.Rewrite, id: "DAT-54", owner: diagnose.App, says: []string{"spec.dataFrom[0]", "${1}_X"},
			shows: map[trace.Step][]string{trace.Rewrite: {"spec.dataFrom[0]: 1 rule"}},
		}, {
			name:    "a rewrite has an expression that can't be read",
			arrange: holding(`{"user": "`+canary+`"}`, "dataFrom: [{extract: {key: a}, rewrite: [{regexp: {source: '(', target: x}}]}]"),
			step:    trace.Rewrite, id: "DAT-54", owner: diagnose.App, says: []string{"spec.dataFrom[0]", "rewrite[0].regexp.source"},
		}, {
			name:    "two keys become one",
			arrange: holding(`{"a/b": "`+canary+`", "a:b": "`+canary+`2"}`, "dataFrom: [{extract: {key: a}}]"),
			step:    trace.Rewrite, id: "DAT-53", owner: diagnose.App, says: []string{"spec.dataFrom[0]"},
		}, {
			name:    "the values are too large for a Secret",
			arrange: tooMuch,
			step:    trace.Target, id: "DAT-57", owner: diagnose.App, says: []string{"1048576"},
		},
	})
}

// tooMuch arranges 17 remote secrets, each of the 64 KiB that AWS takes at most, for one Secret.
func tooMuch(t *testing.T, w *world) {
	t.Helper()
	var entries []string
	for i := range 17 {
		name := fmt.Sprintf("large/%d", i)
		w.aws.Put(t, name, strings.Repeat(canary, (64<<10)/len(canary)))
		entries = append(entries, fmt.Sprintf("{secretKey: key-%d, remoteRef: {key: %s}}", i, name))
	}
	w.apply(t, store(), externalSecret("data: ["+strings.Join(entries, ", ")+"]"))
}
