package resolve

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// NamespaceReader reads the labels of namespaces.
type NamespaceReader interface {
	NamespaceLabels(ctx context.Context, name string) (map[string]string, error)
}

// Store is a SecretStore or a ClusterSecretStore: Kind tells which, and Namespace is empty for the latter.
type Store struct {
	Kind, Namespace, Name string
	Spec                  api.StoreSpec
	// Ready is the condition that its last validation left, for a person to know; nil if there is none. Nothing here goes by it.
	Ready *api.Condition
}

// storeKey names a store.
type storeKey struct{ kind, namespace, name string }

func (k storeKey) String() string {
	if k.kind == api.KindClusterSecretStore {
		return fmt.Sprintf("%s %q", k.kind, k.name)
	}
	return fmt.Sprintf("%s %q in namespace %q", k.kind, k.name, k.namespace)
}

// found is a store or the reason why there is none.
type found struct {
	store *Store
	err   error
	// provider is that of a store whose spec can't be read otherwise; empty if it can't be told.
	provider string
}

// foundLabels are the labels of a namespace or the reason why they are not known.
type foundLabels struct {
	set labels.Set
	err error
}

// Stores finds stores, each at most once a run: from a LIST where many are wanted, by name otherwise.
type Stores struct {
	objects    ObjectReader
	namespaces NamespaceReader

	mu     sync.Mutex
	listed map[string]bool // "kind/namespace" and "kind/" for all
	known  map[storeKey]found
	labels map[string]foundLabels
}

// NewStores makes a finder that reads each store by name until Load is called.
func NewStores(objects ObjectReader, namespaces NamespaceReader) *Stores {
	return &Stores{
		objects: objects, namespaces: namespaces,
		listed: map[string]bool{}, known: map[storeKey]found{}, labels: map[string]foundLabels{},
	}
}

// Load lists the stores that ExternalSecrets of the namespaces, or of all where none is named, may use. Where a list is
// forbidden, or the kind is not served, stores are read by name as they are needed.
func (s *Stores) Load(ctx context.Context, namespaces []string) error {
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	for _, namespace := range namespaces {
		if err := s.list(ctx, api.KindSecretStore, namespace); err != nil {
			return err
		}
	}
	return s.list(ctx, api.KindClusterSecretStore, "")
}

func (s *Stores) list(ctx context.Context, kind, namespace string) error {
	known := map[storeKey]found{}
	err := s.objects.List(ctx, resourceOf(kind), namespace, kube.Selector{}, func(page []json.RawMessage) error {
		for _, raw := range page {
			key, f := decodeStore(kind, raw)
			known[key] = f
		}
		return nil
	})
	if kube.IsForbidden(err) || apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listed[kind+"/"+namespace] = true
	for key, f := range known {
		s.known[key] = f
	}
	return nil
}

// Get finds the store that a reference from namespace means.
func (s *Stores) Get(ctx context.Context, ref api.SecretStoreRef, namespace string) (*Store, error) {
	key := storeKey{kind: ref.Kind, namespace: namespace, name: ref.Name}
	switch ref.Kind {
	case "":
		key.kind = api.KindSecretStore
	case api.KindSecretStore:
	case api.KindClusterSecretStore:
		key.namespace = ""
	default:
		return nil, fmt.Errorf("%q is not a kind of store: use SecretStore or ClusterSecretStore", ref.Kind)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.known[key]
	if !ok {
		f = s.read(ctx, key)
		s.known[key] = f
	}
	if f.err != nil {
		return nil, fmt.Errorf("could not get %s: %w", key, f.err)
	}
	return f.store, nil
}

// Provider is the name of the provider of the store that a reference from namespace means, also of one whose spec can't be read
// otherwise; empty where it can't be told.
func (s *Stores) Provider(ctx context.Context, ref api.SecretStoreRef, namespace string) string {
	if store, err := s.Get(ctx, ref, namespace); err == nil {
		return store.Spec.Provider.Name()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[storeKeyOf(ref, namespace)].provider
}

// Known tells whether Get answers for the reference from what was read before.
func (s *Stores) Known(ref api.SecretStoreRef, namespace string) bool {
	key := storeKeyOf(ref, namespace)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.known[key]
	return ok || s.wasListed(key)
}

func storeKeyOf(ref api.SecretStoreRef, namespace string) storeKey {
	key := storeKey{kind: cmp.Or(ref.Kind, api.KindSecretStore), namespace: namespace, name: ref.Name}
	if key.kind == api.KindClusterSecretStore {
		key.namespace = ""
	}
	return key
}

func (s *Stores) wasListed(key storeKey) bool {
	return s.listed[key.kind+"/"+key.namespace] || s.listed[key.kind+"/"]
}

func (s *Stores) read(ctx context.Context, key storeKey) found {
	none := found{err: fmt.Errorf("there is no such store")}
	if s.wasListed(key) {
		return none
	}
	raw, err := s.objects.Get(ctx, resourceOf(key.kind), key.namespace, key.name)
	if apierrors.IsNotFound(err) {
		return none
	}
	if err != nil {
		return found{err: err}
	}
	_, f := decodeStore(key.kind, raw)
	return f
}

// Allowed tells whether the store's conditions admit ExternalSecrets of namespace: nil if so.
func (s *Stores) Allowed(ctx context.Context, store *Store, namespace string) error {
	if store.Kind != api.KindClusterSecretStore || len(store.Spec.Conditions) == 0 {
		return nil
	}
	for i, condition := range store.Spec.Conditions {
		if slices.Contains(condition.Namespaces, namespace) {
			return nil
		}
		for _, expression := range condition.NamespaceRegexes {
			re, err := regexp.Compile(expression)
			if err != nil {
				return fmt.Errorf("spec.conditions[%d].namespaceRegexes of ClusterSecretStore %q: %w", i, store.Name, err)
			}
			if re.MatchString(namespace) {
				return nil
			}
		}
		if condition.NamespaceSelector != nil {
			matches, err := s.matches(ctx, condition.NamespaceSelector, namespace)
			if err != nil {
				return fmt.Errorf("spec.conditions[%d].namespaceSelector of ClusterSecretStore %q: %w", i, store.Name, err)
			}
			if matches {
				return nil
			}
		}
	}
	return fmt.Errorf("using ClusterSecretStore %q is not allowed from namespace %q: its spec.conditions do not match", store.Name, namespace)
}

func (s *Stores) matches(ctx context.Context, selector *metav1.LabelSelector, namespace string) (bool, error) {
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.labels[namespace]
	if !ok {
		f.set, f.err = s.namespaces.NamespaceLabels(ctx, namespace)
		s.labels[namespace] = f
	}
	if f.err != nil {
		return false, f.err
	}
	return parsed.Matches(f.set), nil
}

func decodeStore(kind string, raw json.RawMessage) (storeKey, found) {
	var object struct {
		Metadata metav1.ObjectMeta `json:"metadata"`
		Spec     json.RawMessage   `json:"spec"`
		Status   json.RawMessage   `json:"status"`
	}
	if err := json.Unmarshal(raw, &object); err != nil {
		return storeKey{}, found{err: fmt.Errorf("read the store: %w", err)}
	}
	key := storeKey{kind: kind, namespace: object.Metadata.Namespace, name: object.Metadata.Name}
	store := &Store{Kind: kind, Namespace: key.namespace, Name: key.name}
	if err := json.Unmarshal(object.Spec, &store.Spec); err != nil {
		return key, found{err: fmt.Errorf("read its spec: %w", err), provider: store.Spec.Provider.Name()} // what could be read of it is there
	}
	store.Ready = readyOf(object.Status)
	return key, found{store: store}
}

// readyOf is the Ready condition of a status; nil where it has none, or can't be read.
func readyOf(status json.RawMessage) *api.Condition {
	var read api.StoreStatus
	if len(status) == 0 || json.Unmarshal(status, &read) != nil {
		return nil
	}
	for i := range read.Conditions {
		if read.Conditions[i].Type == api.ConditionReady {
			return &read.Conditions[i]
		}
	}
	return nil
}

func resourceOf(kind string) string {
	if kind == api.KindClusterSecretStore {
		return api.ResourceClusterSecretStores
	}
	return api.ResourceSecretStores
}

// checkInterval refuses what the operator's admission refuses, though nothing here goes by it.
func checkInterval(interval *intstr.IntOrString) error {
	if interval == nil {
		return nil
	}
	every, err := time.Duration(interval.IntVal)*time.Second, error(nil)
	if interval.Type == intstr.String && interval.StrVal != "" {
		every, err = time.ParseDuration(interval.StrVal)
	}
	if err != nil || every < 0 {
		return fmt.Errorf("spec.refreshInterval %q is neither a number of seconds nor a duration such as 5m", interval)
	}
	return nil
}
