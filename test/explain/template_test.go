package explain_test

import (
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// rendering arranges a template over the key "value" of the remote secret "plain".
func rendering(template string) func(t *testing.T, w *world) {
	return applying(store(), externalSecret("target: {template: "+template+"}, "+dataOf("plain")))
}

func TestTemplatesAreExplained(t *testing.T) {
	t.Parallel()
	explainAll(t, []fault{
		{
			name:    "a brace is missing",
			arrange: rendering(`{data: {url: "https://{{ .value }"}}`),
			step:    trace.Template, id: "TPL-53", owner: diagnose.App, says: []string{"spec.target.template.data", "url"},
		}, {
			name:    "a key has a dash",
			arrange: rendering(`{data: {url: "https://{{ .my-value }}"}}`),
			step:    trace.Template, id: "TPL-01", owner: diagnose.App, says: []string{"url"},
		}, {
			name:    "a key was not fetched",
			arrange: rendering(`{data: {url: "https://{{ .password }}"}}`),
			step:    trace.Template, id: "TPL-02", owner: diagnose.App, says: []string{"url", "password"},
		}, {
			name:    "a function is one of the first engine",
			arrange: rendering(`{data: {url: "{{ .value | base64decode }}"}}`),
			step:    trace.Template, id: "TPL-04", owner: diagnose.App, says: []string{"base64decode"},
		}, {
			name:    "a function is left out on purpose",
			arrange: rendering(`{data: {url: '{{ getHostByName "db.example" }}'}}`),
			step:    trace.Template, id: "TPL-03", owner: diagnose.App, says: []string{"getHostByName"},
		}, {
			name:    "a function does not work on the value",
			arrange: rendering(`{data: {url: '{{ .value | b64dec }}'}}`),
			step:    trace.Template, id: "TPL-07", owner: diagnose.App, says: []string{"b64dec"},
		}, {
			name:    "the ConfigMap of the template is missing",
			arrange: rendering(`{templateFrom: [{configMap: {name: templates, items: [{key: app}]}}]}`),
			step:    trace.Template, id: "TPL-50", owner: diagnose.App, says: []string{`"templates"`},
		}, {
			name:    "the result is not keys and values",
			arrange: rendering(`{templateFrom: [{literal: '{{ .value }}'}]}`),
			step:    trace.Template, id: "TPL-51", owner: diagnose.App,
		}, {
			name:    "the Secret would be a token to join the cluster",
			arrange: rendering(`{type: bootstrap.kubernetes.io/token}`),
			step:    trace.Rules, id: "TPL-52", owner: diagnose.App, says: []string{"spec.target.template.type"},
		},
	})
}
