package aws_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/aws"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// noCredentials is for stores that use the identity of the process, and so have nothing to ask it for.
type noCredentials struct{ provider.Credentials }

// store opens a store of a service at an endpoint with this environment.
func store(t *testing.T, env []string, service api.AWSService, prefix string) (provider.Location, provider.Reader) {
	t.Helper()
	values := map[string]string{}
	for _, variable := range env {
		name, value, _ := strings.Cut(variable, "=")
		values[name] = value
		t.Setenv(name, value)
	}
	spec, err := json.Marshal(api.AWSProvider{Service: service, Region: harness.AWSRegion, Prefix: prefix})
	require.NoError(t, err)
	p := aws.Provider{Getenv: func(name string) string { return values[name] }}
	s := provider.Store{Kind: api.KindSecretStore, Namespace: "shop", Name: "aws", Consumer: "shop", Spec: spec}
	location, err := p.Locate(s)
	require.NoError(t, err)
	reader, err := p.Open(t.Context(), s, noCredentials{})
	require.NoError(t, err)
	return location, reader
}

// read reads refs as a pass would, and returns values, or errors' kinds in brackets, by name and version.
func read(t *testing.T, reader provider.Reader, refs ...provider.Ref) map[string]string {
	t.Helper()
	values := map[string]string{}
	for _, group := range reader.Plan(refs) {
		for i, answer := range reader.Read(t.Context(), group) {
			id := strings.Trim(group[i].Key+" "+group[i].Version, " ")
			values[id] = string(answer.Value.Reveal())
			if answer.Err != nil {
				values[id] = "[" + string(provider.KindOf(answer.Err)) + "]"
			}
		}
	}
	return values
}

// found searches and reads what is found.
func found(t *testing.T, reader provider.Reader, find api.Find) map[string]string {
	t.Helper()
	all, err := reader.(provider.Finder).Find(t.Context(), &find)
	require.NoError(t, err)
	var refs []provider.Ref
	for _, f := range all {
		refs = append(refs, f.Ref)
	}
	return read(t, reader, refs...)
}

func TestSecretsOfAServer(t *testing.T) {
	e := harness.AWS(t)
	value := func(text string) *string { return &text }
	e.SeedAll(t, []harness.AWSSecret{
		{Name: "shop/user", String: value("u"), Tags: map[string]string{"env": "prod", "team": "red"}},
		{Name: "shop/password", String: value("p"), Tags: map[string]string{"env": "test", "team": "prod"}},
		{Name: "shop/gone", String: value("g"), Tags: map[string]string{"env": "prod"}, Pending: true},
		{Name: "shopping", String: value("s"), Tags: map[string]string{"env": "production"}},
	})
	location, reader := store(t, e.Env(), api.AWSSecretsManagerService, "shop/")

	assert.Equal(t, map[string]string{"shop/password": "p", "shop/user": "u"}, found(t, reader, api.Find{Path: new("shop/")}))
	assert.Equal(t, map[string]string{"shop/user": "u", "shopping": "s"}, found(t, reader, api.Find{Name: &api.FindName{RegExp: "^shop.(user|ing)"}}))
	assert.Equal(t, map[string]string{"shop/user": "u"}, found(t, reader, api.Find{Tags: map[string]string{"env": "prod"}}), "pairs, and no prefixes")

	ref := location.Ref(&api.RemoteRef{Key: "user", MetadataPolicy: api.MetadataPolicyFetch})
	assert.Equal(t, map[string]string{"shop/user": `{"env":"prod","team":"red"}`}, read(t, reader, ref))
	gone := location.Ref(&api.RemoteRef{Key: "gone", MetadataPolicy: api.MetadataPolicyFetch})
	assert.Equal(t, map[string]string{"shop/gone": "[NotFound]"}, read(t, reader, gone))

	e.Deny(t, "", "secretsmanager:ListSecrets", "")
	_, err := reader.(provider.Finder).Find(t.Context(), &api.Find{Path: new("shop/")})
	assert.Equal(t, provider.Denied, provider.KindOf(err))
}

func TestParametersOfAServer(t *testing.T) {
	e := harness.AWS(t)
	e.SeedParameters(t, []harness.AWSParameter{
		{Name: "/shop/user", Value: "old"},
		{Name: "/shop/user", Value: "u", Labels: []string{"live"}, Tags: map[string]string{"env": "prod"}},
		{Name: "/shop/db/password", Value: "p", Tags: map[string]string{"env": "production"}},
		{Name: "/shopping", Value: "s", Type: "String", Tags: map[string]string{"env": "prod"}},
		{Name: "flat", Value: "f"},
	})
	location, reader := store(t, e.Env(), api.AWSParameterStoreService, "/shop/")

	var refs []provider.Ref
	for _, remote := range []api.RemoteRef{
		{Key: "user"}, {Key: "user", Version: "1"}, {Key: "user", Version: "live"}, {Key: "user", Version: "9"}, {Key: "db/password"}, {Key: "none"},
	} {
		refs = append(refs, location.Ref(&remote))
	}
	assert.Equal(t, map[string]string{
		"/shop/user": "u", "/shop/user 1": "old", "/shop/user live": "u", "/shop/user 9": "[NotFound]", "/shop/db/password": "p", "/shop/none": "[NotFound]",
	}, read(t, reader, refs...))
	assert.Equal(t, map[string]string{"/shop/user": `{"env":"prod"}`},
		read(t, reader, location.Ref(&api.RemoteRef{Key: "user", MetadataPolicy: api.MetadataPolicyFetch})))

	e.ResetCounters(t)
	under := map[string]string{"/shop/user": "u", "/shop/db/password": "p"}
	everything := map[string]string{"/shop/user": "u", "/shop/db/password": "p", "/shopping": "s", "flat": "f"}
	assert.Equal(t, under, found(t, reader, api.Find{Path: new("/shop")}))
	assert.Equal(t, under, found(t, reader, api.Find{Name: &api.FindName{RegExp: "^/shop/"}}))
	assert.Equal(t, everything, found(t, reader, api.Find{Name: &api.FindName{}}))
	assert.Equal(t, map[string]string{"/shop/user": "u", "/shopping": "s"}, found(t, reader, api.Find{Tags: map[string]string{"env": "prod"}}))
	counters := e.Counters(t)
	assert.Equal(t, 3, counters.Count(harness.OpGetParametersByPath))
	assert.Equal(t, 4, counters.Count(harness.OpGetParameters))

	e.Deny(t, "", "ssm:GetParametersByPath", "")
	assert.Equal(t, under, found(t, reader, api.Find{Path: new("/shop")}))
	assert.Equal(t, everything, found(t, reader, api.Find{Name: &api.FindName{}}))
	e.Deny(t, "", "kms:Decrypt", "/shop/db")
	assert.Equal(t, map[string]string{"/shop/user": "u", "/shop/db/password": "[Denied]"}, found(t, reader, api.Find{Path: new("/shop")}))
}

func TestMotoIsSearchedAndRead(t *testing.T) {
	if testing.Short() {
		t.Skip("moto takes seconds to start")
	}
	m := harness.Moto(t)
	m.Put(t, "shop/user", "u")
	m.Put(t, "other", "o")
	m.PutParameter(t, "/shop/user", "old")
	m.PutParameter(t, "/shop/user", "u")
	m.PutParameter(t, "/shop/db/password", "p")
	m.PutParameter(t, "/shopping", "s")

	_, secrets := store(t, m.Env(), api.AWSSecretsManagerService, "")
	assert.Equal(t, map[string]string{"shop/user": "u"}, found(t, secrets, api.Find{Name: &api.FindName{RegExp: "^shop/"}}))
	assert.Empty(t, found(t, secrets, api.Find{Tags: map[string]string{"env": "prod"}}))
	assert.Equal(t, map[string]string{"shop/user": "{}"}, read(t, secrets, provider.Ref{Key: "shop/user", Metadata: true}))

	_, parameters := store(t, m.Env(), api.AWSParameterStoreService, "")
	assert.Equal(t, map[string]string{"/shop/user": "u", "/shop/db/password": "p"}, found(t, parameters, api.Find{Path: new("/shop")}))
	assert.Equal(t, map[string]string{"/shop/user": "u"}, found(t, parameters, api.Find{Name: &api.FindName{RegExp: "^/shop/u"}}))
	assert.Equal(t, map[string]string{"/shop/user": "u", "/shop/user 1": "old", "/shop/user 9": "[NotFound]", "/none": "[NotFound]"},
		read(t, parameters, provider.Ref{Key: "/shop/user"}, provider.Ref{Key: "/shop/user", Version: "1"},
			provider.Ref{Key: "/shop/user", Version: "9"}, provider.Ref{Key: "/none"}))
	assert.Equal(t, map[string]string{"/shop/user": "{}", "/none": "[NotFound]"},
		read(t, parameters, provider.Ref{Key: "/shop/user", Metadata: true}, provider.Ref{Key: "/none", Metadata: true}))
}
