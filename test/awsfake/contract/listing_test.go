package contract_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

func by(key string, values ...string) types.Filter {
	return types.Filter{Key: types.FilterNameStringType(key), Values: values}
}

func listing() []sentence {
	filtered := func(says string, want []string, filters ...types.Filter) sentence {
		return sentence{says, func(t *testing.T, s *server) { checkFilters(t, s, want, filters) }}
	}
	return []sentence{
		filtered("a name filter is a prefix", []string{"Alpha", "Alps"}, by("name", "Al")),
		filtered("a name filter minds the case", []string{"alto"}, by("name", "al")),
		filtered("of a filter's values one is enough", []string{"Alps", "beta"}, by("name", "Alp", "b"), by("name", "!Alpha")),
		filtered("several filters must all match", []string{"Alpha"}, by("name", "Al"), by("tag-key", "env")),
		filtered("a tag key filter is a prefix", []string{"Alpha", "beta"}, by("tag-key", "en")),
		filtered("a tag key filter minds the case", []string{}, by("tag-key", "En")),
		filtered("a tag value filter is a prefix", []string{"Alpha"}, by("tag-value", "pro")),
		filtered("a tag key and a tag value filter are not about the same tag", []string{"beta"}, by("tag-key", "env"), by("tag-value", "red")),
		filtered("a description filter does not mind the case", []string{"alto"}, by("description", "the deep")),
		filtered("an all filter finds the words of tags", []string{"Alps", "beta"}, by("all", "red")),
		filtered("an all filter finds the beginnings of a description's words", []string{"alto"}, by("all", "dee")),
		filtered("a name filter with an exclamation mark keeps what does not match", []string{"beta"}, by("name", "!A"), by("name", "!a")),
		{"a filter of an unknown kind is a validation error", func(t *testing.T, s *server) {
			_, err := s.secrets().ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{Filters: []types.Filter{by("colour", "red")}})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		{"a list comes in pages until there is no token", func(t *testing.T, s *server) {
			prefix := name("")
			for _, n := range []string{"a", "b", "c"} {
				s.create(t, prefix+n, "1")
			}
			in := &secretsmanager.ListSecretsInput{Filters: []types.Filter{by("name", prefix)}, MaxResults: aws.Int32(2)}
			first, err := s.secrets().ListSecrets(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, first.SecretList, 2)
			in.NextToken = first.NextToken
			second, err := s.secrets().ListSecrets(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, second.SecretList, 1)
			require.Nil(t, second.NextToken)
			require.NotContains(t, []string{*first.SecretList[0].Name, *first.SecretList[1].Name}, *second.SecretList[0].Name)
		}},
		{"a list leaves out what is pending deletion unless asked for", func(t *testing.T, s *server) {
			prefix := name("")
			s.create(t, prefix+"a", "1")
			s.schedule(t, prefix+"a")
			in := &secretsmanager.ListSecretsInput{Filters: []types.Filter{by("name", prefix)}}
			out, err := s.secrets().ListSecrets(t.Context(), in)
			require.NoError(t, err)
			require.Empty(t, out.SecretList)
			in.IncludePlannedDeletion = aws.Bool(true)
			out, err = s.secrets().ListSecrets(t.Context(), in)
			require.NoError(t, err)
			require.Len(t, out.SecretList, 1)
			require.NotNil(t, out.SecretList[0].DeletedDate)
		}},
		{"a list shows versions and tags and no values", func(t *testing.T, s *server) {
			n := name("a")
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
				Name: &n, SecretString: aws.String("1"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
			})
			require.NoError(t, err)
			out, err := s.secrets().ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{Filters: []types.Filter{by("name", n)}})
			require.NoError(t, err)
			require.Len(t, out.SecretList, 1)
			version := *s.get(t, getInput{SecretId: &n}).VersionId
			require.Equal(t, map[string][]string{version: {"AWSCURRENT"}}, out.SecretList[0].SecretVersionsToStages)
			require.Equal(t, "v", *out.SecretList[0].Tags[0].Value)
		}},
	}
}

// checkFilters makes four secrets with names below a prefix of their own, and lists them through the filters, both without and with
// their values. In name filters the prefix is put before each value.
func checkFilters(t *testing.T, s *server, want []string, filters []types.Filter) {
	prefix := name("")
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	for n, tags := range map[string][]types.Tag{
		"Alpha": {tag("env", "prod")},
		"Alps":  {tag("team", "red")},
		"alto":  {},
		"beta":  {tag("env", "test"), tag("team", "red")},
	} {
		in := &secretsmanager.CreateSecretInput{Name: aws.String(prefix + n), SecretString: &n, Tags: tags}
		if n == "alto" {
			in.Description = aws.String("The deep one of them")
		}
		_, err := s.secrets().CreateSecret(t.Context(), in)
		require.NoError(t, err)
	}
	below := []types.Filter{by("name", prefix)}
	for _, f := range filters {
		f.Values = slices.Clone(f.Values)
		for i, v := range f.Values {
			if f.Key == types.FilterNameStringTypeName {
				not := strings.HasPrefix(v, "!")
				f.Values[i] = prefix + strings.TrimPrefix(v, "!")
				if not {
					f.Values[i] = "!" + f.Values[i]
				}
			}
		}
		below = append(below, f)
	}
	list, err := s.secrets().ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{Filters: below})
	require.NoError(t, err)
	listed := []string{}
	for _, entry := range list.SecretList {
		listed = append(listed, strings.TrimPrefix(*entry.Name, prefix))
	}
	require.ElementsMatch(t, want, listed)

	out, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{Filters: below})
	require.NoError(t, err)
	read := []string{}
	for _, value := range valuesOf(out) {
		read = append(read, value)
	}
	require.ElementsMatch(t, want, read)
}
