package shape_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

// remoteParts are those of a remote secret that is a map by nature: texts, bytes, JSON, and names with dots.
func remoteParts() map[string]secret.Value {
	return hidden(map[string]string{
		"user": "ann", "raw": "\xff\x00x", "config": `{"db":{"port":5432},"a.b":"dotted"}`, "config.db": "itself", "tls.crt": "pem", "empty": "",
	})
}

func TestPropertyOfParts(t *testing.T) {
	for name, tc := range map[string]struct{ property, want string }{
		"a part by its name":                     {"user", "ann"},
		"a part that is empty":                   {"empty", ""},
		"bytes as they are":                      {"raw", "\xff\x00x"},
		"a part with a dot in its name":          {"tls.crt", "pem"},
		"a part before a path into another":      {"config.db", "itself"},
		"a path into a part after the first dot": {"config.db.port", "5432"},
		"a key with a dot within a part":         {"config.a.b", "dotted"},
		"JSON as it is":                          {"config", `{"db":{"port":5432},"a.b":"dotted"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.PropertyOfParts(remoteParts(), tc.property)
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got.Reveal()))
		})
	}
	for name, tc := range map[string]struct{ property, want string }{
		"a part that is missing":             {"password", `property "password" does not exist in the remote secret; it has: config, config.db, empty, raw, tls.crt, user`},
		"a path into a part that is missing": {"other.db", `property "other.db" does not exist`},
		"a path of nothing":                  {"config.", `property "config." does not exist`},
		"a path from nothing":                {".db", `property ".db" does not exist`},
		"a path that leads nowhere":          {"config.host", `in "config": property "host" does not exist`},
		"a path into a text":                 {"user.name", `in "user": property "name" can't be read: the remote secret is not JSON`},
	} {
		t.Run(name+" is an error that does not quote", func(t *testing.T) {
			_, err := shape.PropertyOfParts(remoteParts(), tc.property)
			require.ErrorContains(t, err, tc.want)
			for _, value := range []string{"ann", "5432", "dotted", "pem"} {
				assert.NotContains(t, err.Error(), value)
			}
		})
	}
}

func TestAssembleOfParts(t *testing.T) {
	ofParts := func(entry shape.Entry) []shape.Entry {
		entry.Parts = remoteParts()
		return []shape.Entry{entry}
	}
	whole := revealed(remoteParts())
	for name, tc := range map[string]struct {
		entries []shape.Entry
		want    map[string]string
	}{
		"an extract brings the parts byte for byte":        {ofParts(take("unused")), whole},
		"an extract of a property brings the keys of JSON": {ofParts(take("unused", property("config"))), map[string]string{"db": `{"port":5432}`, "a.b": "dotted"}},
		"a property is that of the parts":                  {ofParts(put("k", "unused", property("raw"))), map[string]string{"k": "\xff\x00x"}},
		"the whole is the payload":                         {ofParts(put("k", "whole")), map[string]string{"k": "whole"}},
		"a remote secret without parts has no keys":        {[]shape.Entry{{Remote: take("").Remote, Parts: map[string]secret.Value{}}}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.Assemble(tc.entries, true)
			require.NoError(t, err)
			assert.Equal(t, tc.want, revealed(got))
		})
	}
	t.Run("the parts themselves are left as they were", func(t *testing.T) {
		entry := take("unused", asBase64)
		entry.Parts = hidden(map[string]string{"a": "aGVsbG8=", "": "dropped"})
		got, err := shape.Assemble([]shape.Entry{entry, entry}, true)
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a": "hello"}, revealed(got))
		assert.Equal(t, map[string]string{"a": "aGVsbG8=", "": "dropped"}, revealed(entry.Parts))
	})
}
