package providertest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// searches are what is searched for, and found, by what each is.
func (b Backend) searches() map[string]search {
	all := map[string]search{
		"by name":                   {api.Find{Name: &api.FindName{RegExp: "^suite-(db|mail)$"}}, []string{"suite-db", "suite-mail"}},
		"nothing, without an error": {api.Find{Name: &api.FindName{RegExp: "^none$"}}, nil},
	}
	if !b.Lacks.Tags {
		all["by tags"] = search{api.Find{Tags: map[string]string{"team": "shop"}}, []string{"other", "suite-db"}}
		if !b.Lacks.Both {
			all["by name and tags"] = search{api.Find{Name: &api.FindName{RegExp: "^suite-"}, Tags: map[string]string{"team": "shop"}}, []string{"suite-db"}}
		}
	}
	return all
}

type search struct {
	find api.Find
	want []string
}

func (b Backend) finds(t *testing.T) {
	o := b.open(t)
	finder, ok := o.Reader.(provider.Finder)
	if b.Lacks.Find {
		assert.False(t, ok)
		assert.False(t, o.Finds(&api.Find{Name: &api.FindName{RegExp: "."}}, "suite-db"))
		return
	}
	require.True(t, ok)
	for name, test := range b.searches() {
		t.Run(name, func(t *testing.T) {
			found, err := finder.Find(t.Context(), &test.find)
			require.NoError(t, err)
			var names []string
			for _, f := range found {
				names = append(names, f.Key)
				assert.Equal(t, o.Ref(&api.RemoteRef{Key: f.Key}), f.Ref, "it is read together with what others name")
				assert.True(t, o.Finds(&test.find, f.Ref.Key))
			}
			assert.Equal(t, test.want, names)
		})
	}
	t.Run("nothing by a name that is no pattern, and says so", func(t *testing.T) {
		_, err := finder.Find(t.Context(), &api.Find{Name: &api.FindName{RegExp: "("}})
		assert.Equal(t, provider.Invalid, provider.KindOf(err), err)
	})
}
