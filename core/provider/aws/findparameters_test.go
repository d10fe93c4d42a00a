package aws

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestFindParameters(t *testing.T) {
	const byPath, described = "GetParametersByPath", "DescribeParameters"
	below := func(path string) filter { return filter{Key: "Path", Option: "Recursive", Values: []string{path}} }
	tag := func(key, value string) filter {
		return filter{Key: "tag:" + key, Option: "Equals", Values: []string{value}}
	}
	for name, tc := range map[string]struct {
		find       api.Find
		deny       string
		want       []string
		operations []string
		path       string   // that was listed first
		filters    []filter // of the descriptions
	}{
		"a name is looked for everywhere": {
			find: api.Find{Name: &api.FindName{RegExp: "user"}}, want: []string{"/app/user", "/db/user", "user"}, operations: []string{byPath}, path: "/",
		},
		"a name that begins with a path is looked for there": {
			find: api.Find{Name: &api.FindName{RegExp: "^/db/us"}}, want: []string{"/db/user"}, operations: []string{byPath}, path: "/db/",
		},
		"a name that begins with what can't be a path is looked for everywhere": {
			find: api.Find{Name: &api.FindName{RegExp: "^us"}}, want: []string{"user"}, operations: []string{byPath}, path: "/",
		},
		"a path is searched as it is written": {
			find: api.Find{Path: new("/db")}, want: []string{"/app/user", "/db/password", "/db/user", "user"}, operations: []string{byPath}, path: "/db",
		},
		"a path and a name must both match": {
			find: api.Find{Path: new("/db"), Name: &api.FindName{RegExp: "word"}}, want: []string{"/db/password"}, operations: []string{byPath}, path: "/db",
		},
		"tags are looked for among the descriptions": {
			find: api.Find{Tags: map[string]string{"team": "red", "env": "prod"}}, want: []string{"/app/user", "/db/password", "/db/user", "user"},
			operations: []string{described}, filters: []filter{tag("env", "prod"), tag("team", "red")},
		},
		"tags, a path and a name must all match": {
			find: api.Find{Path: new("/db/"), Name: &api.FindName{RegExp: "user"}, Tags: map[string]string{"env": "prod"}},
			want: []string{"/app/user", "/db/user", "user"}, operations: []string{described}, filters: []filter{below("/db"), tag("env", "prod")},
		},
		"where values may not be listed their descriptions are": {
			find: api.Find{Path: new("/db"), Name: &api.FindName{RegExp: "user"}}, deny: byPath, want: []string{"/app/user", "/db/user", "user"},
			operations: []string{byPath, described}, path: "/db", filters: []filter{below("/db")},
		},
		"where nothing may be listed by path, everything is described": {
			find: api.Find{Name: &api.FindName{RegExp: "word"}}, deny: byPath, want: []string{"/db/password"},
			operations: []string{byPath, described}, path: "/",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(c call) reply {
				if c.Operation == tc.deny {
					return refuse("AccessDeniedException", "no")
				}
				pages := map[string][]string{"": {"/db/user", "user"}, "2": {}, "3": {"/app/user", "/db/password", "/db/user"}}
				next := map[string]string{"": "2", "2": "3"}[c.JSON.NextToken]
				return reply{Body: map[string]any{"Parameters": parameters(pages[c.JSON.NextToken]...), "NextToken": next}}
			})
			found, err := s.finder(t, ofParameters).Find(t.Context(), &tc.find)
			require.NoError(t, err)
			assert.Equal(t, tc.want, keys(t, found))
			var operations []string
			for _, c := range s.made() {
				if c.JSON.NextToken == "" {
					operations = append(operations, c.Operation)
				}
				if c.Operation == byPath {
					assert.Equal(t, tc.path, c.JSON.Path)
					assert.True(t, c.JSON.Recursive)
					assert.False(t, c.JSON.WithDecryption, "no key is needed to find")
					assert.Equal(t, 10, c.JSON.MaxResults)
				} else {
					assert.Equal(t, tc.filters, c.JSON.ParameterFilters)
					assert.Equal(t, 50, c.JSON.MaxResults)
				}
			}
			assert.Equal(t, tc.operations, operations)
		})
	}
}

func TestFindParametersFails(t *testing.T) {
	find := func(t *testing.T, s *server, find api.Find) error {
		t.Helper()
		_, err := s.finder(t, ofParameters).Find(t.Context(), &find)
		require.Error(t, err)
		return err
	}
	denied := func(c call) reply {
		return refuse("AccessDeniedException", "not authorized to perform: ssm:"+c.Operation)
	}
	const hint = "find needs ssm:GetParametersByPath"
	t.Run("where neither way is permitted, in the words of the first", func(t *testing.T) {
		s := serve(t, denied)
		err := find(t, s, api.Find{Path: new("/db")})
		require.ErrorContains(t, err, "GetParametersByPath: AccessDeniedException: not authorized to perform: ssm:GetParametersByPath")
		require.ErrorContains(t, err, hint)
		assert.Equal(t, provider.Denied, provider.KindOf(err))
		assert.Len(t, s.made(), 2)
	})
	t.Run("where tags may not be looked for", func(t *testing.T) {
		s := serve(t, denied)
		err := find(t, s, api.Find{Tags: map[string]string{"a": "b"}})
		require.ErrorContains(t, err, "ssm:DescribeParameters")
		require.ErrorContains(t, err, hint)
		assert.Equal(t, []string{"DescribeParameters"}, s.operations())
	})
	t.Run("where the other way fails too, in its words", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.Operation == "GetParametersByPath" {
				return denied(c)
			}
			return refuse("InternalServerError", "oops")
		})
		err := find(t, s, api.Find{Path: new("/db")})
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
	})
	t.Run("without another try where it is not a matter of rights", func(t *testing.T) {
		s := serve(t, func(call) reply {
			return refuse("ValidationException", "The parameter name must begin with a forward slash")
		})
		err := find(t, s, api.Find{Path: new("db")})
		assert.Equal(t, provider.Invalid, provider.KindOf(err))
		assert.NotContains(t, err.Error(), hint)
		assert.Len(t, s.made(), 1)
	})
}
