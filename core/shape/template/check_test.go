package template_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
)

func TestCheck(t *testing.T) {
	const token, account = "kubernetes.io/service-account-token", "kubernetes.io/service-account.name"
	named := api.TemplateMetadata{Annotations: texts{account: "default"}}
	for name, tc := range map[string]struct {
		template api.Template
		want     string // empty if it is allowed
	}{
		"an empty template":                            {api.Template{}, ""},
		"a token of a ServiceAccount":                  {api.Template{Type: token, Metadata: named}, "spec.target.template.metadata.annotations[" + account + "] is refused with type " + token},
		"an annotation alone":                          {api.Template{Metadata: named}, ""},
		"an annotation on another type":                {api.Template{Type: "Opaque", Metadata: named}, ""},
		"the type without the annotation":              {api.Template{Type: token}, ""},
		"annotations that a template makes":            {api.Template{Type: token, TemplateFrom: []api.TemplateFrom{literal("a: b"), into("Annotations", literal("a: b"))}}, "spec.target.template.templateFrom[1].target Annotations is refused with type " + token},
		"annotations in another case":                  {api.Template{Type: token, TemplateFrom: []api.TemplateFrom{into("aNNOTATIONS", literal("a: b"))}}, "spec.target.template.templateFrom[0].target aNNOTATIONS is refused"},
		"labels that a template makes":                 {api.Template{Type: token, TemplateFrom: []api.TemplateFrom{into("Labels", literal("a: b"))}}, ""},
		"a bootstrap token":                            {api.Template{Type: "bootstrap.kubernetes.io/token"}, "spec.target.template.type bootstrap.kubernetes.io/token is refused: such a Secret is a token to join the cluster"},
		"a target in another case":                     {api.Template{TemplateFrom: []api.TemplateFrom{into("dATA", literal("a: b"))}}, ""},
		"a target that a Secret does not have":         {api.Template{TemplateFrom: []api.TemplateFrom{into("spec", literal("a: b"))}}, `spec.target.template.templateFrom[0].target "spec" is none of Data, Labels and Annotations`},
		"a target that is almost one":                  {api.Template{TemplateFrom: []api.TemplateFrom{into("Data ", literal("a: b"))}}, `spec.target.template.templateFrom[0].target "Data " is none of`},
		"an annotation whose key is written otherwise": {api.Template{Type: token, Metadata: api.TemplateMetadata{Annotations: texts{"kubernetes.io/Service-Account.name": "x"}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := template.Check(&tc.template)
			_, rendered := template.Render(&tc.template, nil, nil)
			if tc.want == "" {
				require.NoError(t, err)
				assert.NoError(t, rendered)
				return
			}
			require.ErrorContains(t, err, tc.want)
			assert.Equal(t, err, rendered, "what is refused is not rendered either")
		})
	}
}

func TestNeeds(t *testing.T) {
	other := api.TemplateFrom{ConfigMap: &api.TemplateRef{Name: "other"}}
	both := fromSecret()
	both.ConfigMap = &api.TemplateRef{Name: "tpl"}
	got := template.Needs(&api.Template{TemplateFrom: []api.TemplateFrom{both, literal("a: b"), other, configMap(), fromSecret()}})
	assert.Equal(t, []template.ObjectRef{
		{Kind: template.KindConfigMap, Name: "tpl"}, {Kind: template.KindSecret, Name: "tpl"}, {Kind: template.KindConfigMap, Name: "other"},
	}, got)
	assert.Empty(t, template.Needs(&api.Template{Data: texts{"a": "b"}}))
}
