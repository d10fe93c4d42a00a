package engine_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// known are the functions that templates written for External Secrets Operator v2.9 can call.
const known = `
pkcs12key pkcs12keyPass pkcs12cert pkcs12certPass pemToPkcs12 pemToPkcs12Pass fullPemToPkcs12 fullPemToPkcs12Pass
pemTruststoreToPKCS12 pemTruststoreToPKCS12Pass filterPEM filterCertChain certSANs jwkPublicKeyPem jwkPrivateKeyPem toYaml
fromYaml rsaDecrypt
hello ago date date_in_zone date_modify dateInZone dateModify duration durationRound htmlDate htmlDateInZone must_date_modify
mustDateModify mustToDate now toDate unixEpoch abbrev abbrevboth trunc trim upper lower title untitle substr repeat trimall
trimAll trimSuffix trimPrefix nospace initials randAlphaNum randAlpha randAscii randNumeric swapcase shuffle snakecase
camelcase kebabcase wrap wrapWith contains hasPrefix hasSuffix quote squote cat indent nindent replace plural sha1sum
sha256sum sha512sum adler32sum toString atoi int64 int float64 seq toDecimal split splitList splitn toStrings until untilStep
add1 add sub div mod mul randInt add1f addf subf divf mulf biggest max min maxf minf ceil floor round join sortAlpha default
empty coalesce all any compact mustCompact fromJson toJson toPrettyJson toRawJson mustFromJson mustToJson mustToPrettyJson
mustToRawJson ternary deepCopy mustDeepCopy typeOf typeIs typeIsLike kindOf kindIs deepEqual base dir clean ext isAbs osBase
osClean osDir osExt osIsAbs b64enc b64dec b32enc b32dec hexdec tuple list dict get set unset hasKey pluck keys pick omit merge
mergeOverwrite mustMerge mustMergeOverwrite values append push mustAppend mustPush prepend mustPrepend first mustFirst rest
mustRest last mustLast initial mustInitial reverse mustReverse uniq mustUniq without mustWithout has mustHas slice mustSlice
concat dig chunk mustChunk bcrypt htpasswd genPrivateKey derivePassword buildCustomCert genCA genCAWithKey genSelfSignedCert
genSelfSignedCertWithKey genSignedCert genSignedCertWithKey encryptAES decryptAES randBytes uuidv4 semver semverCompare fail
regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll mustRegexReplaceAll
regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit regexQuoteMeta urlParse urlJoin
and or not len index call eq ne lt le gt ge print println printf html js urlquery`

func TestEveryFunctionIsThere(t *testing.T) {
	for name := range strings.FieldsSeq(known) {
		_, err := engine.New().Parse("{{ "+name+" }}", engine.Options{})
		assert.NoError(t, err)
	}
}

func TestEveryFunctionIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../../../docs/templates.md")
	require.NoError(t, err)
	text := regexp.MustCompile("(?s)\n```.*?\n```").ReplaceAllString(string(page), "") // blocks are no spans
	all, unstable, found := strings.Cut(text, "### Functions that change the Secret at each refresh")
	require.True(t, found)
	words := func(text string) []string {
		var words []string
		for _, span := range regexp.MustCompile("`[^`]+`").FindAllString(text, -1) {
			words = append(words, strings.Fields(strings.Trim(span, "`"))...)
		}
		return words
	}
	unstable, _, _ = strings.Cut(unstable, "The functions that make")
	for name := range strings.FieldsSeq(known) {
		template, err := engine.New().Parse("{{ "+name+" }}", engine.Options{})
		require.NoError(t, err)
		assert.Contains(t, words(all), name)
		assert.Equal(t, len(template.Unstable()) > 0, slices.Contains(words(unstable), name), name)
	}
}

func TestFunctions(t *testing.T) {
	values := map[string]string{"text": "hello", "list": "a,b,c"}
	for name, tc := range map[string]struct{ template, want string }{
		"b64dec decodes":                                  {`{{ "aGVsbG8=" | b64dec }}`, "hello"},
		"b64dec ignores line breaks":                      {"{{ \"aGVs\\nbG8=\\n\" | b64dec }}", "hello"},
		"b32dec decodes":                                  {`{{ "NBSWY3DP" | b32dec }}`, "hello"},
		"hexdec decodes":                                  {`{{ "68656c6c6f" | hexdec }}`, "hello"},
		"a hash becomes base64":                           {`{{ "abc" | sha1sum | hexdec | b64enc }}`, "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
		"keys come in order":                              {`{{ keys (dict "b" 1 "a" 2 "c" 3) (dict "a" 1) }}`, "[a b c a]"},
		"values come in the order of their keys":          {`{{ values (dict "b" 1 "a" 2 "c" 3) }}`, "[2 1 3]"},
		"htpasswd takes sha as an algorithm":              {`{{ htpasswd "ada" "secret" "sha" }}`, "ada:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="},
		"split makes a dict":                              {`{{ (split "," .list)._1 }}`, "b"},
		"splitn stops":                                    {`{{ (splitn "," 2 .list)._1 }}`, "b,c"},
		"join joins":                                      {`{{ splitList "," .list | join "-" }}`, "a-b-c"},
		"join takes what is no list":                      {`{{ join "-" 3 }}`, "3"},
		"replace replaces":                                {`{{ .list | replace "," "" }}`, "abc"},
		"repeat repeats":                                  {`{{ repeat 3 "ab" }}`, "ababab"},
		"indent indents each line":                        {"{{ indent 2 \"a\\nb\" }}", "  a\n  b"},
		"nindent begins a line":                           {"{{ nindent 2 \"a\\nb\" }}", "\n  a\n  b"},
		"wrapWith wraps":                                  {`{{ wrapWith 5 "|" "Hello World" }}`, "Hello|World"},
		"until counts":                                    {`{{ until 3 }}{{ until -2 }}`, "[0 1 2][0 -1]"},
		"untilStep counts in steps":                       {`{{ untilStep 3 9 3 }}{{ untilStep 3 0 -2 }}{{ untilStep 0 5 0 }}`, "[3 6][3 1][]"},
		"seq counts as the program does":                  {`{{ seq 3 }};{{ seq 2 4 }};{{ seq 0 2 5 }};{{ seq 3 1 }};{{ seq 0 0 9 }}`, "1 2 3;2 3 4;0 2 4;3 2 1;"},
		"printf has widths":                               {`{{ printf "%05d|%-4s|%.2f|%*d" 42 "ab" 1.005 4 7 }}`, "00042|ab  |1.00|   7"},
		"print puts spaces between what is no text":       {`{{ print 1 2 "a" "b" }}`, "1 2ab"},
		"html, js and urlquery escape":                    {`{{ html "<a>" }}{{ js "'" }}{{ urlquery "a b" }}`, `&lt;a&gt;\'a+b`},
		"default takes the place of nothing":              {`{{ "" | default "d" }}{{ coalesce "" "c" }}`, "dc"},
		"toJson escapes HTML and toRawJson does not":      {`{{ toJson "<" }}{{ toRawJson "<" }}`, "\"\\u003c\"\"<\""},
		"dig goes into dicts":                             {`{{ dig "a" "b" "none" (fromJson "{\"a\":{\"b\":\"c\"}}") }}`, "c"},
		"ternary chooses":                                 {`{{ ternary "y" "n" true }}`, "y"},
		"regexFindAll finds":                              {`{{ regexFindAll "[a-c]" .list -1 }}`, "[a b c]"},
		"regexFind finds the first":                       {`{{ regexFind "[b-c]" .list }}`, "b"},
		"regexMatch and mustRegexMatch agree":             {`{{ regexMatch "^h" .text }}{{ mustRegexMatch "^h" .text }}`, "truetrue"},
		"regexMatch of a broken pattern is false":         {`{{ regexMatch "(" "" }}`, "false"},
		"regexReplaceAll expands groups":                  {`{{ regexReplaceAll "(.),(.)" .list "${2}$1" }}`, "ba,c"},
		"regexReplaceAllLiteral does not":                 {`{{ regexReplaceAllLiteral "," .list "$1" }}`, "a$1b$1c"},
		"regexSplit splits":                               {`{{ regexSplit "," .list -1 }}`, "[a b c]"},
		"genPrivateKey makes a key":                       {`{{ genPrivateKey "ed25519" | trunc 27 }}`, "-----BEGIN PRIVATE KEY-----"},
		"derivePassword gives the same each time":         {`{{ derivePassword 1 "long" "password" "user" "example.com" }}`, "ZedaFaxcZaso9*"},
		"encryptAES is undone by decryptAES":              {`{{ encryptAES "k" .text | decryptAES "k" }}`, "hello"},
		"toYaml sorts keys and drops the last line break": {`{{ dict "b" "1" "a" (list 1 "x") | toYaml }}`, "a:\n- 1\n- x\nb: \"1\""},
		"toYaml of what can't be written is empty":        {`[{{ toYaml (float64 "Inf") }}]`, "[]"},
		"fromYaml reads":                                  {`{{ (fromYaml "a: {b: yes}").a.b }}`, "true"},
		"fromYaml of what is no YAML has the key Error":   {`{{ hasKey (fromYaml "a: [") "Error" }}`, "true"},
		"fromYaml of a list has the key Error":            {`{{ hasKey (fromYaml "- a") "Error" }}`, "true"},
		"fromJson of what is no JSON is nothing":          {`{{ fromJson "{" | empty }}`, "true"},
		"slice is Sprig's":                                {`{{ slice (list 1 2 3) 1 }}`, "[2 3]"},
		"merge keeps what is there":                       {`{{ merge (dict "a" 1) (dict "a" 2 "b" 3) | toJson }}`, `{"a":1,"b":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := render(tc.template, values, engine.Options{})
			require.NoError(t, err)
			assert.Equal(t, tc.want, got)
		})
	}
}

func TestFunctionsThatFailInsteadOfWritingTheirError(t *testing.T) {
	for name, tc := range map[string]struct{ template, want string }{
		"b64dec of what is not base64":       {`{{ "a:b" | b64dec }}`, "line 1: b64dec: the text is not base64 (the standard alphabet, padded)"},
		"b64dec without padding":             {`{{ "aGVsbG8" | b64dec }}`, "line 1: b64dec: the text is not base64 (the standard alphabet, padded)"},
		"b32dec of what is not base32":       {`{{ "1" | b32dec }}`, "line 1: b32dec: the text is not base32 (padded)"},
		"hexdec of what is no hexadecimal":   {`{{ "xyz" | hexdec }}`, "line 1: hexdec: the text is not hexadecimal"},
		"bcrypt of a long password":          {`{{ bcrypt (repeat 73 "x") }}`, "line 1: bcrypt: a password for bcrypt has at most 72 bytes"},
		"htpasswd of a long password":        {`{{ htpasswd "u" (repeat 73 "x") }}`, "line 1: htpasswd: a password for bcrypt has at most 72 bytes"},
		"htpasswd of a user with a colon":    {`{{ htpasswd "u:v" "x" }}`, "line 1: htpasswd: the user has a colon, which ends the user in a htpasswd file"},
		"htpasswd of four arguments":         {`{{ htpasswd "u" "x" "sha" "sha" }}`, "line 1: htpasswd: it takes a user, a password and at most one algorithm"},
		"genPrivateKey of an unknown type":   {`{{ genPrivateKey "x" }}`, "line 1: genPrivateKey: the key type is none of rsa, dsa, ecdsa, ed25519"},
		"derivePassword of unknown type":     {`{{ derivePassword 1 "x" "" "" "" }}`, "line 1: derivePassword: the password type is none of maximum, long, medium, short, basic, pin"},
		"regexFind of a broken pattern":      {`{{ regexFind "(" "" }}`, "line 1: regexFind: the regular expression can't be read"},
		"mustRegexMatch of a broken pattern": {`{{ mustRegexMatch "(" "" }}`, "line 1: mustRegexMatch: the regular expression can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := render(tc.template, nil, engine.Options{})
			require.EqualError(t, err, tc.want)
		})
	}
}

func TestHtpasswdHashesWithBcrypt(t *testing.T) {
	for _, template := range []string{`{{ htpasswd "ada" "secret" }}`, `{{ htpasswd "ada" "secret" "bcrypt" }}`, `{{ htpasswd "ada" "secret" "" }}`} {
		got, err := render(template, nil, engine.Options{})
		require.NoError(t, err)
		hash, ok := strings.CutPrefix(got, "ada:")
		require.True(t, ok)
		assert.NoError(t, bcrypt.CompareHashAndPassword([]byte(hash), []byte("secret")))
	}
}

func TestUnstableFunctionsAreNamed(t *testing.T) {
	calls := map[string]string{
		"ago": `{{ ago now }}`, "now": `{{ now.UnixNano }}`, "bcrypt": `{{ bcrypt "x" }}`, "htpasswd": `{{ htpasswd "u" "p" }}`,
		"encryptAES": `{{ encryptAES "k" "text" }}`, "uuidv4": `{{ uuidv4 }}`, "shuffle": `{{ shuffle "abcdefghijklmnopqrstuvwxyz0123456789" }}`,
		"randAlphaNum": `{{ randAlphaNum 20 }}`, "randAlpha": `{{ randAlpha 20 }}`, "randAscii": `{{ randAscii 20 }}`, "randNumeric": `{{ randNumeric 20 }}`,
		"randBytes": `{{ randBytes 20 }}`, "randInt": `{{ randInt 0 1000000000 }}`, "genPrivateKey": `{{ genPrivateKey "ed25519" }}`,
		"genCA": `{{ (genCA "x" 1).Cert }}`, "genCAWithKey": `{{ (genCAWithKey "x" 1 (genPrivateKey "ed25519")).Cert }}`,
		"genSelfSignedCert":        `{{ (genSelfSignedCert "x" nil nil 1).Cert }}`,
		"genSelfSignedCertWithKey": `{{ (genSelfSignedCertWithKey "x" nil nil 1 (genPrivateKey "ed25519")).Cert }}`,
		"genSignedCert":            `{{ (genSignedCert "x" nil nil 1 (genCA "ca" 1)).Cert }}`,
		"genSignedCertWithKey":     `{{ (genSignedCertWithKey "x" nil nil 1 (genCA "ca" 1) (genPrivateKey "ed25519")).Cert }}`,
	}
	for name, text := range calls {
		t.Run(name, func(t *testing.T) {
			template, err := engine.New().Parse(text, engine.Options{})
			require.NoError(t, err)
			assert.Contains(t, template.Unstable(), name)
			first, err := template.Execute(nil)
			require.NoError(t, err)
			second, err := template.Execute(nil)
			require.NoError(t, err)
			if name != "ago" { // it counts in seconds
				assert.NotEqual(t, first, second)
			}
		})
	}
	template, err := engine.New().Parse(`{{ if false }}{{ keys (dict "a" 1) }}{{ sha256sum "x" }}{{ end }}`, engine.Options{})
	require.NoError(t, err)
	assert.Empty(t, template.Unstable())
}
