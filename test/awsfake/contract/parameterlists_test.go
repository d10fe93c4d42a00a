package contract_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
)

// where makes a filter; in its values "~" stands for the path of the sentence.
func where(key, option string, values ...string) types.ParameterStringFilter {
	return types.ParameterStringFilter{Key: &key, Option: &option, Values: values}
}

// family makes parameters below a path of their own, some with tags, and returns the path, which ends in a slash.
func (s *server) family(t *testing.T) string {
	t.Helper()
	path := param("")
	tag := func(key, value string) types.Tag { return types.Tag{Key: &key, Value: &value} }
	for n, tags := range map[string][]types.Tag{
		"db/user":     {tag("env", "prod")},
		"db/password": {tag("env", "production"), tag("team", "red")},
		"db/old/user": {tag("team", "red"), tag("env", "prod")},
		"dbs":         {},
	} {
		_, err := s.parameters().PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String(path + n), Value: aws.String("value of " + n), Type: types.ParameterTypeString, Tags: tags,
		})
		require.NoError(t, err)
	}
	return path
}

// below lists by path until there is no token, and returns the names without the path.
func (s *server) below(t *testing.T, root, path string, recursive bool) []string {
	t.Helper()
	names := []string{}
	in := &ssm.GetParametersByPathInput{Path: aws.String(root + path), Recursive: &recursive, MaxResults: aws.Int32(2)}
	for {
		out, err := s.parameters().GetParametersByPath(t.Context(), in)
		require.NoError(t, err)
		require.LessOrEqual(t, len(out.Parameters), 2)
		for _, p := range out.Parameters {
			require.Equal(t, "value of "+strings.TrimPrefix(*p.Name, root), *p.Value)
			names = append(names, strings.TrimPrefix(*p.Name, root))
		}
		if aws.ToString(out.NextToken) == "" {
			return names
		}
		in.NextToken = out.NextToken
	}
}

func parametersListing() []sentence {
	described := func(says string, want []string, filters ...types.ParameterStringFilter) sentence {
		return sentence{says, func(t *testing.T, s *server) {
			path := s.family(t)
			in := &ssm.DescribeParametersInput{}
			for _, f := range append([]types.ParameterStringFilter{where("Type", "Equals", "String")}, filters...) {
				values := make([]string, len(f.Values))
				for i, v := range f.Values {
					values[i] = strings.ReplaceAll(v, "~", strings.TrimSuffix(path, "/"))
				}
				in.ParameterFilters = append(in.ParameterFilters, types.ParameterStringFilter{Key: f.Key, Option: f.Option, Values: values})
			}
			names := []string{}
			for {
				out, err := s.parameters().DescribeParameters(t.Context(), in)
				require.NoError(t, err)
				for _, p := range out.Parameters {
					names = append(names, strings.TrimPrefix(*p.Name, path))
				}
				if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
					break
				}
			}
			require.ElementsMatch(t, want, names)
		}}
	}
	return []sentence{
		{"a path has what is below it, and no name that only begins with it", func(t *testing.T, s *server) {
			root := s.family(t)
			require.ElementsMatch(t, []string{"db/user", "db/password", "db/old/user"}, s.below(t, root, "db", true))
			require.ElementsMatch(t, []string{"db/user", "db/password"}, s.below(t, root, "db", false))
		}},
		{"a slash at the end of a path makes no difference", func(t *testing.T, s *server) {
			root := s.family(t)
			require.ElementsMatch(t, s.below(t, root, "db", true), s.below(t, root, "db/", true))
		}},
		{"a path that nothing is below has nothing", func(t *testing.T, s *server) {
			require.Empty(t, s.below(t, s.family(t), "none", true))
		}},
		{"the root has the parameters without a path too", func(t *testing.T, s *server) {
			n := strings.ReplaceAll(name("flat"), "/", "-")
			s.keep(t, n, "1")
			in, found := &ssm.GetParametersByPathInput{Path: aws.String("/"), Recursive: aws.Bool(true)}, false
			for {
				out, err := s.parameters().GetParametersByPath(t.Context(), in)
				require.NoError(t, err)
				_, ok := byName(out.Parameters)[n]
				found = found || ok
				if in.NextToken = out.NextToken; aws.ToString(in.NextToken) == "" {
					break
				}
			}
			require.True(t, found)
		}},
		{"a path that does not begin with a slash is a validation error", func(t *testing.T, s *server) {
			_, err := s.parameters().GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("db")})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		{"a page of a path has ten parameters at most", func(t *testing.T, s *server) {
			_, err := s.parameters().GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String("/"), MaxResults: aws.Int32(11)})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		described("a path filter has what is below, at any depth", []string{"db/user", "db/password", "db/old/user"}, where("Path", "Recursive", "~/db")),
		described("a path filter has what is directly below", []string{"db/user", "db/password"}, where("Path", "OneLevel", "~/db")),
		described("a name filter is a prefix when it says so", []string{"db/user", "db/password", "db/old/user", "dbs"}, where("Name", "BeginsWith", "~/db")),
		described("a name filter is exact when it says so", []string{"dbs"}, where("Name", "Equals", "~/dbs")),
		described("a tag filter is exact", []string{"db/user", "db/old/user"}, where("Path", "Recursive", "~"), where("tag:env", "Equals", "prod")),
		described("of a tag filter's values one is enough", []string{"db/user", "db/password", "db/old/user"},
			where("Path", "Recursive", "~"), where("tag:env", "Equals", "prod", "production")),
		described("several tag filters are about several tags", []string{"db/old/user"},
			where("Path", "Recursive", "~"), where("tag:env", "Equals", "prod"), where("tag:team", "Equals", "red")),
		{"a filter can't be there twice", func(t *testing.T, s *server) {
			_, err := s.parameters().DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
				ParameterFilters: []types.ParameterStringFilter{where("Name", "Equals", "/a"), where("Name", "Equals", "/b")},
			})
			require.Equal(t, "InvalidFilterKey", code(t, err))
		}},
		{"a filter of parameters of an unknown kind is refused", func(t *testing.T, s *server) {
			_, err := s.parameters().DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
				ParameterFilters: []types.ParameterStringFilter{where("Label", "Equals", "a")},
			})
			require.Equal(t, "InvalidFilterKey", code(t, err))
		}},
		{"a tag filter can't ask for an empty value", func(t *testing.T, s *server) {
			_, err := s.parameters().DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
				ParameterFilters: []types.ParameterStringFilter{where("tag:env", "Equals", "")},
			})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		{"descriptions come in pages of the size asked for", func(t *testing.T, s *server) {
			path := strings.TrimSuffix(s.family(t), "/")
			out, err := s.parameters().DescribeParameters(t.Context(), &ssm.DescribeParametersInput{
				ParameterFilters: []types.ParameterStringFilter{where("Path", "Recursive", path)}, MaxResults: aws.Int32(3),
			})
			require.NoError(t, err)
			require.Len(t, out.Parameters, 3)
			require.NotEmpty(t, out.NextToken)
		}},
		{"a denied path is refused whatever is below it, and one below it is not", func(t *testing.T, s *server) {
			root := s.family(t)
			s.deny(t, identity.Denial{Action: "ssm:GetParametersByPath", Resource: root + "db/old"})
			require.Len(t, s.below(t, root, "db", true), 3)
			_, err := s.parameters().GetParametersByPath(t.Context(), &ssm.GetParametersByPathInput{Path: aws.String(root + "db/old")})
			require.Equal(t, "AccessDeniedException", code(t, err))
			require.Contains(t, message(t, err), "on resource: arn:aws:ssm:"+region+":"+account+":parameter"+root+"db/old")
		}},
		{"descriptions need a right of their own", func(t *testing.T, s *server) {
			s.deny(t, identity.Denial{Action: "ssm:DescribeParameters"})
			_, err := s.parameters().DescribeParameters(t.Context(), &ssm.DescribeParametersInput{})
			require.Equal(t, "AccessDeniedException", code(t, err))
		}},
	}
}

func parametersWriting() []sentence {
	tagsOf := func(t *testing.T, s *server, id string) ([]types.Tag, error) {
		t.Helper()
		out, err := s.parameters().ListTagsForResource(t.Context(), &ssm.ListTagsForResourceInput{
			ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &id,
		})
		if err != nil {
			return nil, err
		}
		return out.TagList, nil
	}
	return []sentence{
		{"a parameter that exists is overwritten only where that is asked for", func(t *testing.T, s *server) {
			in := &ssm.PutParameterInput{Name: aws.String(param("a")), Value: aws.String("1"), Type: types.ParameterTypeString}
			out, err := s.parameters().PutParameter(t.Context(), in)
			require.NoError(t, err)
			require.EqualValues(t, 1, out.Version)
			_, err = s.parameters().PutParameter(t.Context(), in)
			require.Equal(t, "ParameterAlreadyExists", code(t, err))
			in.Overwrite, in.Type, in.Value = aws.Bool(true), "", aws.String("2")
			out, err = s.parameters().PutParameter(t.Context(), in)
			require.NoError(t, err)
			require.EqualValues(t, 2, out.Version)
			require.Equal(t, "2", s.value(t, *in.Name))
		}},
		{"a name with slashes must begin with one", func(t *testing.T, s *server) {
			_, err := s.parameters().PutParameter(t.Context(), &ssm.PutParameterInput{
				Name: aws.String(name("a")), Value: aws.String("1"), Type: types.ParameterTypeString,
			})
			require.Equal(t, "ValidationException", code(t, err))
		}},
		{"a name that is AWS's own can't be taken", func(t *testing.T, s *server) {
			for _, n := range []string{"ssmthing", "awsthing"} {
				_, err := s.parameters().PutParameter(t.Context(), &ssm.PutParameterInput{
					Name: &n, Value: aws.String("1"), Type: types.ParameterTypeString,
				})
				require.Equal(t, "ValidationException", code(t, err), n)
			}
		}},
		{"a deleted parameter is gone at once", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			_, err := s.parameters().DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: &n})
			require.NoError(t, err)
			_, err = s.parameter(t, n)
			require.Equal(t, "ParameterNotFound", code(t, err))
			_, err = s.parameters().DeleteParameter(t.Context(), &ssm.DeleteParameterInput{Name: &n})
			require.Equal(t, "ParameterNotFound", code(t, err))
		}},
		{"a label that AWS does not allow is named in the answer", func(t *testing.T, s *server) {
			n := param("a")
			s.keep(t, n, "1")
			out, err := s.parameters().LabelParameterVersion(t.Context(), &ssm.LabelParameterVersionInput{Name: &n, Labels: []string{"1st", "ssm", "ok"}})
			require.NoError(t, err)
			require.ElementsMatch(t, []string{"1st", "ssm"}, out.InvalidLabels)
			require.Equal(t, "1", s.value(t, n+":ok"))
		}},
		{"a parameter has the tags it was created with and those that were added", func(t *testing.T, s *server) {
			root := s.family(t)
			n := root + "db/user"
			_, err := s.parameters().AddTagsToResource(t.Context(), &ssm.AddTagsToResourceInput{
				ResourceType: types.ResourceTypeForTaggingParameter, ResourceId: &n,
				Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("test")}, {Key: aws.String("k"), Value: aws.String("v")}},
			})
			require.NoError(t, err)
			tags, err := tagsOf(t, s, n)
			require.NoError(t, err)
			require.ElementsMatch(t, []types.Tag{{Key: aws.String("env"), Value: aws.String("test")}, {Key: aws.String("k"), Value: aws.String("v")}}, tags)
			none, err := tagsOf(t, s, root+"dbs")
			require.NoError(t, err)
			require.Empty(t, none)
		}},
		{"tags of a parameter that does not exist are those of an invalid id", func(t *testing.T, s *server) {
			_, err := tagsOf(t, s, param("none"))
			require.Equal(t, "InvalidResourceId", code(t, err))
		}},
	}
}
