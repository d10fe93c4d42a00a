package aws

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

type credsX map[string]string

func (c credsX) Secret(_ context.Context, _, name, key string) (secret.Value, error) {
	return secret.FromString("AKIA" + key), nil
}
func (c credsX) ServiceAccount(context.Context, string, string) (map[string]string, error) {
	return map[string]string{annotationRole: "arn:aws:iam::1:role/x"}, nil
}
func (c credsX) Token(context.Context, string, string, []string) (secret.Value, time.Time, error) {
	return secret.FromString("tokentoken"), time.Now().Add(time.Hour), nil
}

const specStatic = `{"service":"SecretsManager","region":"eu-central-1","auth":{"secretRef":{"accessKeyIDSecretRef":{"name":"a","key":"id"},"secretAccessKeySecretRef":{"name":"a","key":"key"}}}}`

func TestExp(t *testing.T) {
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	bodies := []string{
		`{"Name":"a","SecretString": "canary-s3cret`,
		`{"Name":"a","SecretString": {"canary":"canary-s3cret"}}`,
		`{"Name":"a","SecretString": 123456789}`,
		`canary-s3cret`,
		`{"Name":"a","SecretBinary": "canary-s3cret!!"}`,
		`{"Name":"a","CreatedDate":"canary-date","SecretString": "x"}`,
		`<html>canary-s3cret</html>`,
	}
	for _, b := range bodies {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/x-amz-json-1.1")
			w.Header().Set("x-amzn-RequestId", "req-1")
			io.WriteString(w, b)
		}))
		one := int32(1)
		p := Provider{Getenv: func(n string) string {
			if n == "AWS_SECRETSMANAGER_ENDPOINT" {
				return srv.URL
			}
			return ""
		}}
		r, err := p.Open(t.Context(), provider.Store{Kind: "SecretStore", Namespace: "n", Name: "s", Spec: json.RawMessage(specStatic), Retry: &api.StoreRetrySettings{MaxRetries: &one}}, credsX{})
		if err != nil {
			t.Fatal(err)
		}
		a := r.Read(t.Context(), []provider.Ref{{Key: "a"}})
		fmt.Println("ONE ", b, "=>", a[0].Err, a[0].Value.Len())
		a = r.Read(t.Context(), []provider.Ref{{Key: "a"}, {Key: "b"}})
		fmt.Println("MANY", b, "=>", a[0].Err)
		srv.Close()
	}
	t.Setenv("AWS_PROFILE", "prod")
	p := Provider{Getenv: func(n string) string { return "" }}
	_, err := p.Open(t.Context(), provider.Store{Kind: "SecretStore", Namespace: "n", Name: "s", Spec: json.RawMessage(specStatic)}, credsX{})
	fmt.Println("PROFILE", err)
	t.Setenv("AWS_PROFILE", "")
	// unreachable sts
	p = Provider{Getenv: func(n string) string { return "http://127.0.0.1:1" }}
	_, err = p.Open(t.Context(), provider.Store{Kind: "SecretStore", Namespace: "n", Name: "s", Spec: json.RawMessage(`{"service":"SecretsManager","region":"eu-central-1","auth":{"jwt":{"serviceAccountRef":{"name":"sa"}}}}`)}, credsX{})
	fmt.Println("STS", provider.KindOf(err), err)
	_, err = p.Open(t.Context(), provider.Store{Kind: "SecretStore", Namespace: "n", Name: "s", Spec: json.RawMessage(`{"service":"SecretsManager","region":"eu-central-1"}`)}, credsX{})
	fmt.Println("NONE", provider.KindOf(err), err)
}
