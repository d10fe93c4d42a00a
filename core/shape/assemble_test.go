package shape_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

// put is an entry of data, take one of dataFrom.
func put(key, payload string, change ...func(*api.RemoteRef)) shape.Entry {
	remote := &api.RemoteRef{Key: "remote"}
	for _, c := range change {
		c(remote)
	}
	return shape.Entry{Path: "spec.data[0]", SecretKey: key, Remote: remote, Payload: secret.FromString(payload)}
}

func take(payload string, change ...func(*api.RemoteRef)) shape.Entry {
	entry := put("", payload, change...)
	entry.Path = "spec.dataFrom[0].extract"
	return entry
}

// made is an entry that a generator filled, with pairs of key and value.
func made(rewrite []api.Rewrite, pairs ...string) shape.Entry {
	values := map[string]secret.Value{}
	for i := 0; i < len(pairs); i += 2 {
		values[pairs[i]] = secret.FromString(pairs[i+1])
	}
	return shape.Entry{Path: "spec.dataFrom[0]", Made: values, Rewrite: rewrite}
}

// rewritten is an entry whose keys are put "db-" before.
func rewritten(entry shape.Entry) shape.Entry {
	entry.Rewrite = []api.Rewrite{{Regexp: &api.RewriteRegexp{Source: "^", Target: "db-"}}}
	return entry
}

func property(name string) func(*api.RemoteRef) { return func(r *api.RemoteRef) { r.Property = name } }

func asBase64(r *api.RemoteRef) { r.DecodingStrategy = api.DecodingStrategyBase64 }

func noNulls(r *api.RemoteRef) { r.NullBytePolicy = api.NullBytePolicyFail }

func TestAssemble(t *testing.T) {
	for name, tc := range map[string]struct {
		entries []shape.Entry
		want    map[string]string
	}{
		"what a generator made is not decoded, nor its keys converted": {[]shape.Entry{made(nil, "a", "aGVsbG8=\x00")}, map[string]string{"a": "aGVsbG8=\x00"}},
		"its keys are rewritten":                    {[]shape.Entry{made([]api.Rewrite{{Regexp: &api.RewriteRegexp{Source: "^", Target: "db-"}}}, "a", "x")}, map[string]string{"db-a": "x"}},
		"a generator that makes nothing":            {[]shape.Entry{made(nil)}, map[string]string{}},
		"values of a rewritten extract are decoded": {[]shape.Entry{rewritten(take(`{"a":"aGVsbG8="}`, asBase64))}, map[string]string{"db-a": "hello"}},
		"nothing gives nothing":                     {nil, map[string]string{}},
		"a whole payload is kept byte for byte":     {[]shape.Entry{put("k", " {\"a\": 1}\x00\xff\n")}, map[string]string{"k": " {\"a\": 1}\x00\xff\n"}},
		"a property goes under its key":             {[]shape.Entry{put("k", `{"a":"x"}`, property("a"))}, map[string]string{"k": "x"}},
		"an extract brings its keys":                {[]shape.Entry{take(`{"a":"x","b":1}`)}, map[string]string{"a": "x", "b": "1"}},
		"an extract of a property":                  {[]shape.Entry{take(`{"in":{"a":"x"}}`, property("in"))}, map[string]string{"a": "x"}},
		"a later entry wins over an earlier one":    {[]shape.Entry{take(`{"a":"one","b":"one"}`), put("a", "two")}, map[string]string{"a": "two", "b": "one"}},
		"a later extract wins over an earlier one":  {[]shape.Entry{take(`{"a":"one"}`), take(`{"a":"two"}`)}, map[string]string{"a": "two"}},
		"the last of two entries of a key wins":     {[]shape.Entry{put("a", "one"), put("a", "two")}, map[string]string{"a": "two"}},
		"a property is decoded":                     {[]shape.Entry{put("k", `{"a":"aGVsbG8="}`, property("a"), asBase64)}, map[string]string{"k": "hello"}},
		"each value of an extract is decoded":       {[]shape.Entry{take(`{"a":"aGVsbG8=","b":"eA=="}`, asBase64)}, map[string]string{"a": "hello", "b": "x"}},
		"keys of an extract are converted":          {[]shape.Entry{take(`{"a/b":"x"}`)}, map[string]string{"a_b": "x"}},
		"an empty key of an extract is dropped":     {[]shape.Entry{take(`{"":"x","a":"y"}`)}, map[string]string{"a": "y"}},
		"null bytes pass by default":                {[]shape.Entry{put("k", "a\x00b")}, map[string]string{"k": "a\x00b"}},
		"a value without null bytes passes Fail":    {[]shape.Entry{put("k", "ab", noNulls)}, map[string]string{"k": "ab"}},
		"an empty extract gives no keys":            {[]shape.Entry{take(`{}`)}, map[string]string{}},
		"1 MiB of values fits":                      {[]shape.Entry{put("k", strings.Repeat("x", 1<<20))}, map[string]string{"k": strings.Repeat("x", 1<<20)}},
		"what is overwritten does not count for it": {[]shape.Entry{put("k", strings.Repeat("x", 1<<20)), put("k", "y")}, map[string]string{"k": "y"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.Assemble(tc.entries, true)
			require.NoError(t, err)
			assert.Equal(t, tc.want, revealed(got))
		})
	}
	for name, tc := range map[string]struct {
		entries []shape.Entry
		want    []string
	}{
		"a missing property":                       {[]shape.Entry{put("k", `{"a":"canary"}`, property("b"))}, []string{"spec.data[0]", `remote key "remote"`, `property "b"`}},
		"an extract of what is no JSON":            {[]shape.Entry{take("canary")}, []string{"spec.dataFrom[0].extract", `remote key "remote"`, "not a JSON object"}},
		"a value that is not base64":               {[]shape.Entry{put("k", "canary", asBase64)}, []string{"spec.data[0]", `key "k"`, "Base64"}},
		"a value of an extract that is not base64": {[]shape.Entry{take(`{"good":"eA==","ugly":"canary"}`, asBase64)}, []string{`key "ugly"`}},
		"a null byte":                              {[]shape.Entry{put("k", "canary\x00", noNulls)}, []string{`key "k"`, "null bytes", "nullBytePolicy"}},
		"a null byte of a rewritten extract":       {[]shape.Entry{rewritten(take(`{"a":"Y2FuYXJ5AA=="}`, asBase64, noNulls))}, []string{`key "db-a"`, "null bytes"}},
		"a null byte that was encoded":             {[]shape.Entry{put("k", "Y2FuYXJ5AA==", asBase64, noNulls)}, []string{"null bytes"}},
		"keys that collide":                        {[]shape.Entry{take(`{"a/b":"canary","a b":"canary"}`)}, []string{`two keys become "a_b"`}},
		"a key that the API server refuses":        {[]shape.Entry{take(`{"schlüssel":"canary"}`)}, []string{"invalid secret key"}},
		"such a key that a generator names":        {[]shape.Entry{made(nil, "schlüssel", "canary")}, []string{"spec.dataFrom[0].sourceRef.generatorRef: invalid secret key"}},
		"more than 1 MiB":                          {[]shape.Entry{put("a", strings.Repeat("x", 1<<19)), put("b", strings.Repeat("x", 1<<19)), put("c", "x")}, []string{"1048577 bytes", "1048576"}},
	} {
		t.Run(name+" is an error that says where and does not quote", func(t *testing.T) {
			_, err := shape.Assemble(tc.entries, true)
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			assert.NotContains(t, err.Error(), "canary")
		})
	}
	t.Run("what a template makes something else of may be larger, and have other keys", func(t *testing.T) {
		got, err := shape.Assemble([]shape.Entry{take(`{"schlüssel":"x"}`), put("a", strings.Repeat("x", 1<<20)), put("b", "y")}, false)
		require.NoError(t, err)
		assert.Len(t, got, 3)
	})
	t.Run("the payload itself is left as it was", func(t *testing.T) {
		entry := take(`{"a":"aGVsbG8="}`, asBase64)
		before := bytes.Clone(entry.Payload.Reveal())
		_, err := shape.Assemble([]shape.Entry{entry, entry}, true)
		require.NoError(t, err)
		assert.Equal(t, before, entry.Payload.Reveal())
	})
}
