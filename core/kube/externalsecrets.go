package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
)

// Selector narrows a LIST, in the syntax of kubectl's -l and --field-selector. Empty means everything.
type Selector struct {
	Labels, Fields string
}

// List pages through the objects of resource ("externalsecrets", "secretstores", "clustersecretstores") in namespace, or
// everywhere where namespace is empty, and hands out each page as raw JSON.
func (c *Client) List(ctx context.Context, resource, namespace string, selector Selector, page func([]json.RawMessage) error) error {
	_, err := c.ListVersion(ctx, resource, namespace, selector, page)
	return err
}

// ListVersion is List, and returns the version of the list, from which it can be watched.
func (c *Client) ListVersion(
	ctx context.Context, resource, namespace string, selector Selector, page func([]json.RawMessage) error,
) (version string, err error) {
	token := ""
	for {
		request := c.selected(resource, namespace, selector).Param("limit", strconv.Itoa(pageSize))
		if token != "" {
			request = request.Param("continue", token)
		}
		body, err := bodyOf(request.Do(ctx))
		if err != nil {
			return "", fmt.Errorf("list %s: %w", resource, served(err))
		}
		var list struct {
			Metadata metav1.ListMeta   `json:"metadata"`
			Items    []json.RawMessage `json:"items"`
		}
		if err := json.Unmarshal(body, &list); err != nil {
			return "", fmt.Errorf("read the list of %s: %w", resource, err)
		}
		if err := page(list.Items); err != nil {
			return "", err
		}
		if token = list.Metadata.Continue; token == "" {
			return list.Metadata.ResourceVersion, nil
		}
	}
}

// selected begins a request for the objects of resource that the selector admits.
func (c *Client) selected(resource, namespace string, selector Selector) *rest.Request {
	request := c.resource(c.raw.Get(), resource, namespace)
	for name, value := range map[string]string{"labelSelector": selector.Labels, "fieldSelector": selector.Fields} {
		if value != "" {
			request = request.Param(name, value)
		}
	}
	return request
}

// Get reads one object of resource as raw JSON.
func (c *Client) Get(ctx context.Context, resource, namespace, name string) (json.RawMessage, error) {
	body, err := bodyOf(c.resource(c.raw.Get(), resource, namespace).Name(name).Do(ctx))
	if err != nil {
		return nil, fmt.Errorf("get %s %q: %w", resource, name, served(err))
	}
	return body, nil
}

// GetGenerator reads a generator as raw JSON; namespace is empty for one that is in none.
func (c *Client) GetGenerator(ctx context.Context, kind, namespace, name string) (json.RawMessage, error) {
	body, err := bodyOf(c.raw.Get().AbsPath("/apis", generators.Group, generators.Version).
		NamespaceIfScoped(namespace, namespace != "").Resource(generators.ResourceOf(kind)).Name(name).Do(ctx))
	if err != nil {
		return nil, fmt.Errorf("get %s %q: %w", kind, name, err)
	}
	return body, nil
}

// PatchStatus applies a JSON patch (RFC 6902) to the status of an ExternalSecret.
func (c *Client) PatchStatus(ctx context.Context, namespace, name string, patch []byte) error {
	err := c.resource(c.raw.Patch(types.JSONPatchType), api.ResourceExternalSecrets, namespace).
		Name(name).SubResource("status").Body(patch).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("patch the status of externalsecret %q: %w", name, err)
	}
	return nil
}

// Patch applies a JSON merge patch to an ExternalSecret itself, not to its status.
func (c *Client) Patch(ctx context.Context, namespace, name string, patch []byte) error {
	err := c.resource(c.raw.Patch(types.MergePatchType), api.ResourceExternalSecrets, namespace).Name(name).Body(patch).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("patch externalsecret %q: %w", name, err)
	}
	return nil
}

func (c *Client) resource(request *rest.Request, resource, namespace string) *rest.Request {
	return request.AbsPath("/apis", api.Group, c.version).
		NamespaceIfScoped(namespace, namespace != "").Resource(resource)
}

// bodyOf is the body of an answer. Raw alone would drop what the API server says about a failure.
func bodyOf(answer rest.Result) ([]byte, error) {
	if err := answer.Error(); err != nil {
		return nil, err
	}
	return answer.Raw()
}

// served makes ErrNoCRDs of an error that says that it is not an object that is missing but its resource.
func served(err error) error {
	unexpected := func(c metav1.StatusCause) bool { return c.Type == metav1.CauseTypeUnexpectedServerResponse }
	var status apierrors.APIStatus
	if !apierrors.IsNotFound(err) || !errors.As(err, &status) || status.Status().Details == nil ||
		!slices.ContainsFunc(status.Status().Details.Causes, unexpected) {
		return err
	}
	return fmt.Errorf("%w (%w)", ErrNoCRDs, err)
}
