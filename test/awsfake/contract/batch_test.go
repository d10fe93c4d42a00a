package contract_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/stretchr/testify/require"
)

type batchInput = secretsmanager.BatchGetSecretValueInput

func batches() []sentence {
	return []sentence{
		{"twenty secrets come in one answer", func(t *testing.T, s *server) {
			ids, want := s.many(t, 20)
			out := s.batch(t, ids)
			require.Equal(t, want, valuesOf(out))
			require.Empty(t, out.Errors)
			require.Nil(t, out.NextToken)
		}},
		{"twenty-one ids are too many", func(t *testing.T, s *server) {
			ids, _ := s.many(t, 21)
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{SecretIdList: ids})
			require.Equal(t, "ValidationException", code(t, err))
			require.Contains(t, message(t, err), "less than or equal to 20")
		}},
		{"an item of a batch has all that a single read has", func(t *testing.T, s *server) {
			n := name("a")
			arn := s.create(t, n, "1")
			single := s.get(t, getInput{SecretId: &n})
			item := s.batch(t, []string{arn}).SecretValues[0]
			require.Equal(t, single.Name, item.Name)
			require.Equal(t, single.ARN, item.ARN)
			require.Equal(t, single.VersionId, item.VersionId)
			require.Equal(t, single.VersionStages, item.VersionStages)
			require.Equal(t, single.SecretString, item.SecretString)
		}},
		{"a batch has the binary values too", func(t *testing.T, s *server) {
			n := name("a")
			_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n, SecretBinary: []byte{0, 255}})
			require.NoError(t, err)
			require.Equal(t, []byte{0, 255}, s.batch(t, []string{n}).SecretValues[0].SecretBinary)
		}},
		{"ids that do not exist are errors of their own", func(t *testing.T, s *server) {
			ids, want := s.many(t, 2)
			none := name("none")
			out := s.batch(t, append(ids, none))
			require.Equal(t, want, valuesOf(out))
			require.Equal(t, map[string]string{none: "ResourceNotFoundException"}, errorsOf(out))
		}},
		{"a batch of nothing but missing ids is not an error", func(t *testing.T, s *server) {
			out := s.batch(t, []string{name("none"), name("none")})
			require.Empty(t, out.SecretValues)
			require.Len(t, out.Errors, 2)
		}},
		{"a secret pending deletion is an error of its own", func(t *testing.T, s *server) {
			ids, want := s.many(t, 1)
			gone := name("gone")
			s.create(t, gone, "1")
			s.schedule(t, gone)
			out := s.batch(t, append(ids, gone))
			require.Equal(t, want, valuesOf(out))
			require.Equal(t, map[string]string{gone: "InvalidRequestException"}, errorsOf(out))
		}},
		{"a secret without a value is an error of its own", func(t *testing.T, s *server) {
			ids, want := s.many(t, 1)
			empty := s.valueless(t)
			out := s.batch(t, append(ids, empty))
			require.Equal(t, want, valuesOf(out))
			require.Equal(t, map[string]string{empty: "ResourceNotFoundException"}, errorsOf(out))
		}},
		{"an id asked for twice is answered once", func(t *testing.T, s *server) {
			n := name("a")
			s.create(t, n, "1")
			require.Len(t, s.batch(t, []string{n, n}).SecretValues, 1)
		}},
		{"a secret asked for by name and by ARN is answered once", func(t *testing.T, s *server) {
			n := name("a")
			arn := s.create(t, n, "1")
			require.Len(t, s.batch(t, []string{n, arn}).SecretValues, 1)
		}},
		{"a batch needs ids or filters", func(t *testing.T, s *server) {
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{})
			require.Equal(t, "InvalidParameterException", code(t, err))
		}},
		{"a batch takes ids or filters, not both", func(t *testing.T, s *server) {
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{SecretIdList: []string{"a"}, Filters: []types.Filter{by("name", "a")}})
			require.Equal(t, "InvalidParameterException", code(t, err))
		}},
		{"a batch has pages only with filters", func(t *testing.T, s *server) {
			_, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{SecretIdList: []string{"a"}, MaxResults: aws.Int32(2)})
			require.Equal(t, "InvalidParameterException", code(t, err))
		}},
		{"a filtered batch comes in pages until there is no token", func(t *testing.T, s *server) {
			prefix := name("")
			want := map[string]string{}
			for i := range 5 {
				n := fmt.Sprintf("%s%d", prefix, i)
				s.create(t, n, n)
				want[n] = n
			}
			got, pages := map[string]string{}, 0
			pager := secretsmanager.NewBatchGetSecretValuePaginator(s.secrets(),
				&batchInput{Filters: []types.Filter{by("name", prefix)}, MaxResults: aws.Int32(2)})
			for pager.HasMorePages() {
				page, err := pager.NextPage(t.Context())
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.SecretValues), 2)
				for n, v := range valuesOf(page) {
					require.NotContains(t, got, n)
					got[n] = v
				}
				pages++
			}
			require.Equal(t, want, got)
			require.Equal(t, 3, pages)
		}},
	}
}

// many makes n secrets whose values are their names.
func (s *server) many(t *testing.T, n int) (ids []string, values map[string]string) {
	t.Helper()
	values = map[string]string{}
	for range n {
		id := name("many")
		s.create(t, id, id)
		ids, values[id] = append(ids, id), id
	}
	return ids, values
}

// valueless makes a secret that never had a value.
func (s *server) valueless(t *testing.T) string {
	t.Helper()
	n := name("empty")
	_, err := s.secrets().CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &n})
	require.NoError(t, err)
	return n
}

func (s *server) batch(t *testing.T, ids []string) *secretsmanager.BatchGetSecretValueOutput {
	t.Helper()
	out, err := s.secrets().BatchGetSecretValue(t.Context(), &batchInput{SecretIdList: ids})
	require.NoError(t, err)
	return out
}

func valuesOf(out *secretsmanager.BatchGetSecretValueOutput) map[string]string {
	values := map[string]string{}
	for _, v := range out.SecretValues {
		values[*v.Name] = aws.ToString(v.SecretString)
	}
	return values
}

func errorsOf(out *secretsmanager.BatchGetSecretValueOutput) map[string]string {
	codes := map[string]string{}
	for _, e := range out.Errors {
		codes[*e.SecretId] = *e.ErrorCode
	}
	return codes
}
