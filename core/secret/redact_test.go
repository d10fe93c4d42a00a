package secret_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// The secrets of these tests are made up; they are put together so that no scanner takes them for real ones.
const (
	awsKey = "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY"
	jwt    = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ" + ".eyJpc3MiOiJodHRwczovL2lzc3VlciJ9" + ".c2lnbmF0dXJlLW9mLWEtdG9rZW4"
)

func TestRedactHidesWhatLooksLikeASecret(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a JSON Web Token":                       {"token review failed for " + jwt + " at login", "token review failed for [redacted] at login"},
		"a JSON Web Token that was cut":          {"got " + jwt[:40], "got [redacted]"},
		"a secret access key":                    {"key AKIAIOSFODNN7EXAMPLE with " + awsKey + " is refused", "key AKIAIOSFODNN7EXAMPLE with [redacted] is refused"},
		"a session token":                        {"token IQoJb3JpZ2luX2VjEJr" + "//////////wEaCXVzLWVhc3QtMSJHMEUCIQDq3k== is old", "token [redacted] is old"},
		"a bearer's header":                      {"Authorization: Bearer abc.def-ghi_123", "Authorization: [redacted]"},
		"a basic header in a dump":               {`headers: {"Authorization":["Basic dXNlcjpwYXNz"]}`, `headers: {"Authorization":["[redacted]"]}`},
		"a signed request's header":              {"authorization: AWS4-HMAC-SHA256 Credential=AKIA/2026/x, Signature=abc123\nnext", "authorization: [redacted]\nnext"},
		"user and password in an address":        {"dial postgres://app:hunter2@db:5432/x: refused", "dial postgres://[redacted]@db:5432/x: refused"},
		"a password in a flag":                   {"mysql --password=hunter2 -h db", "mysql --password=[redacted] -h db"},
		"a password in an environment":           {"DB_PASSWORD=hunter2; next", "DB_PASSWORD=[redacted]; next"},
		"a password in a name with capitals":     {"dbPassword=hunter2", "dbPassword=[redacted]"},
		"the value of a flag":                    {"mysql --password hunter22 --host db", "mysql --password [redacted] --host db"},
		"a password in YAML":                     {"password: hunter22\nuser: app", "password: [redacted]\nuser: app"},
		"a password in JSON":                     {`{"user":"app","password":"hun \"ter\" 2"}`, `{"user":"app","password":[redacted]}`},
		"a password in JSON that was cut":        {`{"user":"app","password":"hunter2 and \`, `{"user":"app","password":[redacted]`},
		"a password of digits in JSON":           {`{"user":"app","password": 20261125,"port":5432}`, `{"user":"app","password": [redacted],"port":5432}`},
		"a key of digits in JSON in a string":    {`{\"apiKey\":-1.5e9}`, `{\"apiKey\":[redacted]}`},
		"the value of a remote secret":           {`{"SecretString":"{\"a\":\"b\"}","Name":"x"}`, `{"SecretString":[redacted],"Name":"x"}`},
		"a token in a query":                     {"GET /x?token=abc&page=2", "GET /x?token=[redacted]&page=2"},
		"a signature in a query":                 {"GET /x?X-Amz-Signature=00ff&page=2", "GET /x?X-Amz-Signature=[redacted]&page=2"},
		"the token of a Vault":                   {"token hvs.CAESIJmock-mock_mock0 is bad", "token [redacted] is bad"},
		"the token of an old Vault":              {"token s.Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8 is bad", "token [redacted] is bad"},
		"a secret id of an AppRole":              {"secret_id: 6a174c20-f6de-a53c-74d2-6018fcceff64", "secret_id: [redacted]"},
		"a token of GitHub":                      {"clone with ghp_" + "0123456789abcdefghijABCDEFGHIJ012345 failed", "clone with [redacted] failed"},
		"a token of Slack":                       {"post xoxb-" + "1234567890-abcdef failed", "post [redacted] failed"},
		"a key in PEM":                           {"got -----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY----- here", "got [redacted] here"},
		"a key in PEM that was cut":              {"got -----BEGIN RSA PRIVATE KEY-----\nMIIB", "got [redacted]"},
		"a key in PEM on one line":               {`got -----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n here`, `got [redacted]\n here`},
		"a hash of a password":                   {"user $2a$10$" + "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy", "user [redacted]"},
		"the first sign that a decoder met":      {"invalid character 'S' looking for beginning of value", "invalid character [redacted] looking for beginning of value"},
		"a long random word":                     {"value a8Fk2Lm9Qx7Rt4Wz1Yb6Nc3V is wrong", "value [redacted] is wrong"},
		"a long random word without capitals":    {"value a8fk2lm9qx7rt4wz1yb6nc3v is wrong", "value [redacted] is wrong"},
		"a long hexadecimal key":                 {"api 5f4dcc3b5aa765d61d8327deb882cf99 refused", "api [redacted] refused"},
		"a value in base64":                      {"data aHVudGVyMjItaXMtYS1wYXNzd29yZA== can't", "data [redacted] can't"},
		"a random word in base64 for use in URL": {"key qL8-Zk3_vT9wXy2bN5mC7dF1gH4j ends", "key [redacted] ends"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, test.want, secret.Redact(test.text)) })
	}
}

func TestRedactLeavesWhatTellsWhereTheFailureIs(t *testing.T) {
	for name, text := range map[string]string{
		"the ARN of a secret":        "on resource: arn:aws:secretsmanager:eu-central-1:111122223333:secret:team/prod/db-6O9nph",
		"the ARN of a session":       "User: arn:aws-us-gov:sts::111122223333:assumed-role/ng-1-NodeInstanceRole-ABC/i-0bbb53922975471c2",
		"the ARN of a key":           "arn:aws-cn:kms:cn-north-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
		"an access key's id":         "AKIAIOSFODNN7EXAMPLE does not exist",
		"the id of a request":        "RequestID: 4f5a6b7c-1d2e-4a3b-9c8d-0e1f2a3b4c5d, AccessDeniedException",
		"a Pod":                      "pod external-secrets-7d9f8b6c5d-x2x9z in namespace team-a-production-eu-west-1",
		"a path":                     "/prod/eu-central-1/team-payments/service-accounts/database/password-v2",
		"an address":                 `Get "https://vault.team-a.svc.cluster.local:8200/v1/kv/data/apps/payments/production"`,
		"names of AWS's API":         "AssumeRoleWithWebIdentity: ResourceNotFoundException",
		"a fully qualified field":    "spec.provider.aws.auth.jwt.serviceAccountRef and spec.dataFrom[0].sourceRef.generatorRef",
		"a service account":          "system:serviceaccount:external-secrets:external-secrets-provider-aws",
		"a key that is missing":      `property "db-password" does not exist in the remote secret; it has: user, host`,
		"prose about secrets":        "The security token included in the request is expired",
		"prose behind a colon":       "bad token: none",
		"times and measures":         "at 2026-05-06T00:00:00Z after 10.19543532s",
		"a message of the quantity":  "Secret over 1048576 bytes",
		"a long word of a language":  "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk",
		"a long environment's name":  "EXTERNALSECRET_RUNNER_CONCURRENCY_OF_ALL_STORES is not a number",
		"a file":                     "/var/run/secrets/eks.amazonaws.com/serviceaccount/token: no such file",
		"the name of a stack's role": "role/eksctl-cluster-1-nodegroup-ng-NodeInstanceRole-ABC",
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, text, secret.Redact(text)) })
	}
}

func TestRedactTakesNoLongerForWhatIsWrittenToTakeLong(t *testing.T) {
	for _, text := range []string{`secret:\"`, `password='`, `token=`, "-----BEGIN A-----", "a://", "authorization:", "aA0", "eyJ", `"pwd"`, "invalid character '", "invalid character 'a'"} {
		began := time.Now()
		secret.Redact(strings.Repeat(text, 1<<20/len(text)))
		assert.Less(t, time.Since(began), 10*time.Second, text)
	}
}

func FuzzRedact(f *testing.F) {
	for _, seed := range []string{"", "password=", "-----BEGIN X-----", `"token":"`, "\xff", "a://b@", jwt, strings.Repeat("aA0", 30)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := secret.Redact("before " + text + "\n" + jwt)
		assert.NotContains(t, got, jwt)
	})
}
