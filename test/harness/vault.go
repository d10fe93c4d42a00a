package harness

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// vaultReady is how long Vault may take to start.
const vaultReady = time.Minute

// VaultServer is a Vault that belongs to one test, behind a door. The key-value engine is at secret/, version 2, and at kv/, version 1.
type VaultServer struct {
	*Door
	// SecureURL is its own address with TLS, past the door, where it asks for certificates of clients, and SecureCA what verifies it, PEM.
	SecureURL string
	SecureCA  []byte
	// LDAPURL is that of a directory in which "cn=me,ou=people,dc=example" has the password "pw".
	LDAPURL string

	inside string // Vault's own address, which nothing counts
	root   string
}

// Vault starts a Vault that stops when the test ends.
func Vault(t testing.TB) *VaultServer {
	t.Helper()
	return startVault(t, "test/vault")
}

// OpenBao is Vault with OpenBao, which has namespaces, and neither TLS of its own nor a directory.
func OpenBao(t testing.TB) *VaultServer {
	t.Helper()
	return startVault(t, "test/openbao")
}

func startVault(t testing.TB, module string) *VaultServer {
	t.Helper()
	Need(t)
	bin, err := shared.build(program{module: module, pkg: "."})
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), vaultReady)
	defer cancel()
	v := &VaultServer{root: "root-" + strings.ToLower(rand.Text())}
	c, line, err := startChild(ctx, bin, "-root-token", v.root)
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := c.stop(); err != nil {
			t.Errorf("stop Vault: %v", err)
		}
	})
	var ready struct{ URL, SecureURL, CA, LDAPURL string }
	require.NoError(t, json.Unmarshal(line, &ready), "first line of %s: %s", bin, line)
	v.inside, v.SecureURL, v.SecureCA, v.LDAPURL = ready.URL, ready.SecureURL, []byte(ready.CA), ready.LDAPURL
	target, err := url.Parse(ready.URL)
	require.NoError(t, err)
	v.Door = NewDoor(t, "/v1/", httputil.NewSingleHostReverseProxy(target))
	return v
}

// Root is a token that may do everything.
func (v *VaultServer) Root() string { return v.root }

// Do makes a request of Vault as somebody who may do everything, past the door, and returns the answer's body.
func (v *VaultServer) Do(t testing.TB, method, path string, body any) map[string]any {
	t.Helper()
	code, answer := v.Ask(t, v.root, method, path, body)
	require.Less(t, code, 300, "%s %s: %v", method, path, answer)
	return answer
}

// Ask is Do with another token, and returns whatever status.
func (v *VaultServer) Ask(t testing.TB, token, method, path string, body any) (int, map[string]any) {
	t.Helper()
	content, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, v.inside+"/v1/"+path, bytes.NewReader(content))
	require.NoError(t, err)
	request.Header.Set("X-Vault-Token", token)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	var answer map[string]any
	if len(text) > 0 {
		require.NoError(t, json.Unmarshal(text, &answer), "%s", text)
	}
	return response.StatusCode, answer
}

// Put stores a secret at secret/, as a new version when it exists.
func (v *VaultServer) Put(t testing.TB, name string, data map[string]any) {
	t.Helper()
	v.Do(t, http.MethodPost, "secret/data/"+name, map[string]any{"data": data})
}

// Note gives a secret at secret/ custom metadata.
func (v *VaultServer) Note(t testing.TB, name string, custom map[string]string) {
	t.Helper()
	v.Do(t, http.MethodPost, "secret/metadata/"+name, map[string]any{"custom_metadata": custom})
}

// Policy writes a policy in Vault's own language.
func (v *VaultServer) Policy(t testing.TB, name, rules string) {
	t.Helper()
	v.Do(t, http.MethodPut, "sys/policies/acl/"+name, map[string]any{"policy": rules})
}

// Enable mounts a method of logging in under its own name.
func (v *VaultServer) Enable(t testing.TB, method string) {
	t.Helper()
	v.Do(t, http.MethodPost, "sys/auth/"+method, map[string]any{"type": method})
}

// Token makes a token that has a policy, and the one that is called default.
func (v *VaultServer) Token(t testing.TB, policy string) string {
	t.Helper()
	answer := v.Do(t, http.MethodPost, "auth/token/create", map[string]any{"policies": []string{policy}, "ttl": "1h", "display_name": "test"})
	return fmt.Sprint(answer["auth"].(map[string]any)["client_token"])
}

// AppRole makes a role of the method approle, which is enabled, that has a policy, and returns what logs in as it.
func (v *VaultServer) AppRole(t testing.TB, role, policy string) (roleID, secretID string) {
	t.Helper()
	v.Do(t, http.MethodPost, "auth/approle/role/"+role, map[string]any{"token_policies": policy, "token_ttl": "1h"})
	id := v.Do(t, http.MethodGet, "auth/approle/role/"+role+"/role-id", nil)
	secret := v.Do(t, http.MethodPost, "auth/approle/role/"+role+"/secret-id", map[string]any{})
	return fmt.Sprint(id["data"].(map[string]any)["role_id"]), fmt.Sprint(secret["data"].(map[string]any)["secret_id"])
}

// Accessors tells how many tokens there are.
func (v *VaultServer) Accessors(t testing.TB) int {
	t.Helper()
	answer := v.Do(t, "LIST", "auth/token/accessors", nil)
	return len(answer["data"].(map[string]any)["keys"].([]any))
}
