package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// roleARN is the ARN of a role in the account of the endpoint's own key.
func roleARN(name string) string { return "arn:aws:iam::" + harness.AWSAccount + ":role/" + name }

// assumeRole opens a session of a role as a person with the endpoint's own key would.
func assumeRole(t *testing.T, endpoint, role string) aws.Credentials {
	t.Helper()
	client := sts.New(sts.Options{
		Region: harness.AWSRegion, BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAHARNESSADMIN0001", "harness-admin-key-of-no-real-account", ""),
	})
	output, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("person")})
	require.NoError(t, err)
	return aws.Credentials{
		AccessKeyID: *output.Credentials.AccessKeyId, SecretAccessKey: *output.Credentials.SecretAccessKey, SessionToken: *output.Credentials.SessionToken,
	}
}

// older makes count remote secrets old/0… with a previous version, and an ExternalSecret that reads those, which no batch can.
func (w *world) older(t *testing.T, count int) {
	t.Helper()
	var entries []string
	for i := range count {
		name := fmt.Sprintf("old/%d", i)
		w.aws.Put(t, name, "before")
		w.aws.Put(t, name, "after")
		entries = append(entries, fmt.Sprintf("{secretKey: k%d, remoteRef: {key: %s, version: AWSPREVIOUS}}", i, name))
	}
	w.apply(t, externalSecret("app", "data: ["+strings.Join(entries, ", ")+"]"))
}

func TestARoleIsAssumedOnceHoweverManyRequestsFollow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec  string
		roles []string // in the order in which they are to be assumed
	}{
		"a role":                      {"role: " + roleARN("reader"), []string{"reader"}},
		"a role by way of another":    {"additionalRoles: [" + roleARN("hop") + "], role: " + roleARN("reader"), []string{"hop", "reader"}},
		"a role by way of two others": {"additionalRoles: [" + roleARN("hop") + ", " + roleARN("skip") + "], role: " + roleARN("reader"), []string{"hop", "skip", "reader"}},
		"additional roles alone":      {"additionalRoles: [" + roleARN("hop") + "]", []string{"hop"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			const reads = 12
			w.apply(t, secretStore("store", test.spec))
			w.older(t, reads)
			source := "arn:aws:iam::" + harness.AWSAccount + ":user/admin"
			for _, role := range test.roles {
				w.aws.Role(t, harness.AWSRole{ARN: roleARN(role), Principals: []string{source}})
				source = roleARN(role) // the next one trusts this one only
			}

			p := w.pass(t).synced(t)
			assert.Equal(t, "before", w.data(t, "app")["k11"])
			assert.Equal(t, reads, w.aws.Counters(t).Count(harness.OpGetSecretValue))
			assert.Equal(t, len(test.roles), w.aws.Counters(t).Count(harness.OpAssumeRole))
			assert.Equal(t, map[string]int{"SecretsManager.GetSecretValue": reads, "STS.AssumeRole": len(test.roles)}, p.Report.Requests)
			var assumed []string
			for _, session := range w.aws.Sessions(t) {
				assumed = append(assumed, strings.TrimPrefix(session.Role, roleARN("")))
			}
			assert.Equal(t, test.roles, assumed)
			last := test.roles[len(test.roles)-1]
			require.Len(t, w.callers(t), 1)
			assert.Contains(t, w.callers(t)[0], ":assumed-role/"+last+"/")
		})
	}
}

func TestWhatARoleIsAssumedWith(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec       string
		externalID string
		tags       func(namespace string) map[string]string
		transitive []string
	}{
		"an external id": {spec: "externalID: x-42", externalID: "x-42"},
		"session tags, some of which pass on": {
			spec:       "sessionTags: [{key: team, value: payments}, {key: stage, value: test}], transitiveTagKeys: [team]",
			tags:       func(string) map[string]string { return map[string]string{"team": "payments", "stage": "test"} },
			transitive: []string{"team"},
		},
		"the tags of policy Simple, in place of one's own": {
			spec: "sessionTagsPolicy: Simple, sessionTags: [{key: team, value: payments}]",
			tags: func(namespace string) map[string]string {
				return map[string]string{"esoNamespace": namespace, "esoStoreName": "store", "esoStoreKind": "SecretStore"}
			},
		},
		"the tags of policy Custom, besides one's own": {
			spec: "sessionTagsPolicy: Custom, customSessionTags: {team: payments}",
			tags: func(namespace string) map[string]string {
				return map[string]string{"esoNamespace": namespace, "esoStoreName": "store", "esoStoreKind": "SecretStore", "team": "payments"}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.aws.Role(t, harness.AWSRole{ARN: roleARN("hop")})
			w.aws.Role(t, harness.AWSRole{ARN: roleARN("reader"), ExternalID: test.externalID})
			w.apply(t, secretStore("store", "additionalRoles: ["+roleARN("hop")+"], role: "+roleARN("reader")+", "+test.spec), externalSecret("app", dataOf("a")))
			w.pass(t).synced(t)

			sessions := w.aws.Sessions(t)
			require.Len(t, sessions, 2)
			assert.Empty(t, sessions[0].ExternalID, "additional roles get neither id nor tags")
			assert.Empty(t, sessions[0].Tags)
			assert.Equal(t, test.externalID, sessions[1].ExternalID)
			if test.tags != nil {
				assert.Equal(t, test.tags(w.namespace), sessions[1].Tags)
			} else {
				assert.Empty(t, sessions[1].Tags)
			}
			assert.Equal(t, test.transitive, sessions[1].Transitive)
		})
	}
}

func TestARoleThatDoesNotTrustTheCallerIsNamed(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		role harness.AWSRole
		spec string
	}{
		"another external id is asked for": {harness.AWSRole{ARN: roleARN("reader"), ExternalID: "right"}, "role: " + roleARN("reader") + ", externalID: wrong"},
		"another principal is trusted":     {harness.AWSRole{ARN: roleARN("reader"), Principals: []string{"arn:aws:iam::" + harness.AWSAccount + ":user/else"}}, "role: " + roleARN("reader")},
		"there is no such role":            {harness.AWSRole{ARN: roleARN("another")}, "role: " + roleARN("reader")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "a", "1")
			w.aws.Role(t, test.role)
			w.apply(t, secretStore("strict", test.spec), strings.Replace(externalSecret("app", dataOf("a")), "name: store", "name: strict", 1),
				awsStore, externalSecret("healthy", dataOf("a")))
			p := w.pass(t)
			assert.Equal(t, 1, p.Code)
			failed := p.of(t, "app")
			assert.Equal(t, "ProviderError", failed.Reason)
			for _, says := range []string{`SecretStore "strict"`, "AssumeRole", "AccessDenied", roleARN("reader"), "trust policy"} {
				assert.Contains(t, failed.Message, says)
			}
			assert.Equal(t, "created", p.of(t, "healthy").Outcome)
			assert.Equal(t, 1, w.aws.Counters(t).Count(harness.OpAssumeRole), "a refusal is not tried again")
		})
	}
}
