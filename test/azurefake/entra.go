package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// keyID names the key by which tokens are signed.
const keyID = "azurefake"

// entra is Microsoft Entra ID.
func (a *azure) entra(w http.ResponseWriter, r *http.Request, host string) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	base := "https://" + host + "/" + tenant
	switch rest {
	case "discovery/instance": // which hosts are Entra ID's
		answer(w, http.StatusOK, map[string]any{
			"tenant_discovery_endpoint": "https://" + host + "/" + a.tenant + "/v2.0/.well-known/openid-configuration", "api-version": "1.1",
			"metadata": []map[string]any{{"preferred_network": host, "preferred_cache": host, "aliases": []string{host}}},
		})
	case "v2.0/.well-known/openid-configuration":
		if !a.isTenant(tenant) {
			refuse(w, http.StatusBadRequest, "invalid_tenant", 90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant)
			return
		}
		answer(w, http.StatusOK, map[string]any{
			"issuer": base + "/v2.0", "authorization_endpoint": base + "/oauth2/v2.0/authorize", "token_endpoint": base + "/oauth2/v2.0/token",
			"jwks_uri": base + "/discovery/v2.0/keys", "token_endpoint_auth_methods_supported": []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
		})
	case "discovery/v2.0/keys":
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &a.key.PublicKey, KeyID: keyID, Algorithm: "RS256", Use: "sig"}}})
	case "oauth2/v2.0/token":
		a.token(w, r, tenant, base+"/oauth2/v2.0/token")
	default:
		http.NotFound(w, r)
	}
}

// isTenant tells whether there is such a tenant.
func (a *azure) isTenant(tenant string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, who := range a.apps {
		if a.tenantOf(who) == tenant {
			return true
		}
	}
	return tenant == a.tenant
}

// refuse answers as Entra ID does: with parts that are never the same twice.
func refuse(w http.ResponseWriter, status int, code string, number int, format string, args ...any) {
	now := time.Now().UTC().Format("2006-01-02 15:04:05Z")
	trace, correlation := strings.ToLower(rand.Text()), strings.ToLower(rand.Text())
	answer(w, status, map[string]any{
		"error": code, "error_codes": []int{number}, "timestamp": now, "trace_id": trace, "correlation_id": correlation,
		"error_description": fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s", number, fmt.Sprintf(format, args...), trace, correlation, now),
	})
}

// token gives a token to who proves to be an application of the tenant.
func (a *azure) token(w http.ResponseWriter, r *http.Request, tenant, endpoint string) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		refuse(w, http.StatusBadRequest, "invalid_request", 900144, "The request body must be a form.")
		return
	}
	form := r.PostForm
	if !a.isTenant(tenant) {
		refuse(w, http.StatusBadRequest, "invalid_request", 90002, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.", tenant)
		return
	}
	a.mu.Lock()
	who := a.apps[form.Get("client_id")]
	lifetime := a.lifetime
	a.mu.Unlock()
	if who == nil || a.tenantOf(who) != tenant {
		refuse(w, http.StatusBadRequest, "unauthorized_client", 700016, "Application with identifier '%s' was not found in the directory '%s'.", form.Get("client_id"), tenant)
		return
	}
	if form.Get("grant_type") != "client_credentials" {
		refuse(w, http.StatusBadRequest, "unsupported_grant_type", 70003, "The app requested an unsupported grant type '%s'.", form.Get("grant_type"))
		return
	}
	scopes := strings.Fields(form.Get("scope"))
	at := slices.IndexFunc(scopes, func(scope string) bool { return strings.HasSuffix(scope, "/.default") })
	if at < 0 {
		refuse(w, http.StatusBadRequest, "invalid_scope", 1002012, "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", form.Get("scope"))
		return
	}
	if refused := who.prove(form, endpoint); refused != nil {
		refuse(w, refused.status, refused.code, refused.number, "%s", refused.text)
		return
	}
	signed, err := a.sign(who, strings.TrimSuffix(scopes[at], "/.default"), lifetime)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	seconds := int(lifetime / time.Second)
	answer(w, http.StatusOK, map[string]any{"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": signed})
}

// claims are those of a token for a resource.
type claims struct {
	Audience    string `json:"aud"`
	Issuer      string `json:"iss"`
	Application string `json:"appid"`
	Object      string `json:"oid"`
	Subject     string `json:"sub"`
	Tenant      string `json:"tid"`
	Issued      int64  `json:"iat"`
	NotBefore   int64  `json:"nbf"`
	Expires     int64  `json:"exp"`
	Kind        string `json:"idtyp"`
	Version     string `json:"ver"`
}

func (a *azure) sign(who *app, resource string, lifetime time.Duration) (string, error) {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: a.key, KeyID: keyID}}, (&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return "", err
	}
	now, tenant := time.Now(), a.tenantOf(who)
	content, err := json.Marshal(claims{
		Audience: resource, Issuer: "https://sts.windows.net/" + tenant + "/", Application: who.ClientID, Object: who.ObjectID, Subject: who.ObjectID,
		Tenant: tenant, Issued: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(lifetime).Unix(), Kind: "app", Version: "1.0",
	})
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(content)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}
