package aws

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// finder opens a store of a service as what dataFrom.find is served by.
func (s *server) finder(t *testing.T, change ...func(*api.AWSProvider)) provider.Finder {
	t.Helper()
	finder, ok := s.open(t, 1, change...).(provider.Finder)
	require.True(t, ok)
	return finder
}

// keys are those of what was found. Each must be read by its own name.
func keys(t *testing.T, all []provider.Found) []string {
	t.Helper()
	names := []string{}
	for _, f := range all {
		assert.Equal(t, provider.Ref{Key: f.Key}, f.Ref)
		names = append(names, f.Key)
	}
	return names
}

// list is a page of ListSecrets: names, each with its tags after it as in "name env=prod team=red".
func list(next string, entries ...string) reply {
	var all []map[string]any
	for _, entry := range entries {
		fields := strings.Fields(entry)
		tags := []map[string]string{}
		for _, tag := range fields[1:] {
			key, value, _ := strings.Cut(tag, "=")
			tags = append(tags, map[string]string{"Key": key, "Value": value})
		}
		all = append(all, map[string]any{"Name": fields[0], "Tags": tags})
	}
	return reply{Body: map[string]any{"SecretList": all, "NextToken": next}}
}

func TestFindSecrets(t *testing.T) {
	everything := []string{
		"db/user env=prod", "db/password env=prod team=red", "app/db env=test team=prod", "app/key env=production", "db-old team=red env=prod",
	}
	by := func(key, value string) filter { return filter{Key: key, Values: []string{value}} }
	for name, tc := range map[string]struct {
		find    api.Find
		want    []string
		filters []filter
	}{
		"a name is matched anywhere, and the result is in order": {
			find: api.Find{Name: &api.FindName{RegExp: "db"}}, want: []string{"app/db", "db-old", "db/password", "db/user"},
		},
		"a name that begins with a text is narrowed by the service": {
			find: api.Find{Name: &api.FindName{RegExp: "^db/.*r"}}, want: []string{"db/password", "db/user"}, filters: []filter{by("name", "db/")},
		},
		"an empty name is any": {
			find: api.Find{Name: &api.FindName{}}, want: []string{"app/db", "app/key", "db-old", "db/password", "db/user"},
		},
		"a path is what names begin with": {
			find: api.Find{Path: new("db")}, want: []string{"db-old", "db/password", "db/user"}, filters: []filter{by("name", "db")},
		},
		"a path and a name must both match": {
			find: api.Find{Path: new("db/"), Name: &api.FindName{RegExp: "^db/u"}}, want: []string{"db/user"}, filters: []filter{by("name", "db/")},
		},
		"a tag must match as a pair, whatever other tags there are": {
			find: api.Find{Tags: map[string]string{"env": "prod"}}, want: []string{"db-old", "db/password", "db/user"},
			filters: []filter{by("tag-key", "env"), by("tag-value", "prod")},
		},
		"every tag must match": {
			find: api.Find{Tags: map[string]string{"team": "red", "env": "prod"}}, want: []string{"db-old", "db/password"},
			filters: []filter{by("tag-key", "env"), by("tag-value", "prod"), by("tag-key", "team"), by("tag-value", "red")},
		},
		"tags, a path and a name must all match": {
			find: api.Find{Path: new("db"), Name: &api.FindName{RegExp: "word$"}, Tags: map[string]string{"team": "red"}}, want: []string{"db/password"},
			filters: []filter{by("name", "db"), by("tag-key", "team"), by("tag-value", "red")},
		},
		"what the service would take for a negation is left to this side": {
			find: api.Find{Path: new("!db"), Tags: map[string]string{"env": "!prod"}}, want: []string{}, filters: []filter{by("tag-key", "env")},
		},
		"what the service can't filter by is left to this side": {
			find: api.Find{Tags: map[string]string{"env": "", "caf\u00e9": "x"}}, want: []string{}, filters: []filter{by("tag-value", "x"), by("tag-key", "env")},
		},
		"nothing that matches is no error": {
			find: api.Find{Name: &api.FindName{RegExp: "none"}}, want: []string{},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(call) reply { return list("", everything...) })
			found, err := s.finder(t).Find(t.Context(), &tc.find)
			require.NoError(t, err)
			assert.Equal(t, tc.want, keys(t, found))
			require.Equal(t, []string{"ListSecrets"}, s.operations())
			asked := s.made()[0].JSON
			assert.Equal(t, tc.filters, asked.Filters)
			assert.Equal(t, 100, asked.MaxResults)
		})
	}
}

func TestFindSendsNoMoreFiltersThanTheServiceTakes(t *testing.T) {
	tags := map[string]string{}
	for i := range 6 {
		tags[fmt.Sprint("k", i)] = "v"
	}
	s := serve(t, func(call) reply {
		return list("", "some k0=v k1=v k2=v k3=v k4=v", "all k0=v k1=v k2=v k3=v k4=v k5=v")
	})
	found, err := s.finder(t).Find(t.Context(), &api.Find{Tags: tags})
	require.NoError(t, err)
	assert.Equal(t, []string{"all"}, keys(t, found))
	assert.Len(t, s.made()[0].JSON.Filters, 10)
}

func TestFindPages(t *testing.T) {
	t.Run("follow the token, also past an empty page", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			return map[string]reply{"": list("2", "a", "b"), "2": list("3"), "3": list("", "c", "b")}[c.JSON.NextToken]
		})
		found, err := s.finder(t).Find(t.Context(), &api.Find{Name: &api.FindName{}})
		require.NoError(t, err)
		assert.Equal(t, []string{"a", "b", "c"}, keys(t, found), "each once")
		assert.Len(t, s.made(), 3)
	})
	t.Run("that come again and again are an error and no short list", func(t *testing.T) {
		s := serve(t, func(call) reply { return list("same", "a") })
		_, err := s.finder(t).Find(t.Context(), &api.Find{Name: &api.FindName{}})
		require.ErrorContains(t, err, "again and again")
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		assert.Len(t, s.made(), 2)
	})
	t.Run("of which one fails are an error and no short list", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.JSON.NextToken == "" {
				return list("2", "a")
			}
			return refuse("InternalServiceError", "oops")
		})
		found, err := s.finder(t).Find(t.Context(), &api.Find{Name: &api.FindName{}})
		assert.Equal(t, provider.Unavailable, provider.KindOf(err))
		assert.Empty(t, found)
	})
}

func TestFindLeavesOutWhatWaitsForItsDeletion(t *testing.T) {
	s := serve(t, func(call) reply {
		return reply{Body: map[string]any{"SecretList": []map[string]any{{"Name": "a"}, {"Name": "b", "DeletedDate": 1.7e9}}}}
	})
	found, err := s.finder(t).Find(t.Context(), &api.Find{Name: &api.FindName{}})
	require.NoError(t, err)
	assert.Equal(t, []string{"a"}, keys(t, found))
}

func TestFindHasNothingToDoWithThePrefix(t *testing.T) {
	s := serve(t, func(c call) reply {
		if c.Operation == "ListSecrets" {
			return list("", "db/user", "team/db/user")
		}
		return reply{Body: map[string]string{"SecretString": c.JSON.SecretID}}
	})
	reader := s.open(t, 1, func(spec *api.AWSProvider) { spec.Prefix = "team/" })
	found, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Path: new("team/")})
	require.NoError(t, err)
	require.Equal(t, []string{"team/db/user"}, keys(t, found))
	assert.Equal(t, []string{"team/db/user"}, texts(reader.Read(t.Context(), []provider.Ref{found[0].Ref})), "the prefix is not put before it again")
}

func TestFindRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		find api.Find
		want string
	}{
		"nothing to look for":        {api.Find{}, "unexpected find operator"},
		"a path and tags of nothing": {api.Find{Path: new(""), Tags: map[string]string{}}, "unexpected find operator"},
		"a name that is no regexp":   {api.Find{Name: &api.FindName{RegExp: "a("}}, "find.name.regexp can't be read"},
	} {
		for service, change := range map[string]func(*api.AWSProvider){"secrets": func(*api.AWSProvider) {}, "parameters": ofParameters} {
			t.Run(name+" among "+service, func(t *testing.T) {
				s := serve(t, nil)
				_, err := s.finder(t, change).Find(t.Context(), &tc.find)
				require.ErrorContains(t, err, tc.want)
				assert.Equal(t, provider.Invalid, provider.KindOf(err))
				assert.Empty(t, s.made())
			})
		}
	}
	t.Run("with a hint where listing is denied", func(t *testing.T) {
		s := serve(t, func(call) reply {
			return refuse("AccessDeniedException", "User: u is not authorized to perform: secretsmanager:ListSecrets")
		})
		_, err := s.finder(t).Find(t.Context(), &api.Find{Name: &api.FindName{}})
		require.EqualError(t, err, "ListSecrets: AccessDeniedException: User: u is not authorized to perform: secretsmanager:ListSecrets "+
			`(find needs secretsmanager:ListSecrets, which IAM permits for the resource "*" only)`)
		assert.Equal(t, provider.Denied, provider.KindOf(err))
	})
}
