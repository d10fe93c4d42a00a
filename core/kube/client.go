// Package kube is a thin client for the few requests that the pipeline makes of the API server. It decodes nothing that it
// need not: ExternalSecrets and stores pass as raw JSON, one by one. It decides nothing: what to read or write is said by the
// stations. No informer, no cache.
package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// pageSize is how many objects a LIST asks for at once.
const pageSize = 500

// protobuf is how Secrets and Events travel: a third of the CPU of JSON on both sides.
const protobuf = "application/vnd.kubernetes.protobuf"

// ErrNoCRDs means that the API server does not serve the External Secrets API.
var ErrNoCRDs = errors.New("the API server does not serve " + api.Group + ": its CRDs are not installed; kubectl externalsecret install brings them")

// Client talks to one API server. Make it with New.
type Client struct {
	server  *rest.Config
	core    rest.Interface
	raw     rest.Interface
	params  runtime.ParameterCodec
	version string
	kinds   kinds
}

// New makes a client and asks the server which version of the External Secrets API it serves: v1 before v1beta1. The error
// is ErrNoCRDs where there is none. Rate limits are the config's; the pipeline bounds its own concurrency.
func New(ctx context.Context, config *rest.Config) (*Client, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, authenticationv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("register API types: %w", err)
		}
	}
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})

	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("read the connection's settings: %w", err)
	}
	typed := rest.CopyConfig(config)
	typed.APIPath = "/api"
	typed.GroupVersion = &corev1.SchemeGroupVersion
	typed.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	typed.ContentType = protobuf
	typed.AcceptContentTypes = protobuf + ",application/json"
	core, err := rest.RESTClientForConfigAndClient(typed, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	untyped := rest.CopyConfig(typed)
	untyped.GroupVersion = nil
	untyped.ContentType = "application/json"
	untyped.AcceptContentTypes = "application/json"
	raw, err := rest.UnversionedRESTClientForConfigAndClient(untyped, httpClient)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	c := &Client{server: rest.AnonymousClientConfig(config), core: core, raw: raw, params: runtime.NewParameterCodec(scheme)}
	if c.version, err = c.servedVersion(ctx); err != nil {
		return nil, err
	}
	return c, nil
}

// APIVersion is the served version of the External Secrets API that the client uses, such as "external-secrets.io/v1".
func (c *Client) APIVersion() string { return api.Group + "/" + c.version }

// APIServer is a connection to the same server without any credential.
func (c *Client) APIServer() *rest.Config { return rest.CopyConfig(c.server) }

func (c *Client) servedVersion(ctx context.Context) (string, error) {
	body, err := bodyOf(c.raw.Get().AbsPath("/apis/" + api.Group).Do(ctx))
	if apierrors.IsNotFound(err) {
		return "", ErrNoCRDs
	}
	if err != nil {
		return "", fmt.Errorf("ask for the served versions of %s: %w", api.Group, err)
	}
	var group metav1.APIGroup
	if err := json.Unmarshal(body, &group); err != nil {
		return "", fmt.Errorf("read the served versions of %s: %w", api.Group, err)
	}
	for _, want := range []string{api.V1, api.V1Beta1} {
		for _, served := range group.Versions {
			if served.Version == want {
				return want, nil
			}
		}
	}
	return "", fmt.Errorf("%w in version %s or %s", ErrNoCRDs, api.V1, api.V1Beta1)
}

// IsForbidden tells whether the API server refused a request for lack of rights.
func IsForbidden(err error) bool { return apierrors.IsForbidden(err) }

// NeedsChange tells whether a request failed in a way that trying again can't mend: someone has to change rights,
// credentials, selectors or the installed CRDs first.
func NeedsChange(err error) bool {
	return errors.Is(err, ErrNoCRDs) || apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsBadRequest(err)
}
