package rewrite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

func merge(op api.RewriteMerge) []api.Rewrite { return []api.Rewrite{{Merge: &op}} }

func TestMergeExtract(t *testing.T) {
	ignore := api.RewriteMergeConflictIgnore
	for name, tc := range map[string]struct {
		op       api.RewriteMerge
		in, want texts
	}{
		"the inner keys become the keys":                   {api.RewriteMerge{}, texts{"x": `{"a":"1"}`, "y": `{"b":"2"}`}, texts{"a": "1", "b": "2"}},
		"text loses its quotes":                            {api.RewriteMerge{}, texts{"x": `{"a":"q\"\u003c\né"}`}, texts{"a": "q\"<\né"}},
		"null is empty":                                    {api.RewriteMerge{}, texts{"x": `{"a":null}`}, texts{"a": ""}},
		"truth values are words":                           {api.RewriteMerge{}, texts{"x": `{"a":true,"b":false}`}, texts{"a": "true", "b": "false"}},
		"numbers are as they are written":                  {api.RewriteMerge{}, texts{"x": `{"a":8080,"b":-1.5,"c":0}`}, texts{"a": "8080", "b": "-1.5", "c": "0"}},
		"a large integer keeps its digits":                 {api.RewriteMerge{}, texts{"x": `{"a":9007199254740993,"b":123456789012345678901234567890}`}, texts{"a": "9007199254740993", "b": "123456789012345678901234567890"}},
		"a float keeps its digits":                         {api.RewriteMerge{}, texts{"x": `{"a":1.50,"b":0.12345678901234567890,"c":1e3}`}, texts{"a": "1.50", "b": "0.12345678901234567890", "c": "1e3"}},
		"an object is compact JSON in order":               {api.RewriteMerge{}, texts{"x": `{"a": {"z": 1, "b": [1, "x"]} }`}, texts{"a": `{"b":[1,"x"],"z":1}`}},
		"an object keeps digits within":                    {api.RewriteMerge{}, texts{"x": `{"a":{"id":9007199254740993,"f":1.50}}`}, texts{"a": `{"f":1.50,"id":9007199254740993}`}},
		"an object has HTML escaped":                       {api.RewriteMerge{}, texts{"x": `{"a":{"b":"<&>"}}`}, texts{"a": `{"b":"\u003c\u0026\u003e"}`}},
		"an empty object adds nothing":                     {api.RewriteMerge{}, texts{"x": `{}`, "y": `{"a":"1"}`}, texts{"a": "1"}},
		"null is an empty object":                          {api.RewriteMerge{}, texts{"x": ` null `, "y": `{"a":"1"}`}, texts{"a": "1"}},
		"nothing gives nothing":                            {api.RewriteMerge{}, texts{}, texts{}},
		"a later key wins":                                 {api.RewriteMerge{ConflictPolicy: ignore}, texts{"y": `{"a":"2"}`, "x": `{"a":"1"}`}, texts{"a": "2"}},
		"a key with priority wins":                         {api.RewriteMerge{ConflictPolicy: ignore, Priority: []string{"x"}}, texts{"x": `{"a":"1"}`, "y": `{"a":"2"}`}, texts{"a": "1"}},
		"the last key with priority wins":                  {api.RewriteMerge{ConflictPolicy: ignore, Priority: []string{"z", "x"}}, texts{"x": `{"a":"1"}`, "y": `{"a":"2"}`, "z": `{"a":"3"}`}, texts{"a": "1"}},
		"a nested object is replaced, not merged":          {api.RewriteMerge{ConflictPolicy: ignore}, texts{"x": `{"a":{"b":1}}`, "y": `{"a":{"c":2}}`}, texts{"a": `{"c":2}`}},
		"a key that is twice in one object is no conflict": {api.RewriteMerge{}, texts{"x": `{"a":"1","a":"2"}`}, texts{"a": "2"}},
		"priority may name what is not there, if told so": {
			api.RewriteMerge{Priority: []string{"none", "x"}, PriorityPolicy: api.RewriteMergePriorityIgnoreNotFound}, texts{"x": `{"a":"1"}`}, texts{"a": "1"}},
		"into has no meaning here": {api.RewriteMerge{Strategy: api.RewriteMergeExtract, Into: "all"}, texts{"x": `{"a":"1"}`}, texts{"a": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := apply(merge(tc.op), tc.in)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestMergeJSON(t *testing.T) {
	for name, tc := range map[string]struct {
		op       api.RewriteMerge
		in, want texts
	}{
		"the merged object is one more value": {api.RewriteMerge{}, texts{"x": `{"b":1}`, "y": `{"a":"2"}`}, texts{"x": `{"b":1}`, "y": `{"a":"2"}`, "all": `{"a":"2","b":1}`}},
		"it has no HTML escaped":              {api.RewriteMerge{}, texts{"x": `{"a":"<&>"}`}, texts{"x": `{"a":"<&>"}`, "all": `{"a":"<&>"}`}},
		"it keeps digits":                     {api.RewriteMerge{}, texts{"x": `{"a":9007199254740993,"b":{"c":1.50}}`}, texts{"x": `{"a":9007199254740993,"b":{"c":1.50}}`, "all": `{"a":9007199254740993,"b":{"c":1.50}}`}},
		"it keeps null":                       {api.RewriteMerge{}, texts{"x": `{"a":null}`}, texts{"x": `{"a":null}`, "all": `{"a":null}`}},
		"it takes the place of a value":       {api.RewriteMerge{Into: "x"}, texts{"x": ` {"a":1} `}, texts{"x": `{"a":1}`}},
		"of nothing it is an empty object":    {api.RewriteMerge{}, texts{}, texts{"all": "{}"}},
	} {
		t.Run(name, func(t *testing.T) {
			tc.op.Strategy = api.RewriteMergeJSON
			if tc.op.Into == "" {
				tc.op.Into = "all"
			}
			got, err := apply(merge(tc.op), tc.in)
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestMergeErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		op   api.RewriteMerge
		in   texts
		want string
	}{
		"a value that is no object":   {api.RewriteMerge{}, texts{"x": "hunter22"}, `rewrite[0].merge: the value of key "x" is not a JSON object`},
		"a value that is a list":      {api.RewriteMerge{}, texts{"x": `["hunter22"]`}, `rewrite[0].merge: the value of key "x" is not a JSON object`},
		"text after an object":        {api.RewriteMerge{}, texts{"x": `{} hunter22`}, `rewrite[0].merge: the value of key "x" is not a JSON object`},
		"an empty value":              {api.RewriteMerge{}, texts{"x": ""}, `rewrite[0].merge: the value of key "x" is not a JSON object`},
		"the same inner key twice":    {api.RewriteMerge{}, texts{"x": `{"a":1,"b":2}`, "y": `{"b":2}`}, `rewrite[0].merge: the values of keys "x" and "y" both have "b"; conflictPolicy Ignore lets the later one win`},
		"priority does not allow it":  {api.RewriteMerge{Priority: []string{"x"}}, texts{"x": `{"b":2}`, "y": `{"b":2}`}, `rewrite[0].merge: the values of keys "y" and "x" both have "b"; conflictPolicy Ignore lets the later one win`},
		"priority without such a key": {api.RewriteMerge{Priority: []string{"z"}}, texts{"x": `{}`}, `rewrite[0].merge: priority names key "z", which was not fetched; priorityPolicy IgnoreNotFound allows that`},
		"JSON without into":           {api.RewriteMerge{Strategy: api.RewriteMergeJSON}, texts{"x": `{}`}, "rewrite[0].merge.into is missing: it names the key of the merged object under strategy JSON"},
		"an unknown strategy":         {api.RewriteMerge{Strategy: "x"}, nil, `rewrite[0].merge.strategy "x" is none of Extract and JSON`},
		"an unknown priority policy":  {api.RewriteMerge{PriorityPolicy: "x"}, nil, `rewrite[0].merge.priorityPolicy "x" is none of Strict and IgnoreNotFound`},
		"an unknown conflict policy":  {api.RewriteMerge{ConflictPolicy: "x"}, nil, `rewrite[0].merge.conflictPolicy "x" is none of Error and Ignore`},
		"values that add up to too much": {api.RewriteMerge{Strategy: api.RewriteMergeJSON, Into: "all"},
			texts{"x": `{"a":"` + strings.Repeat("x", 9<<20) + `"}`}, "rewrite[0].merge: the values would have more than 16777216 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := apply(merge(tc.op), tc.in)
			require.EqualError(t, err, tc.want)
			assert.NotContains(t, err.Error(), "hunter22")
		})
	}
}

func TestMergeThenRename(t *testing.T) {
	got, err := apply(append(merge(api.RewriteMerge{}), replace("^", "db_"), transform("{{ .value | upper }}")), texts{"x": `{"user":"u"}`, "y": `{"pass":"p"}`})
	require.NoError(t, err)
	assert.Equal(t, texts{"DB_USER": "u", "DB_PASS": "p"}, got)
}
