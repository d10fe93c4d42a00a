package fanout

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
)

// cluster holds objects as an API server does: it counts versions and generations, and refuses a write on an older one.
type cluster struct {
	sources    []string          // in YAML
	namespaces map[string]string // their labels, "a=b,c=d"
	lists      int
	listing    error // what listing namespaces fails with

	mu       sync.Mutex
	children map[types.NamespacedName]*child
	version  int
	writes   []string // "create NAMESPACE/NAME", "status NAME BODY"
	// before, if set, is called in front of each write: a test may meddle, or refuse it.
	before func(write string) error
}

func (c *cluster) List(_ context.Context, _, _ string, _ kube.Selector, page func([]json.RawMessage) error) error {
	c.lists++
	var all []json.RawMessage
	for _, text := range c.sources {
		raw, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			return err
		}
		all = append(all, raw)
	}
	return page(all)
}

func (c *cluster) ListNamespaces(_ context.Context, each func(*corev1.Namespace)) error {
	c.lists++
	for name, labels := range c.namespaces {
		set := map[string]string{}
		for pair := range strings.SplitSeq(labels, ",") {
			key, value, _ := strings.Cut(pair, "=")
			set[key] = value
		}
		n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: set}}
		if _, going := set["going"]; going {
			n.DeletionTimestamp = &metav1.Time{}
		}
		each(n)
	}
	return c.listing
}

func (c *cluster) Get(_ context.Context, _, namespace, name string) (json.RawMessage, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	live, ok := c.children[types.NamespacedName{Namespace: namespace, Name: name}]
	if !ok {
		return nil, apierrors.NewNotFound(externalSecrets(), name)
	}
	return json.Marshal(live)
}

func externalSecrets() schema.GroupResource {
	return schema.GroupResource{Group: api.Group, Resource: api.ResourceExternalSecrets}
}

func (c *cluster) begin(write string) error {
	c.mu.Lock()
	c.writes = append(c.writes, write)
	c.mu.Unlock()
	if c.before != nil {
		return c.before(write)
	}
	return nil
}

// put stores a child as it is; its spec defaults as the CRD says in one field.
func (c *cluster) put(namespace string, object json.RawMessage, replaces *child) (json.RawMessage, error) {
	var next child
	if err := json.Unmarshal(object, &next); err != nil {
		return nil, err
	}
	c.version++
	next.Metadata.Namespace, next.Metadata.ResourceVersion = namespace, fmt.Sprint(c.version)
	if replaces == nil {
		next.Metadata.UID, next.Metadata.Generation = types.UID(fmt.Sprintf("uid-%d", c.version)), 1
	}
	c.children[types.NamespacedName{Namespace: namespace, Name: next.Metadata.Name}] = &next
	return json.Marshal(next)
}

func (c *cluster) CreateExternalSecret(_ context.Context, namespace string, object json.RawMessage) (json.RawMessage, error) {
	name := nameOf(object)
	if err := c.begin("create " + namespace + "/" + name); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.children[types.NamespacedName{Namespace: namespace, Name: name}]; ok {
		return nil, apierrors.NewAlreadyExists(externalSecrets(), name)
	}
	return c.put(namespace, object, nil)
}

func (c *cluster) UpdateExternalSecret(_ context.Context, namespace, name string, object json.RawMessage) (json.RawMessage, error) {
	if err := c.begin("update " + namespace + "/" + name); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	live, ok := c.children[types.NamespacedName{Namespace: namespace, Name: name}]
	switch want := readChild(object); {
	case !ok:
		return nil, apierrors.NewNotFound(externalSecrets(), name)
	case live.Metadata.ResourceVersion != want.Metadata.ResourceVersion:
		return nil, apierrors.NewConflict(externalSecrets(), name, nil)
	}
	return c.put(namespace, object, live)
}

func (c *cluster) DeleteExternalSecret(_ context.Context, namespace, name string, uid types.UID) error {
	if err := c.begin("delete " + namespace + "/" + name); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	id := types.NamespacedName{Namespace: namespace, Name: name}
	live, ok := c.children[id]
	switch {
	case !ok:
		return apierrors.NewNotFound(externalSecrets(), name)
	case live.Metadata.UID != uid:
		return apierrors.NewConflict(externalSecrets(), name, nil)
	}
	delete(c.children, id)
	return nil
}

func (c *cluster) PatchClusterStatus(_ context.Context, name string, patch []byte) error {
	return c.begin("status " + name + " " + string(patch))
}

func (c *cluster) PatchCluster(_ context.Context, name string, patch []byte) error {
	return c.begin("patch " + name + " " + string(patch))
}

func nameOf(object json.RawMessage) string { return readChild(object).Metadata.Name }

// clusterOf has three namespaces and the given ExternalSecrets, in YAML.
func clusterOf(t *testing.T, children ...string) *cluster {
	t.Helper()
	c := &cluster{children: map[types.NamespacedName]*child{}, namespaces: map[string]string{"a": "env=prod", "b": "env=prod", "c": "env=test"}}
	for _, text := range children {
		raw, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(t, err)
		uid := readChild(raw).Metadata.UID
		stored, err := c.put(readChild(raw).Metadata.Namespace, raw, nil)
		require.NoError(t, err)
		if uid != "" {
			live := readChild(stored)
			c.children[types.NamespacedName{Namespace: live.Metadata.Namespace, Name: live.Metadata.Name}].Metadata.UID = uid
		}
	}
	return c
}

// existing are the children as a pass has read them.
func (c *cluster) existing(t *testing.T) Existing {
	t.Helper()
	all := Existing{}
	for id, live := range c.children {
		raw, err := json.Marshal(live)
		require.NoError(t, err)
		all[id] = nil
		if api.ClusterExternalSecretOf(&live.Metadata) != "" {
			all[id] = raw
		}
	}
	return all
}

// run makes a fan-out. The writes of children are sorted, since they are made at the same time.
func (c *cluster) run(t *testing.T, change ...func(*FanOut)) (Existing, []Result) {
	t.Helper()
	f := &FanOut{Reader: c, Writer: c, Recorder: c, APIVersion: "external-secrets.io/v1", Concurrency: 4}
	for _, ch := range change {
		ch(f)
	}
	c.writes = nil
	require.NoError(t, f.Load(t.Context()))
	changed, results := f.Run(t.Context(), t.Context(), c.existing(t))
	return changed, results
}

// written are the writes of ExternalSecrets.
func (c *cluster) written() []string {
	writes := slices.Clone(c.writes)
	writes = slices.DeleteFunc(writes, func(w string) bool { return strings.HasPrefix(w, "status ") || strings.HasPrefix(w, "patch ") })
	slices.Sort(writes)
	return writes
}

// recorded is the status that was written, in YAML's words, empty if none was.
func (c *cluster) recorded(t *testing.T, name string) *api.ClusterExternalSecretStatus {
	t.Helper()
	for _, w := range c.writes {
		body, ok := strings.CutPrefix(w, "status "+name+" ")
		if !ok {
			continue
		}
		var patch [2]struct {
			Op, Path string
			Value    json.RawMessage
		}
		require.NoError(t, json.Unmarshal([]byte(body), &patch))
		require.Equal(t, "test /metadata/uid add /status", strings.Join([]string{patch[0].Op, patch[0].Path, patch[1].Op, patch[1].Path}, " "))
		var status api.ClusterExternalSecretStatus
		require.NoError(t, json.Unmarshal(patch[1].Value, &status))
		return &status
	}
	return nil
}
