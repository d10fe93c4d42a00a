package doctor

import (
	"context"
	"encoding/json"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// stores lists the stores of a kind.
func (g *gatherer) stores(ctx context.Context, kind, namespace string) known[[]store] {
	var all known[[]store]
	if g.objects == nil {
		return all
	}
	resource := api.ResourceSecretStores
	if kind == kindClusterStore {
		resource = api.ResourceClusterSecretStores
	}
	all.err = g.objects.List(ctx, resource, namespace, kube.Selector{}, func(page []json.RawMessage) error {
		for _, raw := range page {
			g.note(resource, raw)
			all.value = append(all.value, storeOf(kind, raw))
		}
		return nil
	})
	if apierrors.IsNotFound(all.err) {
		all.err = nil // its CRD is missing, which is said elsewhere
	}
	return all
}

// storeOf reads a store. Its provider is not looked at but for the ServiceAccounts that it names.
func storeOf(kind string, raw json.RawMessage) store {
	var object struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     struct {
			Controller string                   `json:"controller"`
			Provider   any                      `json:"provider"`
			Conditions []api.NamespaceCondition `json:"conditions"`
		} `json:"spec"`
	}
	_ = json.Unmarshal(raw, &object) // what can be read of it counts; what is wrong with it is told with those that want it
	s := store{
		NamespacedName: types.NamespacedName{Namespace: object.Metadata.Namespace, Name: object.Metadata.Name}, kind: kind,
		class: object.Spec.Controller, finalizers: object.Metadata.Finalizers,
	}
	if object.Metadata.DeletionTimestamp != nil {
		s.deleting = object.Metadata.DeletionTimestamp.Time
	}
	for _, condition := range object.Spec.Conditions {
		s.selects = s.selects || condition.NamespaceSelector != nil
	}
	s.accounts = accountsIn(object.Spec.Provider, s.Namespace)
	return s
}

// accountsIn are the ServiceAccounts that a provider's settings refer to, whichever provider it is.
func accountsIn(node any, namespace string) []types.NamespacedName {
	settings, _ := node.(map[string]any)
	var accounts []types.NamespacedName
	for key, value := range settings {
		reference, _ := value.(map[string]any)
		if name, ok := reference["name"].(string); ok && strings.HasPrefix(key, "serviceAccount") {
			account := types.NamespacedName{Namespace: namespace, Name: name}
			if own, ok := reference["namespace"].(string); ok && namespace == "" {
				account.Namespace = own
			}
			accounts = append(accounts, account)
			continue
		}
		accounts = append(accounts, accountsIn(value, namespace)...)
	}
	return accounts
}

// note remembers an object whose manifest is in version v1beta1.
func (g *gatherer) note(resource string, raw json.RawMessage) {
	var object struct {
		Kind     string            `json:"kind"`
		Metadata metav1.ObjectMeta `json:"metadata"`
	}
	if json.Unmarshal(raw, &object) != nil {
		return // said with the object
	}
	manager := oldManifest(&object.Metadata)
	if manager == "" {
		return
	}
	kinds := map[string]string{
		api.ResourceExternalSecrets: api.KindExternalSecret, api.ResourceSecretStores: kindStore, api.ResourceClusterSecretStores: kindClusterStore,
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.old = append(g.old, Object{
		Kind: kinds[resource], Namespace: object.Metadata.Namespace, Name: object.Metadata.Name, Note: "by " + manager,
	})
}

// oldManifest is who has written an object in version v1beta1 and not in a newer one since; empty for nobody. kubectl apply
// leaves the manifest itself; of others there are the managed fields, where what did not change is not written anew.
func oldManifest(object *metav1.ObjectMeta) string {
	const old = api.Group + "/" + api.V1Beta1
	if applied := object.Annotations["kubectl.kubernetes.io/last-applied-configuration"]; applied != "" {
		var manifest metav1.TypeMeta
		if json.Unmarshal([]byte(applied), &manifest) == nil && manifest.APIVersion == old {
			return "kubectl apply"
		}
		return ""
	}
	wrote := ""
	newer := map[string]bool{}
	for _, entry := range object.ManagedFields {
		switch {
		case entry.Subresource != "":
		case entry.APIVersion == old:
			wrote = entry.Manager
		default:
			newer[entry.Manager] = true
		}
	}
	if newer[wrote] {
		return ""
	}
	return wrote
}

// clusterExternalSecrets, namespaces and secrets read metadata only.
func (g *gatherer) clusterExternalSecrets(ctx context.Context) known[[]metav1.PartialObjectMetadata] {
	if g.objects == nil {
		return known[[]metav1.PartialObjectMetadata]{}
	}
	version := strings.TrimPrefix(g.objects.APIVersion(), api.Group+"/")
	read := g.list(ctx, schema.GroupVersionResource{Group: api.Group, Version: version, Resource: api.ResourceClusterExternalSecrets}, "", "")
	if apierrors.IsNotFound(read.err) {
		read.err = nil // there are none where their kind is not served
	}
	return read
}

func (g *gatherer) namespaces(ctx context.Context, namespace string) known[[]metav1.PartialObjectMetadata] {
	namespaces := schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	if namespace == "" {
		return g.list(ctx, namespaces, "", "")
	}
	one, err := g.metadata.Resource(namespaces).Get(ctx, namespace, metav1.GetOptions{})
	if err != nil {
		return known[[]metav1.PartialObjectMetadata]{err: err}
	}
	return known[[]metav1.PartialObjectMetadata]{value: []metav1.PartialObjectMetadata{*one}}
}

func (g *gatherer) secrets(ctx context.Context, namespace string) known[[]metav1.PartialObjectMetadata] {
	return g.list(ctx, schema.GroupVersionResource{Version: "v1", Resource: "secrets"}, namespace, api.LabelManaged+"="+api.LabelManagedValue)
}

func (g *gatherer) list(ctx context.Context, resource schema.GroupVersionResource, namespace, labels string) known[[]metav1.PartialObjectMetadata] {
	objects, err := pages(func(options metav1.ListOptions) ([]metav1.PartialObjectMetadata, string, error) {
		list, err := g.metadata.Resource(resource).Namespace(namespace).List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, metav1.ListOptions{LabelSelector: labels})
	return known[[]metav1.PartialObjectMetadata]{objects, err}
}
