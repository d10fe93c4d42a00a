package contract_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/identity"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/oidc"
)

const (
	issuer   = "https://kubernetes.default.svc"
	audience = "sts.amazonaws.com"
	subject  = "system:serviceaccount:default:app"
)

func b64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// signer is an issuer's key.
type signer struct {
	key crypto.Signer
	id  string
}

func newRSA(t *testing.T) signer {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return signer{key, "rsa-1"}
}

func newEC(t *testing.T) signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return signer{key, "ec-1"}
}

// set is the key set an issuer publishes.
func (k signer) set(t *testing.T) oidc.JWKS {
	if public, ok := k.key.Public().(*rsa.PublicKey); ok {
		return oidc.JWKS{Keys: []oidc.JWK{{Kind: "RSA", ID: k.id, N: b64(public.N.Bytes()), E: b64(big.NewInt(int64(public.E)).Bytes())}}}
	}
	point, err := k.key.Public().(*ecdsa.PublicKey).Bytes()
	require.NoError(t, err)
	return oidc.JWKS{Keys: []oidc.JWK{{Kind: "EC", ID: k.id, Curve: "P-256", X: b64(point[1:33]), Y: b64(point[33:])}}}
}

type claims map[string]any

func valid() claims {
	return claims{"iss": issuer, "aud": []string{audience}, "sub": subject, "exp": time.Now().Add(time.Hour).Unix()}
}

// token signs claims.
func (k signer) token(t *testing.T, c claims) string {
	algorithm := "RS256"
	if _, ok := k.key.(*ecdsa.PrivateKey); ok {
		algorithm = "ES256"
	}
	header, err := json.Marshal(map[string]string{"alg": algorithm, "kid": k.id})
	require.NoError(t, err)
	body, err := json.Marshal(c)
	require.NoError(t, err)
	signed := b64(header) + "." + b64(body)
	digest := sha256.Sum256([]byte(signed))
	var signature []byte
	if key, ok := k.key.(*ecdsa.PrivateKey); ok {
		r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
		require.NoError(t, err)
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	} else {
		signature, err = k.key.Sign(rand.Reader, digest[:], crypto.SHA256)
		require.NoError(t, err)
	}
	return signed + "." + b64(signature)
}

// bear assumes the role reader with a token.
func (s *server) bear(t *testing.T, token string) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	t.Helper()
	return s.stsAs(aws.Credentials{}).AssumeRoleWithWebIdentity(t.Context(), &sts.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(reader), RoleSessionName: aws.String("session"), WebIdentityToken: &token,
	})
}

// trust makes a role for the bearers of valid tokens and registers their issuer, where that is asked for.
func (s *server) trust(t *testing.T, k signer) {
	t.Helper()
	s.role(t, identity.Role{ARN: reader, Issuer: issuer, Audiences: []string{audience}, Subjects: []string{"system:serviceaccount:default:*"}})
	if s.fake {
		s.control(t, "jwks", oidc.Provider{Issuer: issuer, JWKS: k.set(t)})
	}
}

func webIdentity() []sentence {
	accepted := func(says string, key func(*testing.T) signer, change func(claims)) sentence {
		return sentence{says, func(t *testing.T, s *server) {
			k, c := key(t), valid()
			s.trust(t, k)
			change(c)
			n := name("a")
			s.create(t, n, "1")
			out, err := s.bear(t, k.token(t, c))
			require.NoError(t, err)
			require.Equal(t, "arn:aws:sts::"+account+":assumed-role/reader/session", *out.AssumedRoleUser.Arn)
			value, err := s.as(credentialsOf(out.Credentials)).GetSecretValue(t.Context(), &getInput{SecretId: &n})
			require.NoError(t, err)
			require.Equal(t, "1", *value.SecretString)
		}}
	}
	refused := func(says string, change func(claims), wantCode, wantText string) sentence {
		return sentence{says, func(t *testing.T, s *server) {
			k, c := newEC(t), valid()
			s.trust(t, k)
			change(c)
			_, err := s.bear(t, k.token(t, c))
			require.Equal(t, wantCode, code(t, err))
			require.Contains(t, message(t, err), wantText)
		}}
	}
	const denied, deniedText = "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"
	return []sentence{
		accepted("the bearer of a token signed with RSA assumes a role and reads", newRSA, func(claims) {}),
		accepted("the bearer of a token signed with an elliptic curve assumes a role and reads", newEC, func(claims) {}),
		accepted("a token whose audience is no list is as good", newEC, func(c claims) { c["aud"] = audience }),
		refused("a token of another audience is denied", func(c claims) { c["aud"] = "somebody" }, denied, deniedText),
		refused("a token of another subject is denied", func(c claims) { c["sub"] = "system:serviceaccount:other:app" }, denied, deniedText),
		refused("an expired token is refused", func(c claims) { c["exp"] = time.Now().Add(-time.Minute).Unix() }, "ExpiredTokenException", "Token expired"),
		refused("a token of an unknown issuer is refused", func(c claims) { c["iss"] = "https://elsewhere" },
			"InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://elsewhere"),
		{"a token signed by another key is refused", func(t *testing.T, s *server) {
			s.trust(t, newEC(t))
			_, err := s.bear(t, newEC(t).token(t, valid()))
			require.Equal(t, "InvalidIdentityToken", code(t, err))
		}},
		{"what is no token is refused", func(t *testing.T, s *server) {
			s.trust(t, newEC(t))
			_, err := s.bear(t, "not-a-token")
			require.Equal(t, "InvalidIdentityToken", code(t, err))
		}},
		{"a token of an audience its provider does not know is refused", func(t *testing.T, s *server) {
			k := newEC(t)
			s.trust(t, k)
			s.control(t, "jwks", oidc.Provider{Issuer: issuer, JWKS: k.set(t), Audiences: []string{"else"}})
			_, err := s.bear(t, k.token(t, valid()))
			require.Equal(t, "InvalidIdentityToken", code(t, err))
			require.Equal(t, "Incorrect token audience", message(t, err))
		}},
		{"a valid token does not help with a role that trusts no issuer", func(t *testing.T, s *server) {
			k := newEC(t)
			s.trust(t, k)
			s.role(t, identity.Role{ARN: reader})
			_, err := s.bear(t, k.token(t, valid()))
			require.Equal(t, denied, code(t, err))
		}},
		{"the subject of a token is recorded with the session", func(t *testing.T, s *server) {
			k := newEC(t)
			s.trust(t, k)
			_, err := s.bear(t, k.token(t, valid()))
			require.NoError(t, err)
			require.Equal(t, subject, s.sessions(t)[0].Subject)
			require.Equal(t, map[string]int{"sts.AssumeRoleWithWebIdentity": 1}, s.counts(t).Principals[""])
		}},
	}
}
