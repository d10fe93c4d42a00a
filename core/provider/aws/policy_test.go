package aws

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// manifestOf is a SecretStore of the namespace shop with a spec of its own, in JSON.
func manifestOf(spec string) provider.Store {
	return provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "store", Consumer: "shop", Spec: json.RawMessage(spec)}
}

func TestGrantsForReading(t *testing.T) {
	const manager = `{"service":"SecretsManager","region":"eu-central-1"}`
	const parameters = `{"service":"ParameterStore","region":"eu-central-1"}`
	const secret, parameter = "arn:aws:secretsmanager:eu-central-1:*:secret:", "arn:aws:ssm:eu-central-1:*:parameter/"
	find := func(text string) []*api.Find {
		var f api.Find
		require.NoError(t, json.Unmarshal([]byte(text), &f))
		return []*api.Find{&f}
	}
	for name, tc := range map[string]struct {
		spec  string
		refs  []provider.Ref
		finds []*api.Find
		want  map[string][]string // resources by action
	}{
		"one secret takes no batch": {manager, refs("a"), nil, map[string][]string{"secretsmanager:GetSecretValue": {secret + "a-??????"}}},
		"two secrets are a batch": {manager, refs("a", "b"), nil, map[string][]string{
			"secretsmanager:BatchGetSecretValue": {"*"}, "secretsmanager:GetSecretValue": {secret + "a-??????", secret + "b-??????"}}},
		"an old version goes into no batch": {manager, []provider.Ref{{Key: "a"}, {Key: "a", Version: "AWSPREVIOUS"}}, nil,
			map[string][]string{"secretsmanager:GetSecretValue": {secret + "a-??????"}}},
		"tags": {manager, []provider.Ref{{Key: "a", Metadata: true}}, nil, map[string][]string{"secretsmanager:DescribeSecret": {secret + "a-??????"}}},
		"a search by a path": {manager, nil, find(`{"path":"shop/"}`), map[string][]string{
			"secretsmanager:BatchGetSecretValue": {"*"}, "secretsmanager:ListSecrets": {"*"}, "secretsmanager:GetSecretValue": {secret + "shop/*"}}},
		"a search by a name that begins plainly": {manager, nil, find(`{"name":{"regexp":"^db/.*"}}`), map[string][]string{
			"secretsmanager:BatchGetSecretValue": {"*"}, "secretsmanager:ListSecrets": {"*"}, "secretsmanager:GetSecretValue": {secret + "db/*"}}},
		"an ARN without its random characters": {manager, refs("arn:aws:secretsmanager:us-east-1:1:secret:a"), nil,
			map[string][]string{"secretsmanager:GetSecretValue": {"arn:aws:secretsmanager:us-east-1:1:secret:a-??????"}}},
		"an ARN that may have them": {manager, refs("arn:aws:secretsmanager:us-east-1:1:secret:a-AbCd12"), nil,
			map[string][]string{"secretsmanager:GetSecretValue": {"arn:aws:secretsmanager:us-east-1:1:secret:a-AbCd12", "arn:aws:secretsmanager:us-east-1:1:secret:a-AbCd12-??????"}}},
		"a key is no pattern, whoever wrote it": {manager, refs("*?${aws:username}"), nil,
			map[string][]string{"secretsmanager:GetSecretValue": {secret + "${*}${?}${$}{aws:username}-??????"}}},
		"China":                                {`{"service":"SecretsManager","region":"cn-north-1"}`, refs("a"), nil, map[string][]string{"secretsmanager:GetSecretValue": {"arn:aws-cn:secretsmanager:cn-north-1:*:secret:a-??????"}}},
		"the government":                       {`{"service":"SecretsManager","region":"us-gov-west-1"}`, refs("a"), nil, map[string][]string{"secretsmanager:GetSecretValue": {"arn:aws-us-gov:secretsmanager:us-gov-west-1:*:secret:a-??????"}}},
		"one parameter":                        {parameters, refs("/shop/a"), nil, map[string][]string{"ssm:GetParameter": {parameter + "shop/a"}}},
		"versions of a parameter are no batch": {parameters, []provider.Ref{{Key: "a"}, {Key: "a", Version: "2"}}, nil, map[string][]string{"ssm:GetParameter": {parameter + "a"}}},
		"parameters": {parameters, refs("/shop/a", "b:3"), nil, map[string][]string{
			"ssm:GetParameter": {parameter + "b", parameter + "shop/a"}, "ssm:GetParameters": {parameter + "b", parameter + "shop/a"}}},
		"a parameter's ARN and version": {parameters, refs("arn:aws:ssm:us-east-1:1:parameter/a:3"), nil, map[string][]string{"ssm:GetParameter": {"arn:aws:ssm:us-east-1:1:parameter/a"}}},
		"tags of a parameter":           {parameters, []provider.Ref{{Key: "/a", Metadata: true}}, nil, map[string][]string{"ssm:ListTagsForResource": {parameter + "a"}}},
		"a search below a path": {parameters, nil, find(`{"path":"/shop"}`), map[string][]string{
			"ssm:GetParametersByPath": {parameter + "shop", parameter + "shop/"}, "ssm:GetParameter": {parameter + "shop/*"}, "ssm:GetParameters": {parameter + "shop/*"}}},
		"a search for a name without a path": {parameters, nil, find(`{"name":{"regexp":"^db.*"}}`), map[string][]string{
			"ssm:GetParametersByPath": {parameter}, "ssm:GetParameter": {parameter + "db*"}, "ssm:GetParameters": {parameter + "db*"}}},
		"a search by tags": {parameters, nil, find(`{"tags":{"env":"x"}}`), map[string][]string{
			"ssm:DescribeParameters": {"*"}, "ssm:GetParameter": {parameter + "*"}, "ssm:GetParameters": {parameter + "*"}}},
	} {
		t.Run(name, func(t *testing.T) {
			grants, err := Grants([]provider.Wanted{{Store: manifestOf(tc.spec), Names: []string{"s"}, Refs: tc.refs, Finds: tc.finds}}, "")
			require.NoError(t, err)
			require.Len(t, grants, 1)
			assert.Equal(t, "the identity of the process", grants[0].Principal)
			got := map[string][]string{}
			for _, statement := range grants[0].Policy.Statement {
				for _, action := range statement.Action {
					got[action] = statement.Resource
				}
			}
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestGrantsForLoggingIn(t *testing.T) {
	const rest = `"service":"SecretsManager","region":"us-east-1"`
	chained := manifestOf(`{` + rest + `,"auth":{"jwt":{"serviceAccountRef":{"name":"sa"}}},"additionalRoles":["arn:aws:iam::1:role/hop"],"role":"arn:aws:iam::2:role/reader","sessionTagsPolicy":"Simple"}`)
	direct := manifestOf(`{` + rest + `,"auth":{"secretRef":{"accessKeyIDSecretRef":{"name":"keys","key":"id"},"secretAccessKeySecretRef":{"name":"keys","key":"key"}}},"role":"arn:aws:iam::2:role/reader"}`)
	grants, err := Grants([]provider.Wanted{{Store: chained, Names: []string{"chained"}, Refs: refs("a")}, {Store: direct, Names: []string{"direct"}, Refs: refs("a")}}, "3")
	require.NoError(t, err)
	allow := func(action []string, resource string) []Statement {
		return []Statement{{Effect: "Allow", Action: action, Resource: []string{resource}}}
	}
	assert.Equal(t, []Grant{
		{"arn:aws:iam::1:role/hop", []string{"chained"}, Policy{policyVersion, allow([]string{"sts:AssumeRole", "sts:TagSession"}, "arn:aws:iam::2:role/reader")}},
		{"arn:aws:iam::2:role/reader", []string{"chained", "direct"}, Policy{policyVersion,
			allow([]string{"secretsmanager:GetSecretValue"}, "arn:aws:secretsmanager:us-east-1:2:secret:a-??????")}},
		{"the role of service account shop/sa", []string{"chained"}, Policy{policyVersion, allow([]string{"sts:AssumeRole"}, "arn:aws:iam::1:role/hop")}},
		{"the user of the access key in Secret shop/keys", []string{"direct"}, Policy{policyVersion, allow([]string{"sts:AssumeRole"}, "arn:aws:iam::2:role/reader")}},
	}, grants, "the account is that of the role which reads, and one policy serves both stores")
}
