package rewrite_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// FuzzRewrite looks for a panic, a hang, a result that differs from run to run, and a value in an error.
func FuzzRewrite(f *testing.F) {
	f.Add("^(.*)/", "$1-", "{{ .value | upper }}", "a/b", `{"a":1,"b":{"c":"d"}}`, "x", `{"a":"z"}`, true)
	f.Add("", "x", "{{ range 9999999 }}{{ end }}", "", "null", "y", "[]", false)
	f.Add("(?i)a|b*", "${0}$9", `{{ regexReplaceAll "." .value "$0$0" }}`, "abba", "{}", "b", `{"k":1e999}`, true)
	f.Fuzz(func(t *testing.T, source, target, template, key1, value1, key2, value2 string, json bool) {
		in := texts{key1: value1, key2: value2}
		op := api.RewriteMerge{ConflictPolicy: api.RewriteMergeConflictIgnore, Priority: []string{key1}}
		if json {
			op.Strategy, op.Into = api.RewriteMergeJSON, key2
		}
		for _, ops := range [][]api.Rewrite{{replace(source, target), transform(template)}, merge(op), append(merge(op), replace(source, target))} {
			begin := time.Now()
			got, err := apply(ops, in)
			assert.Less(t, time.Since(begin), 30*time.Second)
			if strings.Contains(template, "{{") {
				continue // it can call a function whose result differs
			}
			again, errAgain := apply(ops, in)
			assert.Equal(t, got, again)
			assert.Equal(t, err, errAgain)
		}
	})
}
