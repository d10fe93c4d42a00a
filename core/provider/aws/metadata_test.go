package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestReadMetadata(t *testing.T) {
	tags := []map[string]string{{"Key": "team", "Value": "red"}, {"Key": "env", "Value": "prod <1>"}}
	const inOrder = `{"env":"prod \u003c1\u003e","team":"red"}`
	ofSecrets := func(*api.AWSProvider) {}
	for name, tc := range map[string]struct {
		service   func(*api.AWSProvider)
		operation string
		answer    reply
		want      string
		message   string
	}{
		"the tags of a secret are an object with sorted keys": {
			service: ofSecrets, operation: "DescribeSecret", answer: reply{Body: map[string]any{"Name": "k", "Tags": tags}}, want: inOrder,
		},
		"a secret without tags has an empty object": {
			service: ofSecrets, operation: "DescribeSecret", answer: reply{Body: map[string]any{"Name": "k"}}, want: `{}`,
		},
		"a secret that does not exist is not found": {
			service: ofSecrets, operation: "DescribeSecret", answer: refuse("ResourceNotFoundException", "no"), want: "[NotFound]",
			message: "DescribeSecret: ResourceNotFoundException: no",
		},
		"a secret that waits for its deletion is not found, although it has tags": {
			service: ofSecrets, operation: "DescribeSecret", answer: reply{Body: map[string]any{"Tags": tags, "DeletedDate": 1.7e9}}, want: "[NotFound]",
			message: "restore it",
		},
		"tags that may not be read are denied": {
			service: ofSecrets, operation: "DescribeSecret", answer: refuse("AccessDeniedException", "secretsmanager:DescribeSecret"), want: "[Denied]",
			message: "secretsmanager:DescribeSecret",
		},
		"the tags of a parameter are an object with sorted keys": {
			service: ofParameters, operation: "ListTagsForResource", answer: reply{Body: map[string]any{"TagList": tags}}, want: inOrder,
		},
		"a parameter without tags has an empty object": {
			service: ofParameters, operation: "ListTagsForResource", answer: reply{Body: map[string]any{"TagList": []string{}}}, want: `{}`,
		},
		"a parameter that does not exist is not found": {
			service: ofParameters, operation: "ListTagsForResource", answer: refuse("InvalidResourceId", "not valid"), want: "[NotFound]",
			message: "check remoteRef.key",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(call) reply { return tc.answer })
			answers := s.open(t, 1, tc.service).Read(t.Context(), []provider.Ref{{Key: "k", Metadata: true}})
			assert.Equal(t, []string{tc.want}, texts(answers))
			require.Equal(t, []string{tc.operation}, s.operations())
			asked := s.made()[0].JSON
			if tc.operation == "DescribeSecret" {
				assert.Equal(t, "k", asked.SecretID)
			} else {
				assert.Equal(t, []string{"Parameter", "k"}, []string{asked.ResourceType, asked.ResourceID})
			}
			if tc.message != "" {
				require.ErrorContains(t, answers[0].Err, tc.message)
			}
		})
	}
}
