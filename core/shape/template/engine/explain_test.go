package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

func TestErrors(t *testing.T) {
	values := map[string]string{"user": "ada", "tls.crt": "CERT"}
	for name, tc := range map[string]struct{ template, want string }{
		"a missing key is named with those there are":    {"\n\n{{ .pass }}", `line 3: there is no key "pass" here; the fetched keys are tls.crt, user`},
		"a key with dots is explained":                   {"{{ .tls.crt }}", `line 1: there is no key "tls" here; the fetched keys are tls.crt, user; a key with dots is written {{ index . "tls.crt" }}`},
		"a missing key within a template that is called": {"{{ define \"x\" }}\n{{ .none }}{{ end }}{{ template \"x\" . }}", `line 2: there is no key "none" here; the fetched keys are tls.crt, user`},
		"a key of null is explained":                     {`{{ (fromJson .user).x }}`, `line 1: there is nothing to take "x" from: the value is null, or could not be read`},
		"a field of text is explained":                   {"{{ .user.name }}", "line 1: can't evaluate field name in type string"},
		"a dash in a key is explained":                   {"{{ .a-b }}", `line 1: bad character U+002D '-'; a key with a dash is written {{ index . "a-key" }}`},
		"an action that does not end names its line":     {"a\n{{ if .user }}", "line 2: unexpected EOF"},
		"an unknown function is named with its line":     {"a\n{{ nope .user }}", `line 2: there is no function "nope"`},
		"another case of a function is suggested":        {"{{ toJSON .user }}", `line 1: there is no function "toJSON": did you mean toJson?`},
		"a function of engine v1 has its successor":      {"{{ base64decode .user }}", `line 1: there is no function "base64decode", which was one of engine v1: use b64dec`},
		"env is refused":                                 {`{{ env "HOME" }}`, `line 1: there is no function "env": it would read the environment of the program that renders`},
		"expandenv is refused":                           {`{{ expandenv "$HOME" }}`, `line 1: there is no function "expandenv": it would read the environment of the program that renders`},
		"getHostByName is refused":                       {`{{ getHostByName .user }}`, `line 1: there is no function "getHostByName": a DNS query would carry a secret away`},
		"getSecretKey is refused":                        {`{{ getSecretKey "a" "b" "c" }}`, `line 1: there is no function "getSecretKey": it would read Secrets of other namespaces; use dataFrom.sourceRef`},
		"a function of the engine itself can't be named": {`{{ _step 1 }}`, `line 1: there is no function "_step"`},
		"a function is refused even where it is not run": {`{{ if false }}{{ env "HOME" }}{{ end }}`, `line 1: there is no function "env": it would read the environment of the program that renders`},
		"fail fails with its message":                    {"\n{{ fail \"no luck\" }}", "line 2: fail: no luck"},
		"fail tells nothing that is made":                {`{{ .user | trunc 2 | printf "no luck with %s" | fail }}`, "line 1: fail: the template refuses these values; its message is withheld, as it is not written in the template but made"},
		"too few arguments are counted":                  {`{{ upper }}`, "line 1: wrong number of args for upper: want 1 got 0"},
		"an argument of another type is named":           {`{{ upper (list 1) }}`, "line 1: wrong type for value; expected string; got []interface {}"},
		"range over text is explained":                   {"{{ range .user }}{{ end }}", "line 1: range: the value is no list, dict or number"},
		"a template that is not defined is named":        {`{{ template "x" }}`, `line 1: template "x" not defined`},
		"an index out of range is told":                  {`{{ index (list 1) 3 }}`, "line 1: index: index out of range"},
		"a division by zero is told":                     {`{{ div 1 0 }}`, "line 1: div: runtime error: integer divide by zero"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(tc.template, values, engine.Options{})
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestMissingKeyAmongNoneOrMany(t *testing.T) {
	_, err := render("{{ .a }}", nil, engine.Options{})
	require.EqualError(t, err, `line 1: there is no key "a" here, and none was fetched`)

	many := map[string]string{}
	for i := range 40 {
		many[fmt.Sprintf("k%02d", i)] = ""
	}
	_, err = render("{{ .a }}", many, engine.Options{})
	require.ErrorContains(t, err, "k28, k29 and 10 more")
	assert.NotContains(t, err.Error(), "k30")
}

func TestErrorsQuoteNoValue(t *testing.T) {
	const canary = "s3cr3t-Canary"
	values := map[string]string{"v": canary, "pem": "-----BEGIN " + canary + "-----\naGk=\n-----END " + canary + "-----\n"}
	for _, template := range []string{
		`{{ .v | mustToDate "2006" }}`, `{{ .v | mustFromJson }}`, `{{ semver .v }}`, `{{ semverCompare .v .v }}`, `{{ urlParse (print ":" .v) }}`,
		`{{ range .v }}{{ end }}`, `{{ index (dict) .v .v }}`, `{{ template "x" .v }}`, `{{ mustDateModify .v now }}`, `{{ regexFind (print .v "(") "" }}`,
		`{{ .v | b64dec }}`, `{{ .v | b32dec }}`, `{{ .v | hexdec }}`, `{{ genPrivateKey .v }}`, `{{ derivePassword 1 .v "" "" "" }}`,
		`{{ htpasswd (print .v ":") "" }}`, `{{ decryptAES .v .v }}`, `{{ genCAWithKey .v 1 .v }}`, `{{ genSelfSignedCert .v (list .v) nil 1 }}`,
		`{{ buildCustomCert .v .v }}`, `{{ filterPEM "x" .v }}`, `{{ filterCertChain .v .pem }}`, `{{ filterCertChain .v .v }}`, `{{ certSANs .pem }}`,
		`{{ pkcs12key .v }}`, `{{ pkcs12certPass .v .v }}`, `{{ pemToPkcs12 .pem .v }}`, `{{ pemTruststoreToPKCS12 .v }}`,
		`{{ jwkPublicKeyPem .v }}`, `{{ jwkPrivateKeyPem (printf "{\"kty\":\"%s\"}" .v) }}`, `{{ rsaDecrypt .v "" "" "" }}`, `{{ rsaDecrypt "RSA-OAEP" .v .v .v }}`,
		`{{ (fromJson (printf "{\"a\":\"%s\"}" .v)).a.b }}`, `{{ mustToJson (fromYaml .v).x }}`, `{{ concat .v .v }}`, `{{ first .v }}`, `{{ dig .v }}`,
		`{{ slice .v 1 }}`, `{{ chunk 0 .v }}`, `{{ mustRest .v }}`, `{{ urlJoin (dict "userinfo" (print .v "%")) }}`, `{{ eq .v (list .v) }}`,
		`{{ get .v .v }}`, `{{ set . .v .v }}`, `{{ splitn .v -1 (list .v) }}`, `{{ if .v.x }}{{ end }}`, `{{ printf .v .v | .v }}`, `{{ call .v }}`, `{{ len 3 }}{{ .v }}`,
	} {
		t.Run(template, func(t *testing.T) {
			_, err := render(template, values, engine.Options{})
			require.Error(t, err)
			assert.NotContains(t, err.Error(), canary)
			assert.NotContains(t, err.Error(), canary[:6])
		})
	}
}

func TestErrorsQuoteNoConfidentialTemplate(t *testing.T) {
	const canary = "s3cr3tCanary"
	for name, template := range map[string]string{
		"a parse error":                 `{{ "` + canary + `" "}}`,
		"an unknown function":           `{{ ` + canary + ` }}`,
		"an unclosed action":            "{{ if `" + canary + "` }}",
		"a call with a wrong argument":  `{{ until "` + canary + `" }}`,
		"a function that fails":         `{{ "` + canary + `" | hexdec }}`,
		"a message of fail":             `{{ fail "` + canary + `" }}`,
		"a field of text":               `{{ .v.` + canary + ` }}`,
		"a template that is not there":  `{{ template "` + canary + `" }}`,
		"a number that is none":         `{{ 1` + canary + ` }}`,
		"a variable that is not there":  `{{ $` + canary + ` }}`,
		"a duplicate of a definition":   strings.Repeat(`{{ define "`+canary+`" }}x{{ end }}`, 2),
		"arguments for what takes none": `{{ .v "` + canary + `" }}`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(template, map[string]string{"v": "x"}, engine.Options{Confidential: true})
			require.Error(t, err)
			assert.NotContains(t, err.Error(), canary)
			assert.Contains(t, err.Error(), "line 1: ")
		})
	}
}
