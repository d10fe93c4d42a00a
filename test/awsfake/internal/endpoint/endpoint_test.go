package endpoint_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/awsfake/internal/endpoint"
)

// ask sends a request to an endpoint at 192.0.2.1 as a client at some address would.
func ask(t *testing.T, e http.Handler, from, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	here := context.WithValue(t.Context(), http.LocalAddrContextKey, &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80})
	r := httptest.NewRequestWithContext(here, method, path, strings.NewReader(body))
	r.RemoteAddr = from + ":50000"
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	return w
}

func TestTheControlSideIsForClientsOnItsMachine(t *testing.T) {
	e := endpoint.New()
	for address, want := range map[string]int{
		"127.0.0.1": http.StatusOK, "[::1]": http.StatusOK, "192.0.2.1": http.StatusOK, "192.0.2.7": http.StatusForbidden,
	} {
		require.Equal(t, want, ask(t, e, address, http.MethodGet, "/_fake/counters", "").Code, address)
	}
	aws := ask(t, e, "192.0.2.7", http.MethodPost, "/", "Action=GetCallerIdentity")
	require.Contains(t, aws.Body.String(), "MissingAuthenticationToken", "AWS itself answers everybody, if only to refuse")
}

func TestTheControlSideRefusesWhatItDoesNotUnderstand(t *testing.T) {
	for says, c := range map[string]struct{ path, body, want string }{
		"a misspelt member":                 {"fault", `{"codee":"X"}`, "unknown field"},
		"a fault without a code":            {"fault", `{"n":1}`, "needs a code"},
		"a key without its secret":          {"keys", `{"accessKeyId":"AKIA1"}`, "secretAccessKey"},
		"a role that is no ARN":             {"roles", `{"arn":"reader"}`, "needs an arn"},
		"a denial of nothing":               {"deny", `{"resource":"a"}`, "needs an action"},
		"a throttle of nothing":             {"throttle", `{"rps":1}`, "needs an op"},
		"an issuer with a broken key":       {"jwks", `{"issuer":"i","jwks":{"keys":[{"kty":"RSA","n":"!"}]}}`, "decode n"},
		"a secret with a name AWS has not":  {"secrets", `[{"name":"a b"}]`, "not a valid name"},
		"a parameter AWS has no name for":   {"parameters", `[{"name":"a/b","value":"1"}]`, "fully qualified"},
		"a parameter without a value":       {"parameters", `[{"name":"/a"}]`, "at least one"},
		"a parameter of an unknown type":    {"parameters", `[{"name":"/a","value":"1","type":"Int"}]`, "SecureString"},
		"a secret with two kinds of values": {"secrets", `[{"name":"a","string":"1","binary":"MQ=="}]`, "both"},
	} {
		t.Run(says, func(t *testing.T) {
			answer := ask(t, endpoint.New(), "127.0.0.1", http.MethodPost, "/_fake/"+c.path, c.body)
			require.Equal(t, http.StatusBadRequest, answer.Code)
			require.Contains(t, answer.Body.String(), c.want)
		})
	}
}

func TestResetForgetsAsMuchAsItIsTold(t *testing.T) {
	e := endpoint.New()
	requests := func() int {
		var counts struct{ Requests map[string]int }
		require.NoError(t, json.Unmarshal(ask(t, e, "127.0.0.1", http.MethodGet, "/_fake/counters", "").Body.Bytes(), &counts))
		return counts.Requests["sts.GetCallerIdentity"]
	}
	anonymous := func() string {
		return ask(t, e, "127.0.0.1", http.MethodPost, "/", "Action=GetCallerIdentity").Body.String()
	}
	plan := `{"op":"sts.AssumeRoleWithWebIdentity","code":"Planned","n":2}`
	require.Equal(t, http.StatusNoContent, ask(t, e, "127.0.0.1", http.MethodPost, "/_fake/fault", plan).Code)
	bear := func() string {
		return ask(t, e, "127.0.0.1", http.MethodPost, "/", "Action=AssumeRoleWithWebIdentity&RoleSessionName=me").Body.String()
	}
	require.Contains(t, anonymous(), "MissingAuthenticationToken")
	require.Equal(t, 1, requests())
	require.Contains(t, bear(), "Planned")

	ask(t, e, "127.0.0.1", http.MethodPost, "/_fake/reset", `{}`)
	require.Zero(t, requests())
	require.Contains(t, bear(), "Planned", "a planned fault outlives the counters")

	ask(t, e, "127.0.0.1", http.MethodPost, "/_fake/fault", plan)
	ask(t, e, "127.0.0.1", http.MethodPost, "/_fake/reset", `{"all":true}`)
	require.Contains(t, bear(), "InvalidIdentityToken")
}
