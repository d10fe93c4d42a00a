package core_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// nothing answers that a provider does not have the keys that begin with "no".
func nothing(key string) provider.Answer {
	if strings.HasPrefix(key, "no") {
		return provider.Answer{Err: &provider.Error{Kind: provider.NotFound, Op: "Read", Message: "there is none"}}
	}
	if key == "empty" {
		return provider.Answer{Value: secret.FromString("{}")}
	}
	return provider.Answer{Value: secret.FromString("v")}
}

func TestATemplateMattersOnlyWhereSomethingIsWritten(t *testing.T) {
	const broken = "template: {data: {k: '{{ .nowhere }}'}}"
	for name, tc := range map[string]struct{ spec, want, says string }{
		"the provider has nothing, under Delete": {
			"target: {deletionPolicy: Delete, " + broken + "}, data: [{secretKey: a, remoteRef: {key: nothing}}]", "unchanged", "secret deleted due to DeletionPolicy=Delete",
		},
		"the provider has an empty map, under Retain": {
			"target: {" + broken + "}, dataFrom: [{extract: {key: empty}}]", "unchanged", "secret retained due to DeletionPolicy=Retain",
		},
		"nothing is to be written": {
			"target: {creationPolicy: None, " + broken + "}, data: [{secretKey: a, remoteRef: {key: there}}]", "unchanged", "",
		},
		"there is nothing to merge into": {
			"target: {creationPolicy: Merge, " + broken + "}, data: [{secretKey: a, remoteRef: {key: there}}]", "skipped NoTarget", "secret will not be created due to CreationPolicy=Merge",
		},
		"but where it is used": {
			"target: {" + broken + "}, data: [{secretKey: a, remoteRef: {key: there}}]", "failed DataError", "nowhere",
		},
		"and where a Secret is kept without its source": {
			"target: {deletionPolicy: Merge, " + broken + "}, data: [{secretKey: a, remoteRef: {key: nothing}}]", "failed DataError", "nowhere",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{lists: map[string][]string{
				"secretstores": {shelfStore}, "externalsecrets": {"{metadata: {namespace: shop, name: app, uid: u}, spec: {secretStoreRef: {name: shelf}, " + tc.spec + "}}"},
			}}
			report := pass(t, s, &shelf{value: nothing})
			assert.Equal(t, map[string]string{"app": tc.want}, outcomes(report))
			assert.Contains(t, report.Results[0].Message, tc.says)
			assert.NotContains(t, strings.Join(s.writes, " "), "POST secrets")
		})
	}
}

func TestWhatIsDeletedAfterASearch(t *testing.T) {
	for name, tc := range map[string]struct {
		found   []string
		policy  string
		want    string
		message string
		warning string
	}{
		"fails the search under Retain":            {[]string{"a", "nob"}, "Retain", "failed ProviderError", `spec.dataFrom[0] (remote key "nob")`, ""},
		"is left out under the others":             {[]string{"a", "nob"}, "Merge", "created", "", `left out: spec.dataFrom[0] (remote key "nob")`},
		"is a search without a match, if all were": {[]string{"nob"}, "Delete", "unchanged", "secret deleted", "no remote secret matches"},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{lists: map[string][]string{
				"secretstores": {shelfStore},
				"externalsecrets": {"{metadata: {namespace: shop, name: app, uid: u}, spec: {secretStoreRef: {name: shelf}, target: {deletionPolicy: " + tc.policy +
					"}, dataFrom: [{find: {name: {regexp: x}}}]}}"},
			}}
			report := pass(t, s, &shelf{value: nothing, found: tc.found})
			require.Equal(t, map[string]string{"app": tc.want}, outcomes(report))
			assert.Contains(t, report.Results[0].Message, tc.message)
			assert.Contains(t, strings.Join(report.Results[0].Warnings, " "), tc.warning)
		})
	}
}
