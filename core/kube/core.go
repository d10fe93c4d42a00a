package kube

import (
	"context"
	"fmt"
	"strconv"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// ListManagedSecrets pages through the Secrets that carry the managed label, in namespace or everywhere.
func (c *Client) ListManagedSecrets(ctx context.Context, namespace string, each func(*corev1.Secret)) error {
	token := ""
	for {
		request := c.core.Get().NamespaceIfScoped(namespace, namespace != "").Resource("secrets").
			Param("limit", strconv.Itoa(pageSize)).Param("labelSelector", api.LabelManaged+"="+api.LabelManagedValue)
		if token != "" {
			request = request.Param("continue", token)
		}
		var list corev1.SecretList
		if err := request.Do(ctx).Into(&list); err != nil {
			return fmt.Errorf("list the managed secrets: %w", err)
		}
		for i := range list.Items {
			each(&list.Items[i])
		}
		if token = list.Continue; token == "" {
			return nil
		}
	}
}

// GetSecret reads one Secret.
func (c *Client) GetSecret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	var s corev1.Secret
	if err := c.core.Get().Namespace(namespace).Resource("secrets").Name(name).Do(ctx).Into(&s); err != nil {
		return nil, fmt.Errorf("get secret %q: %w", name, err)
	}
	return &s, nil
}

// GetConfigMap reads one ConfigMap.
func (c *Client) GetConfigMap(ctx context.Context, namespace, name string) (*corev1.ConfigMap, error) {
	var m corev1.ConfigMap
	if err := c.core.Get().Namespace(namespace).Resource("configmaps").Name(name).Do(ctx).Into(&m); err != nil {
		return nil, fmt.Errorf("get configmap %q: %w", name, err)
	}
	return &m, nil
}

// CreateSecret creates s under a field manager. With dryRun the server checks everything and stores nothing.
func (c *Client) CreateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error {
	options := &metav1.CreateOptions{FieldManager: manager, DryRun: dryRunAll(dryRun)}
	err := c.core.Post().Namespace(s.Namespace).Resource("secrets").VersionedParams(options, c.params).Body(s).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("create secret %q: %w", s.Name, err)
	}
	return nil
}

// UpdateSecret replaces a Secret under a field manager; s.ResourceVersion guards against lost updates.
func (c *Client) UpdateSecret(ctx context.Context, s *corev1.Secret, manager string, dryRun bool) error {
	options := &metav1.UpdateOptions{FieldManager: manager, DryRun: dryRunAll(dryRun)}
	err := c.core.Put().Namespace(s.Namespace).Resource("secrets").Name(s.Name).
		VersionedParams(options, c.params).Body(s).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("update secret %q: %w", s.Name, err)
	}
	return nil
}

// DeleteSecret deletes the very Secret that was read: one that was changed or made anew since is a conflict.
func (c *Client) DeleteSecret(ctx context.Context, namespace, name string, uid types.UID, resourceVersion string, dryRun bool) error {
	options := &metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &resourceVersion}, DryRun: dryRunAll(dryRun),
	}
	err := c.core.Delete().Namespace(namespace).Resource("secrets").Name(name).Body(options).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("delete secret %q: %w", name, err)
	}
	return nil
}

// CreateEvent records an Event.
func (c *Client) CreateEvent(ctx context.Context, e *corev1.Event) error {
	if err := c.core.Post().Namespace(e.Namespace).Resource("events").Body(e).Do(ctx).Error(); err != nil {
		return fmt.Errorf("create an event for %q: %w", e.InvolvedObject.Name, err)
	}
	return nil
}

// PatchEvent applies a JSON merge patch to an Event.
func (c *Client) PatchEvent(ctx context.Context, namespace, name string, patch []byte) error {
	err := c.raw.Patch(types.MergePatchType).AbsPath("/api/v1").Namespace(namespace).Resource("events").Name(name).
		Body(patch).Do(ctx).Error()
	if err != nil {
		return fmt.Errorf("patch event %q: %w", name, err)
	}
	return nil
}

// GetEvent reads one Event.
func (c *Client) GetEvent(ctx context.Context, namespace, name string) (*corev1.Event, error) {
	var e corev1.Event
	if err := c.core.Get().Namespace(namespace).Resource("events").Name(name).Do(ctx).Into(&e); err != nil {
		return nil, fmt.Errorf("get event %q: %w", name, err)
	}
	return &e, nil
}

// ServiceAccount returns the annotations of a service account.
func (c *Client) ServiceAccount(ctx context.Context, namespace, name string) (map[string]string, error) {
	var account corev1.ServiceAccount
	err := c.core.Get().Namespace(namespace).Resource("serviceaccounts").Name(name).Do(ctx).Into(&account)
	if err != nil {
		return nil, fmt.Errorf("get service account %q: %w", name, err)
	}
	return account.Annotations, nil
}

// Token mints a token of a service account for audiences, and tells when it expires.
func (c *Client) Token(ctx context.Context, namespace, name string, audiences []string) (string, time.Time, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: audiences}}
	var answer authenticationv1.TokenRequest
	err := c.core.Post().Namespace(namespace).Resource("serviceaccounts").Name(name).SubResource("token").
		Body(request).Do(ctx).Into(&answer)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("request a token of service account %q: %w", name, err)
	}
	return answer.Status.Token, answer.Status.ExpirationTimestamp.Time, nil
}

// ConfigMap returns the data of a ConfigMap.
func (c *Client) ConfigMap(ctx context.Context, namespace, name string) (map[string]string, error) {
	var m corev1.ConfigMap
	if err := c.core.Get().Namespace(namespace).Resource("configmaps").Name(name).Do(ctx).Into(&m); err != nil {
		return nil, fmt.Errorf("get configmap %q: %w", name, err)
	}
	return m.Data, nil
}

// NamespaceLabels returns the labels of a namespace.
func (c *Client) NamespaceLabels(ctx context.Context, name string) (map[string]string, error) {
	var namespace corev1.Namespace
	if err := c.core.Get().Resource("namespaces").Name(name).Do(ctx).Into(&namespace); err != nil {
		return nil, fmt.Errorf("get namespace %q: %w", name, err)
	}
	return namespace.Labels, nil
}

func dryRunAll(dryRun bool) []string {
	if dryRun {
		return []string{metav1.DryRunAll}
	}
	return nil
}
