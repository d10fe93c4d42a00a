package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// awsPolicies is what `rbac --cloud=aws` prints, field by field as its users read it.
type awsPolicies struct {
	Kind  string `json:"kind"`
	Items []struct {
		Principal string   `json:"principal"`
		Stores    []string `json:"stores"`
		Policy    struct {
			Version   string `json:"Version"`
			Statement []struct {
				Effect   string   `json:"Effect"`
				Action   []string `json:"Action"`
				Resource []string `json:"Resource"`
			} `json:"Statement"`
		} `json:"policy"`
	} `json:"items"`
}

// TestThePoliciesThatRBACPrintsAreWhatAPassNeedsOfAWS limits everybody at the endpoint to what is printed, makes a pass, and sees
// that each of them has used each of the actions.
func TestThePoliciesThatRBACPrintsAreWhatAPassNeedsOfAWS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.federate(t)
	bob, keys := w.user(t, "bob", "keys", "")
	w.aws.Role(t, harness.AWSRole{ARN: roleARN("hop")})
	w.aws.Role(t, harness.AWSRole{ARN: roleARN("reader"), Principals: []string{roleARN("hop")}})
	w.aws.Seed(t, map[string]string{"shop/a": "1", "shop/b": "2", "shop/c": "before", "found/x": "3", "other": "4"})
	w.aws.Put(t, "shop/c", "after")
	var entries []string
	for _, name := range strings.Split("abcdefghi", "") { // with those that are found a batch, and one alone
		w.aws.PutParameter(t, "/shop/"+name, "of "+name)
		entries = append(entries, "{secretKey: "+name+", remoteRef: {key: /shop/"+name+"}}")
	}
	w.aws.PutParameter(t, "/tree/leaf", "5")
	w.aws.SeedParameters(t, []harness.AWSParameter{{Name: "/tagged/one", Value: "6", Tags: map[string]string{"env": "x"}}})
	named := func(name, store, spec string) string {
		return strings.Replace(externalSecret(name, spec), "name: store", "name: "+store, 1)
	}
	w.apply(t, awsStore, serviceAccount(roleAnnotation()), secretStore("irsa", asApp), keys, secretStore("keyed", keysIn("")),
		strings.Replace(secretStore("chained", "additionalRoles: ["+roleARN("hop")+"], role: "+roleARN("reader")+", sessionTags: [{key: team, value: shop}]"),
			"SecretsManager", "ParameterStore", 1),
		externalSecret("app", `data: [{secretKey: a, remoteRef: {key: shop/a}}, {secretKey: b, remoteRef: {key: shop/b}},
			{secretKey: c, remoteRef: {key: shop/c, version: AWSPREVIOUS}}, {secretKey: tags, remoteRef: {key: shop/a, metadataPolicy: Fetch}}],
			dataFrom: [{find: {name: {regexp: ^found/}}}]`),
		named("irsa", "irsa", dataOf("shop/a")), named("keyed", "keyed", dataOf("shop/b")),
		named("params", "chained", "data: ["+strings.Join(entries, ", ")+", {secretKey: tags, remoteRef: {key: /shop/a, metadataPolicy: Fetch}}], "+
			"dataFrom: [{find: {path: /tree}}, {find: {path: /tagged, tags: {env: x}}}]"))

	printed := w.plugin(t, "rbac", "--cloud=aws", "--aws-account="+harness.AWSAccount, "-o", "json")
	require.Zero(t, printed.Code, printed.Stderr)
	assert.Contains(t, printed.Stderr, "kms:Decrypt")
	var policies awsPolicies
	require.NoError(t, json.Unmarshal([]byte(printed.Stdout), &policies))
	assert.Equal(t, "AWSPolicyList", policies.Kind)
	admin := "arn:aws:iam::" + harness.AWSAccount + ":user/admin"
	principals := map[string]string{
		"the identity of the process":                                   admin,
		"the role of service account " + w.namespace + "/app":           roleARN("federated"),
		"the user of the access key in Secret " + w.namespace + "/keys": bob,
		roleARN("hop"): roleARN("hop"), roleARN("reader"): roleARN("reader"),
	}
	require.Len(t, policies.Items, len(principals))
	granted := map[string]bool{} // "PRINCIPAL ACTION"
	for _, item := range policies.Items {
		principal := principals[item.Principal]
		require.NotEmpty(t, principal, item.Principal)
		for _, statement := range item.Policy.Statement {
			for _, action := range statement.Action {
				granted[principal+" "+action] = true
				for _, resource := range statement.Resource {
					w.aws.Permit(t, principal, action, resource)
				}
			}
		}
	}

	p := w.pass(t).synced(t)
	assert.Empty(t, p.Report.Notes, "nothing falls back")
	assert.Len(t, w.data(t, "params"), 12)
	used := map[string]bool{}
	for arn, operations := range w.aws.Counters(t).Principals {
		principal := arn
		if _, session, ok := strings.Cut(arn, ":assumed-role/"); ok {
			role, _, _ := strings.Cut(session, "/")
			principal = roleARN(role)
		}
		for operation := range operations {
			if principal != "" {
				used[fmt.Sprintf("%s %s", principal, strings.Replace(operation, ".", ":", 1))] = true
			}
		}
	}
	delete(granted, roleARN("hop")+" sts:TagSession") // is no operation: the endpoint judges it with AssumeRole
	assert.Equal(t, used, granted)

	w.apply(t, externalSecret("more", dataOf("other")), named("more-of-bobs", "keyed", dataOf("shop/a")))
	p = w.pass(t)
	for _, name := range []string{"more", "more-of-bobs"} {
		assert.Contains(t, p.of(t, name).Message, "AccessDenied", "it is not in the policy yet")
	}
}
