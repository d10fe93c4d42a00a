package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// ListNamespaces pages through all namespaces.
func (c *Client) ListNamespaces(ctx context.Context, each func(*corev1.Namespace)) error {
	token := ""
	for {
		request := c.core.Get().Resource("namespaces").Param("limit", strconv.Itoa(pageSize))
		if token != "" {
			request = request.Param("continue", token)
		}
		var list corev1.NamespaceList
		if err := request.Do(ctx).Into(&list); err != nil {
			return fmt.Errorf("list namespaces: %w", err)
		}
		for i := range list.Items {
			each(&list.Items[i])
		}
		if token = list.Continue; token == "" {
			return nil
		}
	}
}

// CreateExternalSecret makes an ExternalSecret and returns what has become of it. With dryRun the server checks everything and
// stores nothing.
func (c *Client) CreateExternalSecret(ctx context.Context, namespace string, object json.RawMessage, dryRun bool) (json.RawMessage, error) {
	body, err := bodyOf(dryRunIf(dryRun, c.resource(c.raw.Post(), api.ResourceExternalSecrets, namespace)).Body([]byte(object)).Do(ctx))
	if err != nil {
		return nil, fmt.Errorf("create an ExternalSecret: %w", err)
	}
	return body, nil
}

// UpdateExternalSecret replaces an ExternalSecret, save its status; its resourceVersion guards against lost updates.
func (c *Client) UpdateExternalSecret(ctx context.Context, namespace, name string, object json.RawMessage, dryRun bool) (json.RawMessage, error) {
	request := c.resource(c.raw.Put(), api.ResourceExternalSecrets, namespace).Name(name)
	body, err := bodyOf(dryRunIf(dryRun, request).Body([]byte(object)).Do(ctx))
	if err != nil {
		return nil, fmt.Errorf("update externalsecret %q: %w", name, err)
	}
	return body, nil
}

// DeleteExternalSecret deletes the very ExternalSecret that was read: one that was made anew since is a conflict.
func (c *Client) DeleteExternalSecret(ctx context.Context, namespace, name string, uid types.UID, dryRun bool) error {
	options := metav1.DeleteOptions{
		TypeMeta:      metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"},
		Preconditions: &metav1.Preconditions{UID: &uid}, DryRun: dryRunAll(dryRun),
	}
	body, err := json.Marshal(options)
	if err != nil {
		return fmt.Errorf("encode the options of a deletion: %w", err)
	}
	if err := c.resource(c.raw.Delete(), api.ResourceExternalSecrets, namespace).Name(name).Body(body).Do(ctx).Error(); err != nil {
		return fmt.Errorf("delete externalsecret %q: %w", name, err)
	}
	return nil
}

// PatchClusterStatus applies a JSON patch (RFC 6902) to the status of a ClusterExternalSecret.
func (c *Client) PatchClusterStatus(ctx context.Context, name string, patch []byte) error {
	err := c.resource(c.raw.Patch(types.JSONPatchType), api.ResourceClusterExternalSecrets, "").
		Name(name).SubResource("status").Body(patch).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("patch the status of clusterexternalsecret %q: %w", name, err)
	}
	return nil
}

// PatchCluster applies a JSON merge patch to a ClusterExternalSecret itself, not to its status.
func (c *Client) PatchCluster(ctx context.Context, name string, patch []byte) error {
	err := c.resource(c.raw.Patch(types.MergePatchType), api.ResourceClusterExternalSecrets, "").Name(name).Body(patch).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("patch clusterexternalsecret %q: %w", name, err)
	}
	return nil
}

func dryRunIf(dryRun bool, request *rest.Request) *rest.Request {
	for _, value := range dryRunAll(dryRun) {
		request = request.Param("dryRun", value)
	}
	return request
}
