package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// refuse answers as a token endpoint of OAuth does.
func refuse(w http.ResponseWriter, status int, code, description string) {
	answer(w, status, map[string]string{"error": code, "error_description": description})
}

// token is https://oauth2.googleapis.com/token: it takes what a service account has signed, and refresh tokens.
func (i *iam) token(w http.ResponseWriter, r *http.Request) {
	switch r.PostFormValue("grant_type") {
	case "urn:ietf:params:oauth:grant-type:jwt-bearer":
		email, claims, err := i.signed(r.PostFormValue("assertion"))
		scope, _ := claims["scope"].(string)
		switch {
		case err != nil && err.Error() == "no such key":
			refuse(w, http.StatusBadRequest, "invalid_grant", "Invalid grant: account not found")
		case err != nil:
			refuse(w, http.StatusBadRequest, "invalid_grant", "Invalid JWT Signature.")
		case claims["aud"] != tokenURL:
			refuse(w, http.StatusBadRequest, "invalid_grant", "Invalid JWT: Failed audience check. The right audience is "+tokenURL)
		case !slices.Contains(strings.Fields(scope), secretsScope):
			refuse(w, http.StatusBadRequest, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
		default:
			i.grant(w, "serviceAccount:"+email)
		}
	case "refresh_token":
		i.mu.Lock()
		email, ok := i.users[r.PostFormValue("refresh_token")]
		i.mu.Unlock()
		switch {
		case r.PostFormValue("client_id") == "" || r.PostFormValue("client_secret") == "":
			refuse(w, http.StatusUnauthorized, "invalid_client", "The OAuth client was not found.")
		case !ok:
			refuse(w, http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
		default:
			i.grant(w, "user:"+email)
		}
	default:
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: "+r.PostFormValue("grant_type"))
	}
}

func (i *iam) grant(w http.ResponseWriter, member string) {
	answer(w, http.StatusOK, map[string]any{"access_token": i.give(member), "expires_in": int(tokenLife.Seconds()) - 1, "token_type": "Bearer"})
}

// tokenInfo tells whose a token is.
func (i *iam) tokenInfo(w http.ResponseWriter, r *http.Request) {
	s, err := i.caller(r.FormValue("access_token"))
	_, email, named := strings.Cut(s.member, ":")
	if err != nil || !strings.Contains(email, "@") || !named {
		refuse(w, http.StatusBadRequest, "invalid_token", "Invalid Value")
		return
	}
	answer(w, http.StatusOK, map[string]string{
		"azp": "1", "aud": "1", "scope": secretsScope + " https://www.googleapis.com/auth/userinfo.email", "email": email, "email_verified": "true", "expires_in": "3598",
	})
}

var ofCluster = regexp.MustCompile(`^identitynamespace:([^:]+\.svc\.id\.goog):https://container\.googleapis\.com/v1/projects/[^/]+/locations/[^/]+/clusters/[^/]+$`)

// exchange is https://sts.googleapis.com/v1/token: it takes the token of an identity provider that a pool trusts.
func (i *iam) exchange(w http.ResponseWriter, r *http.Request) {
	audience := r.PostFormValue("audience")
	i.mu.Lock()
	provider, ok := i.issuers[audience]
	i.mu.Unlock()
	switch {
	case r.PostFormValue("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange":
		refuse(w, http.StatusBadRequest, "invalid_request", "Invalid value for \"grant_type\".")
		return
	case r.PostFormValue("requested_token_type") != "urn:ietf:params:oauth:token-type:access_token",
		r.PostFormValue("subject_token_type") != "urn:ietf:params:oauth:token-type:jwt":
		refuse(w, http.StatusBadRequest, "invalid_request", "Invalid token type.")
		return
	case r.PostFormValue("scope") != secretsScope:
		refuse(w, http.StatusBadRequest, "invalid_scope", "Invalid scope.")
		return
	case !ok:
		refuse(w, http.StatusBadRequest, "invalid_target", "The target service indicated by the \"audience\" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn't exist.")
		return
	}
	parsed, err := jwt.ParseSigned(r.PostFormValue("subject_token"), []jose.SignatureAlgorithm{jose.RS256, jose.ES256})
	if err != nil {
		refuse(w, http.StatusBadRequest, "invalid_grant", "ID Token in invalid format.")
		return
	}
	var claims jwt.Claims
	if err := parsed.Claims(provider.JWKS, &claims); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_grant", "Error connecting to the given credential's issuer.")
		return
	}
	expected := jwt.Expected{Issuer: provider.Issuer, AnyAudience: provider.Audiences, Time: time.Now()}
	if err := claims.Validate(expected); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_grant", "The audience in ID Token does not match the expected audience, or it has expired.")
		return
	}
	member := "principal:" + audience + "/subject/" + claims.Subject
	if pool, subject := strings.TrimPrefix(audience, "//"), claims.Subject; strings.HasPrefix(audience, "//") {
		member = "principal://" + pool[:strings.LastIndex(pool, "/providers/")] + "/subject/" + subject
	}
	if cluster := ofCluster.FindStringSubmatch(audience); cluster != nil {
		member = "serviceAccount:" + cluster[1] + "[" + strings.Replace(strings.TrimPrefix(claims.Subject, "system:serviceaccount:"), ":", "/", 1) + "]"
	}
	answer(w, http.StatusOK, map[string]any{
		"access_token": i.give(member), "issued_token_type": "urn:ietf:params:oauth:token-type:access_token", "token_type": "Bearer", "expires_in": 3599,
	})
}

var generate = regexp.MustCompile(`^/v1/projects/-/serviceAccounts/([^/:]+):generateAccessToken$`)

// impersonate is generateAccessToken of https://iamcredentials.googleapis.com.
func (i *iam) impersonate(w http.ResponseWriter, r *http.Request) {
	target := generate.FindStringSubmatch(r.URL.Path)
	if target == nil || r.Method != http.MethodPost {
		http.NotFound(w, r)
		return
	}
	caller, err := i.caller(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	if err != nil {
		restError(w, unauthenticated())
		return
	}
	if !i.permits(caller.member, "iam.serviceAccounts.getAccessToken", "serviceAccounts/"+target[1]) {
		restError(w, denied("iam.serviceAccounts.getAccessToken", "", "iam.googleapis.com"))
		return
	}
	var body struct {
		Scope []string `json:"scope"`
	}
	if json.NewDecoder(r.Body).Decode(&body) != nil || !slices.Contains(body.Scope, secretsScope) {
		answer(w, http.StatusBadRequest, map[string]any{"error": map[string]any{"code": 400, "status": "INVALID_ARGUMENT", "message": "Request contains an invalid argument."}})
		return
	}
	answer(w, http.StatusOK, map[string]string{
		"accessToken": i.give("serviceAccount:" + target[1]), "expireTime": time.Now().Add(tokenLife).UTC().Format(time.RFC3339),
	})
}
