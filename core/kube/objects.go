package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// ErrKind means that the API server has no such kind of object, or none with namespaces.
var ErrKind = errors.New("no kind of object that can be written")

// kinds remembers what the API server serves, by group and version. The zero value is ready for use.
type kinds struct {
	mu     sync.Mutex
	served map[schema.GroupVersion][]metav1.APIResource
}

// resources asks the API server, once for each group and version, what it serves.
func (c *Client) resources(ctx context.Context, gv schema.GroupVersion) ([]metav1.APIResource, error) {
	c.kinds.mu.Lock()
	defer c.kinds.mu.Unlock()
	if known, ok := c.kinds.served[gv]; ok {
		return known, nil
	}
	body, err := bodyOf(c.raw.Get().AbsPath(pathOf(gv)...).Do(ctx))
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("ask for the resources of %s: %w", gv, err)
	}
	var list metav1.APIResourceList
	if err == nil {
		if err := json.Unmarshal(body, &list); err != nil {
			return nil, fmt.Errorf("read the resources of %s: %w", gv, err)
		}
	}
	if c.kinds.served == nil {
		c.kinds.served = map[schema.GroupVersion][]metav1.APIResource{}
	}
	c.kinds.served[gv] = list.APIResources
	return list.APIResources, nil
}

func pathOf(gv schema.GroupVersion) []string {
	if gv.Group == "" {
		return []string{"/api", gv.Version}
	}
	return []string{"/apis", gv.Group, gv.Version}
}

// ResourceOf is the resource of a kind of objects that have namespaces. The error is ErrKind where there is none.
func (c *Client) ResourceOf(ctx context.Context, kind schema.GroupVersionKind) (schema.GroupVersionResource, error) {
	served, err := c.resources(ctx, kind.GroupVersion())
	if err != nil {
		return schema.GroupVersionResource{}, err
	}
	for _, resource := range served {
		switch {
		case resource.Kind != kind.Kind || strings.Contains(resource.Name, "/"):
		case !resource.Namespaced:
			return schema.GroupVersionResource{}, fmt.Errorf("%w: a %s of %s is in no namespace", ErrKind, kind.Kind, kind.GroupVersion())
		default:
			return kind.GroupVersion().WithResource(resource.Name), nil
		}
	}
	return schema.GroupVersionResource{}, fmt.Errorf("%w: the API server has no %s in %s", ErrKind, kind.Kind, kind.GroupVersion())
}

// object directs a request at the objects of a kind in a namespace.
func (c *Client) object(ctx context.Context, request *rest.Request, kind schema.GroupVersionKind, namespace string) (*rest.Request, error) {
	resource, err := c.ResourceOf(ctx, kind)
	if err != nil {
		return nil, err
	}
	return request.AbsPath(pathOf(kind.GroupVersion())...).Namespace(namespace).Resource(resource.Resource), nil
}

// GetObject reads an object of any kind that has namespaces.
func (c *Client) GetObject(ctx context.Context, kind schema.GroupVersionKind, namespace, name string) (*unstructured.Unstructured, error) {
	request, err := c.object(ctx, c.raw.Get(), kind, namespace)
	if err != nil {
		return nil, err
	}
	body, err := bodyOf(request.Name(name).Do(ctx))
	if err != nil {
		return nil, fmt.Errorf("get %s %q: %w", kind.Kind, name, err)
	}
	var object unstructured.Unstructured
	if err := object.UnmarshalJSON(body); err != nil {
		return nil, fmt.Errorf("read %s %q: %w", kind.Kind, name, err)
	}
	return &object, nil
}

// PutObject creates an object under a field manager or, where it has a resourceVersion, replaces the one of that version.
func (c *Client) PutObject(ctx context.Context, object *unstructured.Unstructured, manager string, dryRun bool) error {
	verb, request := "create", c.raw.Post()
	if object.GetResourceVersion() != "" {
		verb, request = "update", c.raw.Put()
	}
	request, err := c.object(ctx, request, object.GroupVersionKind(), object.GetNamespace())
	if err != nil {
		return err
	}
	if verb == "update" {
		request = request.Name(object.GetName())
	}
	body, err := object.MarshalJSON()
	if err != nil {
		return fmt.Errorf("encode %s %q: %w", object.GetKind(), object.GetName(), err)
	}
	for _, all := range dryRunAll(dryRun) {
		request = request.Param("dryRun", all)
	}
	if err := request.Param("fieldManager", manager).Body(body).Do(ctx).Error(); err != nil {
		return fmt.Errorf("%s %s %q: %w", verb, object.GetKind(), object.GetName(), err)
	}
	return nil
}

// DeleteObject deletes the object of that UID and resourceVersion: one that was changed or made anew since is a conflict.
func (c *Client) DeleteObject(ctx context.Context, object *unstructured.Unstructured, dryRun bool) error {
	request, err := c.object(ctx, c.raw.Delete(), object.GroupVersionKind(), object.GetNamespace())
	if err != nil {
		return err
	}
	uid, version := object.GetUID(), object.GetResourceVersion()
	body, err := json.Marshal(metav1.DeleteOptions{
		TypeMeta:      metav1.TypeMeta{Kind: "DeleteOptions", APIVersion: "v1"},
		Preconditions: &metav1.Preconditions{UID: &uid, ResourceVersion: &version}, DryRun: dryRunAll(dryRun),
	})
	if err != nil {
		return fmt.Errorf("encode the deletion: %w", err)
	}
	if err := request.Name(object.GetName()).Body(body).Do(ctx).Error(); err != nil {
		return fmt.Errorf("delete %s %q: %w", object.GetKind(), object.GetName(), err)
	}
	return nil
}
