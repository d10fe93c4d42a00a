package contract_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"
)

const readNothing = `{"SecretId":"contract/none"}`

func signing() []sentence {
	// One refusal in the spelling of both services.
	both := func(says string, c aws.Credentials, secretsCode, stsCode string) sentence {
		return sentence{says, func(t *testing.T, s *server) {
			_, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: aws.String("contract/none")})
			require.Equal(t, secretsCode, code(t, err))
			_, err = s.stsAs(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			require.Equal(t, stsCode, code(t, err))
		}}
	}
	wrong := admin()
	wrong.SecretAccessKey += "\n"
	withToken := admin()
	withToken.SessionToken = "of-somebody-else"
	raw := func(says, body string, signed time.Duration, sent string, want string) sentence {
		return sentence{says, func(t *testing.T, s *server) {
			status, answer := s.raw(t, []byte(body), time.Now().Add(signed), []byte(sent))
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, answer, want)
		}}
	}
	return []sentence{
		both("an access key nobody has is refused", aws.Credentials{AccessKeyID: "AKIANOBODY", SecretAccessKey: "x"},
			"UnrecognizedClientException", "InvalidClientTokenId"),
		both("a wrong secret key is refused", wrong, "InvalidSignatureException", "SignatureDoesNotMatch"),
		both("a session token that does not belong to the key is refused", withToken, "UnrecognizedClientException", "InvalidClientTokenId"),
		raw("a body other than the signed one is refused", readNothing, 0, `{"SecretId":"contract/other"}`, "InvalidSignatureException"),
		raw("a signature of ten minutes ago is refused with the reason", readNothing, -10*time.Minute, readNothing, "Signature expired"),
		raw("a signature of the future is refused with the reason", readNothing, 10*time.Minute, readNothing, "Signature not yet current"),
		{"a request without a signature is refused", func(t *testing.T, s *server) {
			status, answer := send(t, s.request(t, []byte(readNothing)))
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, answer, "MissingAuthenticationTokenException")
		}},
		{"a signature that is written wrong is refused", func(t *testing.T, s *server) {
			r := s.request(t, []byte(readNothing))
			r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIA/x")
			status, answer := send(t, r)
			require.Equal(t, http.StatusBadRequest, status)
			require.Contains(t, answer, "IncompleteSignature")
		}},
		{"a session used without its token is refused", func(t *testing.T, s *server) {
			c := s.assume(t, s.sts(), nil)
			c.SessionToken = ""
			_, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: aws.String("contract/none")})
			require.Equal(t, "UnrecognizedClientException", code(t, err))
		}},
		{"an expired session is refused", func(t *testing.T, s *server) {
			c := s.assume(t, s.sts(), nil)
			s.control(t, "expire", map[string]any{"seconds": 0})
			_, err := s.as(c).GetSecretValue(t.Context(), &getInput{SecretId: aws.String("contract/none")})
			require.Equal(t, "ExpiredTokenException", code(t, err))
			_, err = s.stsAs(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			require.Equal(t, "ExpiredToken", code(t, err))
		}},
	}
}

// request is a GetSecretValue without a signature.
func (s *server) request(t *testing.T, body []byte) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/", bytes.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("X-Amz-Target", "secretsmanager.GetSecretValue")
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	return r
}

// raw signs one body at some time, and sends perhaps another.
func (s *server) raw(t *testing.T, body []byte, at time.Time, sent []byte) (status int, answer string) {
	t.Helper()
	r := s.request(t, body)
	sum := sha256.Sum256(body)
	require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), admin(), r, hex.EncodeToString(sum[:]), "secretsmanager", region, at))
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(sent)), int64(len(sent))
	return send(t, r)
}
