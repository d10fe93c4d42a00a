package gcpsm

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// accountKey is a key of a service account, as Google gives it out.
type accountKey struct {
	email, id string
	private   *rsa.PrivateKey
}

// readKey reads a key and refuses every other sort of credentials: some of them make who reads them run programs, or read files and
// URLs of their author's choosing. at is where it is, for errors. No error quotes anything of it but its type.
func readKey(content []byte, at string) (*accountKey, error) {
	bad := func(why string) error {
		return &provider.Error{Kind: provider.Invalid, Message: at + " does not hold the key of a service account: " + why,
			Hint: "it is the JSON that Google gives out, as it is"}
	}
	var file struct {
		Type     string `json:"type"`
		Email    string `json:"client_email"`
		ID       string `json:"private_key_id"`
		Private  string `json:"private_key"`
		TokenURI string `json:"token_uri"`
		Universe string `json:"universe_domain"`
	}
	if json.Unmarshal(content, &file) != nil {
		return nil, bad("it is no JSON")
	}
	switch file.Type {
	case "service_account":
	case "authorized_user", "external_account", "external_account_authorized_user", "impersonated_service_account", "gdch_service_account":
		return nil, unsupported("%s holds credentials of the type %q: only keys of service accounts are supported, whose type is \"service_account\"", at, file.Type)
	default:
		return nil, bad("its type is not \"service_account\"")
	}
	// Google's own programs send what they sign to whatever URL stands here.
	if !slices.Contains([]string{"", tokenURL, "https://accounts.google.com/o/oauth2/token", "https://www.googleapis.com/oauth2/v4/token"}, file.TokenURI) {
		return nil, unsupported("%s names a token_uri that is not Google's, which is %s", at, tokenURL)
	}
	if file.Universe != "" && file.Universe != "googleapis.com" {
		return nil, unsupported("%s is of the universe %q: only googleapis.com is supported", at, file.Universe)
	}
	if !accountEmail.MatchString(file.Email) {
		return nil, bad("it has no client_email")
	}
	block, _ := pem.Decode([]byte(file.Private))
	if block == nil {
		return nil, bad("its private_key is no PEM")
	}
	private, ok := provider.RSAKey(block.Bytes)
	if !ok {
		return nil, bad(fmt.Sprintf("its private_key is no RSA key of at most %d bits", provider.KeyBits))
	}
	return &accountKey{email: file.Email, id: file.ID, private: private}, nil
}

// withKey logs in by what the key has signed.
func (c *client) withKey(key *accountKey) login {
	return func(ctx context.Context) (token, error) {
		signed, err := key.sign(time.Now())
		if err != nil {
			return token{}, fmt.Errorf("sign as %s: %w", key.email, err)
		}
		got, err := c.grant(ctx, call{service: "OAuth", op: opToken, subject: key.email, url: tokenURL, form: url.Values{
			"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed},
		}})
		got.caller = "serviceAccount:" + key.email
		return got, err
	}
}

func (k *accountKey) sign(now time.Time) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: k.private, KeyID: k.id}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{
		"iss": k.email, "scope": scope, "aud": tokenURL, "iat": now.Add(-10 * time.Second).Unix(), "exp": now.Add(50 * time.Minute).Unix(),
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
