package rewrite_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/rewrite"
)

type texts = map[string]string

func apply(ops []api.Rewrite, in texts) (texts, error) {
	values := map[string]secret.Value{}
	for key, value := range in {
		values[key] = secret.FromString(value)
	}
	before := maps.Clone(values)
	rewritten, err := rewrite.Apply(ops, values)
	if !maps.EqualFunc(before, values, func(a, b secret.Value) bool { return string(a.Reveal()) == string(b.Reveal()) }) {
		return nil, assert.AnError // what was given must stay as it was
	}
	if err != nil {
		return nil, err
	}
	out := texts{}
	for key, value := range rewritten {
		out[key] = string(value.Reveal())
	}
	return out, nil
}

func replace(source, target string) api.Rewrite {
	return api.Rewrite{Regexp: &api.RewriteRegexp{Source: source, Target: target}}
}

func transform(template string) api.Rewrite {
	return api.Rewrite{Transform: &api.RewriteTransform{Template: template}}
}

func TestRename(t *testing.T) {
	for name, tc := range map[string]struct {
		ops      []api.Rewrite
		in, want texts
	}{
		"no operation leaves the keys":                      {nil, texts{"a": "1"}, texts{"a": "1"}},
		"a match is replaced":                               {[]api.Rewrite{replace("^db/", "")}, texts{"db/user": "1", "other": "2"}, texts{"user": "1", "other": "2"}},
		"each match is replaced":                            {[]api.Rewrite{replace("/", "-")}, texts{"a/b/c": "1"}, texts{"a-b-c": "1"}},
		"$1 stands for a group":                             {[]api.Rewrite{replace("^(.+)/(.+)$", "$2-$1")}, texts{"a/b": "1"}, texts{"b-a": "1"}},
		"${1} may be followed by letters":                   {[]api.Rewrite{replace("^(.+)$", "${1}_X")}, texts{"a": "1"}, texts{"a_X": "1"}},
		"a match that becomes nothing drops the value":      {[]api.Rewrite{replace("^tmp.*$", "")}, texts{"tmp1": "1", "tmp2": "2", "a": "3"}, texts{"a": "3"}},
		"${name} stands for a named group":                  {[]api.Rewrite{replace("(?P<k>[a-z]+)[0-9]+", "${k}")}, texts{"ab12": "1"}, texts{"ab": "1"}},
		"$$ is a dollar":                                    {[]api.Rewrite{replace("a", "$$")}, texts{"a": "1"}, texts{"$": "1"}},
		"an operation works on what the one before it made": {[]api.Rewrite{replace("a", "b"), replace("b", "c")}, texts{"a": "1"}, texts{"c": "1"}},
		"a template makes the key anew":                     {[]api.Rewrite{transform(`x-{{ .value | upper }}`)}, texts{"a": "1"}, texts{"x-A": "1"}},
		"a template has the functions of a Secret's":        {[]api.Rewrite{transform(`{{ .value | b64enc }}`)}, texts{"a": "1"}, texts{"YQ==": "1"}},
		"a template that gives nothing drops the value":     {[]api.Rewrite{transform(`{{ if hasPrefix "db_" .value }}{{ .value | trimPrefix "db_" }}{{ end }}`)}, texts{"db_user": "1", "x": "2", "y": "3"}, texts{"user": "1"}},
		"a key of a template that is not there is no error": {[]api.Rewrite{transform(`{{ .none | default .value }}`)}, texts{"a": "1"}, texts{"a": "1"}},
		"keys may take each other's names":                  {[]api.Rewrite{transform(`{{ if eq .value "a" }}b{{ else }}a{{ end }}`)}, texts{"a": "1", "b": "2"}, texts{"a": "2", "b": "1"}},
		"an empty key of the provider can be named":         {[]api.Rewrite{replace("^$", "all")}, texts{"": "1"}, texts{"all": "1"}},
		"nothing stays nothing":                             {[]api.Rewrite{replace("a", "b"), transform("x")}, texts{}, texts{}},
		"a value is not looked at":                          {[]api.Rewrite{replace("a", "b")}, texts{"a": "\xff\x00 a"}, texts{"b": "\xff\x00 a"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := apply(tc.ops, tc.in)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestRenameErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		ops  []api.Rewrite
		in   texts
		want string
	}{
		"two keys that become one": {[]api.Rewrite{replace("[0-9]", "")}, texts{"a1": "x", "a2": "y", "b": "z"},
			`rewrite[0].regexp: keys "a1" and "a2" both become "a", and one value would be lost`},
		"two keys that become one by a template": {[]api.Rewrite{replace("x", "y"), transform("k")}, texts{"a": "x", "b": "y"},
			`rewrite[1].transform: keys "a" and "b" both become "k", and one value would be lost`},
		"a pattern that can't be read": {[]api.Rewrite{replace("(", "")}, texts{"a": "x"},
			"rewrite[0].regexp.source: error parsing regexp: missing closing ): `(`"},
		"a group whose name goes on": {[]api.Rewrite{replace("^(.*)$", "$1_X")}, texts{"a": "x"},
			"rewrite[0].regexp.target: $1_X stands for a group of that name, which the expression does not have: write ${1}_X"},
		"a group that is not there": {[]api.Rewrite{replace("^(.*)$", "${2}")}, texts{"a": "x"},
			"rewrite[0].regexp.target: ${2} stands for a group that the expression does not have"},
		"a name that is not there": {[]api.Rewrite{replace("^(?P<a>.*)$", "$$$a-$b")}, texts{"a": "x"},
			"rewrite[0].regexp.target: $b stands for a group that the expression does not have"},
		"a template that can't be read": {[]api.Rewrite{transform("{{ if }}")}, texts{"a": "x"},
			"rewrite[0].transform.template: line 1: missing value for if"},
		"a template that fails names the key": {[]api.Rewrite{transform(`{{ if eq .value "b" }}{{ fail "no b" }}{{ end }}`)}, texts{"a": "x", "b": "y"},
			`rewrite[0].transform: key "b": line 1: fail: no b`},
		"an unknown function": {[]api.Rewrite{transform(`{{ env "HOME" }}`)}, texts{},
			`rewrite[0].transform.template: line 1: there is no function "env": it would read the environment of the program that renders`},
		"a key that becomes too long": {[]api.Rewrite{replace("a", strings.Repeat("b", 9000))}, texts{"a": "x"},
			`rewrite[0].regexp: key "a" becomes longer than 8192 bytes`},
		"a key that doubles again and again": {doubling(99), texts{"a": "x"}, "becomes longer than 8192 bytes"},
		"a template that runs away":          {[]api.Rewrite{transform("{{ range 999999999 }}{{ end }}")}, texts{"a": "x"}, "the templates take too much work"},
		"an operation that is none":          {[]api.Rewrite{replace("a", "b"), {}}, texts{"a": "x"}, "rewrite[1] has not exactly one of merge, regexp and transform"},
		"an operation that is two":           {[]api.Rewrite{{Regexp: &api.RewriteRegexp{}, Merge: &api.RewriteMerge{}}}, texts{"a": "x"}, "rewrite[0] has not exactly one of merge, regexp and transform"},
		"too many operations":                {doubling(101), texts{}, "rewrite has at most 100 operations, and this one 101"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := apply(tc.ops, tc.in)
			require.ErrorContains(t, err, tc.want)
		})
	}
}

func doubling(times int) []api.Rewrite {
	ops := make([]api.Rewrite, times)
	for i := range ops {
		ops[i] = replace("^.*$", "$0$0")
	}
	return ops
}
