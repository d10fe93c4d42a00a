package diagnose

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const denied = "api error AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/shop/s is not authorized to perform: " +
	"secretsmanager:GetSecretValue on resource: db because no identity-based policy allows the secretsmanager:GetSecretValue action"

func TestATextOfAnyLengthIsDiagnosedInBoundedTime(t *testing.T) {
	long := strings.Repeat("what else the log said \x1b[31m\xff\x00 \"'` ", 1<<18)
	Text("", nil) // the first one reads the knowledge
	for name, text := range map[string]string{
		"at its beginning": denied + " " + long,
		"at its end":       long + " " + denied,
	} {
		began := time.Now()
		assert.Equal(t, "AWS-27", Text(text, nil).ID, name)
		assert.Less(t, time.Since(began), 5*time.Second, name)
	}
	assert.Equal(t, Unknown, Text(long+denied+long, nil).ID, "the middle is not looked at")
}

func TestNothingIsUnknown(t *testing.T) {
	for _, got := range []Diagnosis{Text("", nil), Text(" \n", nil), Error(nil, nil), Error(errors.New(""), nil)} {
		assert.Equal(t, Unknown, got.ID)
		assert.NotEmpty(t, got.Cause)
		assert.NotEmpty(t, got.Check)
		assert.NotEmpty(t, got.Fix)
	}
}

func TestWhatIsQuotedIsFitForAShellAndNoSecret(t *testing.T) {
	quoted := func(key string) string {
		return Text(`spec.data[0] (remote key "`+key+`"): GetSecretValue: ResourceNotFoundException: Secrets Manager can't find the specified secret.`, nil).Check
	}
	assert.Contains(t, quoted("team/db_1+2=3.@x-y"), "look for team/db_1+2=3.@x-y:")
	for name, key := range map[string]string{
		"a command":                "$(reboot)",
		"another command":          "x;reboot",
		"a command in blanks":      "x reboot",
		"a redirection":            "x>/etc/passwd",
		"a flag":                   "--endpoint-url=evil",
		"a line":                   "x\nreboot",
		"a control character":      "x\x00y",
		"what is very long":        strings.Repeat("x", 300),
		"a secret":                 "AKIAIOSFODNN7/a8Fk2Lm9Qx7Rt4Wz1Yb6Nc3V",
		"a token":                  "hvs.CAESIJmock-mock_mock0",
		"letters of other scripts": "ключ",
	} {
		assert.Contains(t, quoted(key), "look for SECRET:", name)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", denied, "\xff\xfe\x1b[", `"\"\\"'`, strings.Repeat("(", 2000), "x509: certificate signed by unknown authority", `remote key "$(x)"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Text(text, nil)
		require.NotEmpty(t, got.ID)
		for _, part := range []string{got.Cause, got.Check, got.Fix} {
			require.True(t, utf8.ValidString(part))
			require.NotContains(t, part, "\x1b")
			require.NotEmpty(t, part)
		}
		require.Equal(t, got, Text(text, nil))
	})
}

func BenchmarkText(b *testing.B) {
	texts := map[string]string{
		"known":   strings.Repeat("a line of a log that says little\n", 50) + denied,
		"unknown": strings.Repeat("a line of a log that says little\n", 60),
		"huge":    strings.Repeat("a line of a log that says little\n", 60000),
	}
	for name, text := range texts {
		Text(text, nil)
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				Text(text, nil)
			}
		})
	}
}

func TestWhatTheCallerKnowsStandsWhereTheErrorDoesNotTell(t *testing.T) {
	missing := errors.New(`spec.data[0] (remote key "team/db"): GetSecretValue: ResourceNotFoundException: Secrets Manager can't find the specified secret`)
	assert.Contains(t, Error(missing, nil).Check, "--region REGION")
	assert.Contains(t, Error(missing, map[string]string{"region": "eu-central-1"}).Check, "--region eu-central-1")
	assert.Contains(t, Error(missing, map[string]string{"region": "; rm -rf /"}).Check, "--region REGION", "nothing that a shell would obey")
	told := errors.New("User: arn:aws:sts::1:assumed-role/x/y is not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-1:111122223333:secret:a because no identity-based policy allows it")
	assert.Contains(t, Error(told, map[string]string{"region": "eu-central-1"}).Fix, "eu-west-1", "the error knows better")
	assert.Contains(t, Error(errors.New("the moon is full"), map[string]string{"name": "db", "namespace": "shop"}).Check, "explain db -n shop")
}

func TestThePathToTestIsTheOneThatIsWanted(t *testing.T) {
	asked := `URL: GET https://vault.shop.example/v1/sys/internal/ui/mounts/kv/db Code: 403. Errors: * preflight capability check returned 403, please ensure client's policies grant access to path "kv/db/"`
	assert.Contains(t, Text(asked, nil).Check, "vault token capabilities kv/db\n", "and not that of the question")
}

func TestANumberIsNoPartOfALongerOne(t *testing.T) {
	for _, port := range []string{"42959", "14290", "64429"} {
		refused := `SecretStore "store": GetSecretValue: request send failed, Post "http://127.0.0.1:` + port + `/": dial tcp 127.0.0.1:` + port + `: connect: connection refused`
		assert.Equal(t, "NET-51", Text(refused, nil).ID, port)
	}
	for _, status := range []string{"429", "HTTP 429", "(429)", "42959: 429,", "code=429."} {
		assert.Equal(t, "THR-50", Text(`SecretStore "store": `+status, nil).ID, status)
	}
}
