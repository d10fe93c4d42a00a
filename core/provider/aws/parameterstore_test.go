package aws

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// parameters are Parameter Store's answer for names with or without a version or label, each with the value "NAME's value".
func parameters(names ...string) []map[string]any {
	var all []map[string]any
	for _, name := range names {
		bare, selector, ok := strings.Cut(name, ":")
		entry := map[string]any{"Name": bare, "Value": name + "'s value", "Version": 7}
		if ok {
			entry["Selector"] = ":" + selector
		}
		all = append(all, entry)
	}
	return all
}

func TestReadParameters(t *testing.T) {
	const one, many = "GetParameter", "GetParameters"
	single := func(c call) reply {
		return reply{Body: map[string]any{"Parameter": map[string]any{"Name": c.JSON.Name, "Value": c.JSON.Name + "'s own value"}}}
	}
	batch := func(body map[string]any) func(call) reply {
		return func(c call) reply {
			if c.Operation == one {
				return single(c)
			}
			return reply{Body: body}
		}
	}
	for name, tc := range map[string]struct {
		answer     func(call) reply
		group      []provider.Ref
		want       []string
		operations []string
	}{
		"many parameters are one request, whatever the order of the answer": {
			batch(map[string]any{"Parameters": parameters("/c", "/a", "/b")}), refs("/a", "/b", "/c"),
			[]string{"/a's value", "/b's value", "/c's value"}, []string{many},
		},
		"one parameter is read without a batch": {
			single, refs("/a"), []string{"/a's own value"}, []string{one},
		},
		"versions and labels are part of the batch": {
			batch(map[string]any{"Parameters": parameters("/b:live", "/a:3", "/c")}),
			[]provider.Ref{{Key: "/a", Version: "3"}, {Key: "/b", Version: "live"}, {Key: "/c"}},
			[]string{"/a:3's value", "/b:live's value", "/c's value"}, []string{many},
		},
		"a service that does not repeat the version is understood": {
			batch(map[string]any{"Parameters": parameters("/a", "/b")}), []provider.Ref{{Key: "/a", Version: "3"}, {Key: "/b:live"}},
			[]string{"/a's value", "/b's value"}, []string{many},
		},
		"a parameter asked for by its ARN is found": {
			batch(map[string]any{"Parameters": parameters("/a", "b")}),
			refs("arn:aws:ssm:eu-central-1:123456789012:parameter/a:3", "arn:aws:ssm:eu-central-1:123456789012:parameter/b"),
			[]string{"/a's value", "b's value"}, []string{many},
		},
		"a parameter without a path may be named with a slash": {
			batch(map[string]any{"Parameters": parameters("a", "b")}), refs("/a", "b"), []string{"a's value", "b's value"}, []string{many},
		},
		"what does not exist is that parameter's error": {
			batch(map[string]any{"Parameters": parameters("/a"), "InvalidParameters": []string{"/b"}}), refs("/a", "/b"),
			[]string{"/a's value", "[NotFound]"}, []string{many},
		},
		"a parameter that the batch neither gives nor refuses is asked for alone": {
			batch(map[string]any{"Parameters": parameters("/a")}), refs("/a", "/b"),
			[]string{"/a's value", "/b's own value"}, []string{many, one},
		},
		"a batch that fails over one of its names becomes single reads": {
			func(c call) reply {
				if c.Operation == one {
					return single(c)
				}
				return refuse("ValidationException", "a b")
			}, refs("/a", "a b"), []string{"/a's own value", "a b's own value"}, []string{many, one, one},
		},
		"a batch that fails for the whole service fails each parameter without more requests": {
			func(call) reply { return refuse("ExpiredTokenException", "expired") }, refs("/a", "/b"),
			[]string{"[Unauthenticated]", "[Unauthenticated]"}, []string{many},
		},
		"a parameter without a value is an error": {
			func(call) reply { return reply{Body: map[string]any{"Parameter": map[string]any{"Name": "/a"}}} }, refs("/a"),
			[]string{"[Invalid]"}, []string{one},
		},
		"an answer without a parameter is an error": {
			func(call) reply { return reply{Body: map[string]any{}} }, refs("/a"), []string{"[Invalid]"}, []string{one},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tc.answer)
			reader := s.open(t, 1, ofParameters)
			assert.Equal(t, tc.want, texts(reader.Read(t.Context(), tc.group)))
			assert.Equal(t, tc.operations, s.operations())
			for _, c := range s.made() {
				assert.True(t, c.JSON.WithDecryption, "a secure string that is not decrypted is of no use")
			}
		})
	}
}

func TestReadParametersInTheWordsOfASingleRead(t *testing.T) {
	missing := func(c call) reply {
		switch {
		case c.Operation == "GetParameters":
			return reply{Body: map[string]any{"InvalidParameters": c.JSON.Names}}
		case strings.Contains(c.JSON.Name, ":"):
			return refuse("ParameterVersionNotFound", "could not find the version")
		default:
			return refuse("ParameterNotFound", "")
		}
	}
	s := serve(t, missing)
	reader := s.open(t, 1, ofParameters)
	group := []provider.Ref{{Key: "/a"}, {Key: "/b", Version: "9"}}
	batch := reader.Read(t.Context(), group)
	for i, ref := range group {
		alone := reader.Read(t.Context(), []provider.Ref{ref})
		assert.Equal(t, provider.NotFound, provider.KindOf(alone[0].Err))
		require.EqualError(t, batch[i].Err, alone[0].Err.Error())
	}
	assert.Equal(t, []string{"GetParameters", "GetParameter", "GetParameter", "GetParameter"}, s.operations(),
		"only a missing version needs a request of its own")
}

func TestStopBatchingParameters(t *testing.T) {
	denied := func(action string, names []string) reply {
		return refuse("AccessDeniedException", "not authorized to perform: ssm:"+action+" on resource: "+strings.Join(names, ","))
	}
	t.Run("for good and said once when the action is not permitted", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.Operation == "GetParameters" {
				return denied(c.Operation, c.JSON.Names)
			}
			return reply{Body: map[string]any{"Parameter": map[string]string{"Value": "v"}}}
		})
		reader := s.open(t, 1, ofParameters)
		for range 3 {
			assert.Equal(t, []string{"v", "v"}, texts(reader.Read(t.Context(), refs("/a", "/b"))))
		}
		stats := reader.Stats()
		assert.Equal(t, map[string]int{"SSM.GetParameters": 1, "SSM.GetParameter": 6}, stats.Requests)
		require.Len(t, stats.Notes, 1)
		assert.Contains(t, stats.Notes[0], "up to 10 times the requests")
	})
	t.Run("not because one parameter may not be read", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.JSON.Name == "/locked" || slices.Contains(c.JSON.Names, "/locked") {
				return denied(c.Operation, []string{"/locked"})
			}
			if c.Operation == "GetParameter" {
				return reply{Body: map[string]any{"Parameter": map[string]string{"Value": "v"}}}
			}
			return reply{Body: map[string]any{"Parameters": parameters(c.JSON.Names...)}}
		})
		reader := s.open(t, 1, ofParameters)
		assert.Equal(t, []string{"[Denied]", "v"}, texts(reader.Read(t.Context(), refs("/locked", "/a"))))
		assert.Equal(t, []string{"/c's value", "/d's value"}, texts(reader.Read(t.Context(), refs("/c", "/d"))))
		assert.Empty(t, reader.Stats().Notes)
	})
	t.Run("not because the key of one parameter can't be used", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.Operation == "GetParameters" || c.JSON.Name == "/locked" {
				return refuse("InvalidKeyId", "disabled")
			}
			return reply{Body: map[string]any{"Parameter": map[string]string{"Value": "v"}}}
		})
		reader := s.open(t, 1, ofParameters)
		assert.Equal(t, []string{"[Denied]", "v"}, texts(reader.Read(t.Context(), refs("/locked", "/a"))))
		assert.Empty(t, reader.Stats().Notes)
	})
}
