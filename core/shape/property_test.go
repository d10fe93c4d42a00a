package shape_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape"
)

func TestProperty(t *testing.T) {
	for name, tc := range map[string]struct{ payload, property, want string }{
		"a string loses its quotes":                              {`{"user":"ann"}`, "user", "ann"},
		"an escaped string is unescaped":                         {`{"k":"a\"b\\c\nd\u00e9"}`, "k", "a\"b\\c\ndé"},
		"an empty string is a value":                             {`{"k":""}`, "k", ""},
		"null is empty":                                          {`{"k":null}`, "k", ""},
		"a boolean is its word":                                  {`{"k":true}`, "k", "true"},
		"a whole number keeps its digits beyond 2^53":            {`{"k":12345678901234567890123}`, "k", "12345678901234567890123"},
		"a negative whole number keeps its digits":               {`{"k":-9007199254740993}`, "k", "-9007199254740993"},
		"a fraction is written as ESO writes it":                 {`{"k":1.50}`, "k", "1.5"},
		"an exponent is written out as ESO writes it":            {`{"k":1e3}`, "k", "1000"},
		"an object stays the text that is stored":                {`{"k":{ "b":1,  "a":1.50 }}`, "k", `{ "b":1,  "a":1.50 }`},
		"an array stays the text that is stored":                 {`{"k":[1, "x",null]}`, "k", `[1, "x",null]`},
		"a path goes into objects":                               {`{"db":{"user":"ann"}}`, "db.user", "ann"},
		"a path goes into arrays":                                {`{"dbs":[{"user":"ann"},{"user":"bob"}]}`, "dbs.1.user", "bob"},
		"a key with dots wins over a path":                       {`{"db":{"user":"path"},"db.user":"key"}`, "db.user", "key"},
		"a key with dots that is null wins over a path":          {`{"db":{"user":"path"},"db.user":null}`, "db.user", ""},
		"a key with many dots is found":                          {`{"tls.crt.old":"pem"}`, "tls.crt.old", "pem"},
		"a path may escape a dot itself":                         {`{"a":{"tls.crt":"pem"}}`, `a.tls\.crt`, "pem"},
		"the payload may be an array":                            {`["x","y"]`, "1", "y"},
		"the first of two equal keys is taken, as ESO takes it":  {`{"k":"one","k":"two"}`, "k", "one"},
		"a key that is not ASCII is found":                       {`{"schlüssel":"x"}`, "schlüssel", "x"},
		"space around the payload does not matter":               {" \n{\"k\":\"x\"}\n", "k", "x"},
		"a key in front of a deeper one of its name is found":    {`{"a":{"k":"deep"},"k":"top"}`, "k", "top"},
		"a value that looks like a path is not followed further": {`{"k":"{\"in\":\"x\"}"}`, "k", `{"in":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.Property(secret.FromString(tc.payload), tc.property)
			require.NoError(t, err)
			assert.Equal(t, tc.want, string(got.Reveal()))
		})
	}
	for name, tc := range map[string]struct{ payload, property, want string }{
		"a property that is missing":             {`{"user":"canary"}`, "password", `property "password" does not exist`},
		"a path that leads nowhere":              {`{"db":{"user":"canary"}}`, "db.password", `property "db.password" does not exist`},
		"a path into a string":                   {`{"db":"{\"user\":\"canary\"}"}`, "db.user", `does not exist`},
		"a payload that is not JSON":             {`canary`, "k", "is not JSON"},
		"a payload that breaks off":              {`{"k":"canary"`, "k", "is not JSON"},
		"a payload with more after it":           {`{"k":"canary"} canary`, "k", "is not JSON"},
		"an empty payload":                       {``, "k", "is not JSON"},
		"a payload of bytes":                     {"\x00\xff", "k", "is not JSON"},
		"a property of a payload that is a text": {`"canary"`, "k", "does not exist"},
	} {
		t.Run(name+" is an error that does not quote the payload", func(t *testing.T) {
			_, err := shape.Property(secret.FromString(tc.payload), tc.property)
			require.ErrorContains(t, err, tc.want)
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func TestExtract(t *testing.T) {
	for name, tc := range map[string]struct {
		payload string
		want    map[string]string
	}{
		"each top-level key becomes a key": {`{"user":"ann","password":"x"}`, map[string]string{"user": "ann", "password": "x"}},
		"what is not a string stays the text that is stored": {
			`{"int":12345678901234567890,"fraction":1.50,"exponent":1e3,"bool":false,"object":{"b": 1},"array":[1, 2]}`,
			map[string]string{"int": "12345678901234567890", "fraction": "1.50", "exponent": "1e3", "bool": "false", "object": `{"b": 1}`, "array": "[1, 2]"},
		},
		"null is empty":                      {`{"k":null}`, map[string]string{"k": ""}},
		"escapes are undone in keys too":     {`{"\u0061\n":"\u0062\n"}`, map[string]string{"a\n": "b\n"}},
		"the last of two equal keys wins":    {`{"k":"one","k":"two"}`, map[string]string{"k": "two"}},
		"an empty object has no keys":        {`{}`, map[string]string{}},
		"an empty key is left to who checks": {`{"":"x"}`, map[string]string{"": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := shape.Extract(secret.FromString(tc.payload))
			require.NoError(t, err)
			assert.Equal(t, tc.want, revealed(got))
		})
	}
	for name, payload := range map[string]string{
		"a text": "canary", "a JSON text": `"canary"`, "an array": `["canary"]`, "a number": "1234567", "null": "null",
		"an object that breaks off": `{"canary":"canary"`, "two objects": `{"a":"canary"}{"b":"canary"}`, "nothing": "", "bytes": "\x00\xff",
	} {
		t.Run(name+" can't be extracted and is not quoted", func(t *testing.T) {
			_, err := shape.Extract(secret.FromString(payload))
			require.ErrorContains(t, err, "is not a JSON object")
			assert.NotContains(t, err.Error(), "canary")
		})
	}
}

func revealed(values map[string]secret.Value) map[string]string {
	texts := map[string]string{}
	for key, value := range values {
		texts[key] = string(value.Reveal())
	}
	return texts
}

func hidden(texts map[string]string) map[string]secret.Value {
	values := map[string]secret.Value{}
	for key, text := range texts {
		values[key] = secret.FromString(text)
	}
	return values
}
