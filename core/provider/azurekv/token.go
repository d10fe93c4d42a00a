package azurekv

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// machineIdentity is where a virtual machine of Azure asks for tokens.
const machineIdentity = "http://169.254.169.254/metadata/identity/oauth2/token"

// tokenClient asks for tokens.
type tokenClient struct {
	pipeline runtime.Pipeline
	meter    *provider.Meter
}

func newTokenClient(options policy.ClientOptions, meter *provider.Meter) tokenClient {
	return tokenClient{pipeline: runtime.NewPipeline("externalsecret", "v1", runtime.PipelineOptions{}, &options), meter: meter}
}

// asserted proves an identity by a token of another issuer, or by one that was signed for this.
func asserted(token string) url.Values {
	return url.Values{"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {token}}
}

// fromEntra buys a token for a resource by what proves an application.
func (c tokenClient) fromEntra(ctx context.Context, who application, resource string, proof url.Values) (secret.Value, time.Time, error) {
	proof.Set("grant_type", "client_credentials")
	proof.Set("client_id", who.client)
	proof.Set("scope", resource+"/.default")
	request, err := runtime.NewRequest(called(ctx, c.meter, "Entra.GetToken"), http.MethodPost, who.endpoint)
	if err != nil {
		return secret.Value{}, time.Time{}, invalid("the URL of the tenant's tokens can't be read: %v", err)
	}
	body := streaming.NopCloser(strings.NewReader(proof.Encode()))
	if err := request.SetBody(body, "application/x-www-form-urlencoded"); err != nil {
		return secret.Value{}, time.Time{}, unreadable(opLogin)
	}
	return c.get(request, proof.Get("client_secret"), proof.Get("client_assertion"))
}

// fromMachine gets a token for a resource as the managed identity of what the process runs on: a virtual machine or, where the
// environment says so, a host of containers or apps.
func (c tokenClient) fromMachine(ctx context.Context, getenv func(string) string, resource, client string) (secret.Value, time.Time, error) {
	endpoint, header, value := machineIdentity, "Metadata", "true"
	query := url.Values{"resource": {resource}, "api-version": {"2018-02-01"}}
	if at, key := getenv("IDENTITY_ENDPOINT"), getenv("IDENTITY_HEADER"); at != "" && key != "" {
		endpoint, header, value = at, "X-IDENTITY-HEADER", key
		query.Set("api-version", "2019-08-01")
	}
	if client != "" {
		query.Set("client_id", client)
	}
	request, err := runtime.NewRequest(called(ctx, c.meter, "ManagedIdentity.GetToken"), http.MethodGet, endpoint+"?"+query.Encode())
	if err != nil {
		return secret.Value{}, time.Time{}, invalid("IDENTITY_ENDPOINT, in the environment of the process, is no URL")
	}
	request.Raw().Header.Set(header, value)
	return c.get(request, value)
}

// get makes a request for a token, again where that may help. secrets are what it holds that no text may.
func (c tokenClient) get(request *policy.Request, secrets ...string) (secret.Value, time.Time, error) {
	response, err := c.pipeline.Do(request) //nolint:bodyclose // Payload closes it
	if err != nil {
		return secret.Value{}, time.Time{}, unreached(opLogin, err)
	}
	content, err := runtime.Payload(response)
	if err != nil {
		return secret.Value{}, time.Time{}, unreached(opLogin, err)
	}
	if response.StatusCode != http.StatusOK {
		return secret.Value{}, time.Time{}, notLetIn(request.Raw().URL, response.StatusCode, content, secrets)
	}
	var answer struct {
		Token string      `json:"access_token"`
		In    json.Number `json:"expires_in"`
		On    json.Number `json:"expires_on"`
	}
	if json.NewDecoder(bytes.NewReader(content)).Decode(&answer) != nil || answer.Token == "" {
		return secret.Value{}, time.Time{}, unreadable(opLogin)
	}
	ends := time.Now()
	if seconds, err := strconv.ParseInt(answer.On.String(), 10, 64); err == nil {
		ends = time.Unix(seconds, 0)
	} else if seconds, err := strconv.ParseInt(answer.In.String(), 10, 64); err == nil {
		ends = ends.Add(time.Duration(seconds) * time.Second)
	}
	return secret.FromString(answer.Token), ends, nil
}
