package fanout

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// child is an ExternalSecret of a ClusterExternalSecret.
type child struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Metadata   metav1.ObjectMeta `json:"metadata"`
	Spec       json.RawMessage   `json:"spec"`
}

// wanted is what an ExternalSecret of s is to be: live with all that s says about it, or a new one if live is nil.
func (s *source) wanted(namespace string, live *child, apiVersion string) (*child, error) {
	want := &child{APIVersion: apiVersion, Kind: api.KindExternalSecret, Spec: s.Spec.Child}
	if live != nil {
		want.Metadata = *live.Metadata.DeepCopy()
		want.Metadata.ManagedFields = nil // the server keeps its own
	}
	want.Metadata.Namespace, want.Metadata.Name = namespace, s.childName()
	want.Metadata.Labels = maps.Clone(s.Spec.ExternalSecretMetadata.Labels)
	want.Metadata.Annotations = maps.Clone(s.Spec.ExternalSecretMetadata.Annotations)
	delete(want.Metadata.Annotations, api.AnnotationForceSync)
	if value, ok := s.Annotations[api.AnnotationForceSync]; ok {
		if want.Metadata.Annotations == nil {
			want.Metadata.Annotations = map[string]string{}
		}
		want.Metadata.Annotations[api.AnnotationForceSync] = value
	}
	if live == nil || !s.owns(live) {
		owners := slices.DeleteFunc(want.Metadata.OwnerReferences, func(o metav1.OwnerReference) bool { return o.Controller != nil && *o.Controller })
		yes := true
		want.Metadata.OwnerReferences = slices.Concat(owners, []metav1.OwnerReference{{
			APIVersion: apiVersion, Kind: api.KindClusterExternalSecret, Name: s.Name, UID: s.UID, Controller: &yes, BlockOwnerDeletion: &yes,
		}})
	}
	if live != nil {
		// Both have been through the same defaults: the schema of the one is a part of the other's.
		same, err := sameJSON(live.Spec, want.Spec)
		if err != nil {
			return nil, err
		}
		if !same {
			want.Metadata.Generation++ // as the server will, whatever it is told
		}
	}
	return want, nil
}

// owns tells whether the very object s is the controller.
func (s *source) owns(live *child) bool {
	return s.controls(live) && metav1.GetControllerOfNoCopy(&live.Metadata).UID == s.UID
}

// controls tells whether s is the controller, or was in another life, before it was deleted or restored from a backup.
func (s *source) controls(live *child) bool {
	return api.ClusterExternalSecretOf(&live.Metadata) == s.Name
}

// same tells whether there is nothing to write, where want was made of live: its generation is another where its spec is.
func same(live, want *child) bool {
	return sameMetadata(live, want) && live.Metadata.Generation == want.Metadata.Generation
}

// sameMetadata compares what a fan-out sets.
func sameMetadata(a, b *child) bool {
	return maps.Equal(a.Metadata.Labels, b.Metadata.Labels) && maps.Equal(a.Metadata.Annotations, b.Metadata.Annotations) &&
		reflect.DeepEqual(a.Metadata.OwnerReferences, b.Metadata.OwnerReferences)
}

// sameJSON tells whether two texts mean the same, down to the digits of numbers.
func sameJSON(a, b json.RawMessage) (bool, error) {
	var values [2]any
	for i, text := range []json.RawMessage{a, b} {
		if len(text) == 0 {
			continue
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&values[i]); err != nil {
			return false, fmt.Errorf("read the spec: %w", err)
		}
	}
	return reflect.DeepEqual(values[0], values[1]), nil
}

// readChild reads an ExternalSecret; nil if nobody can tell who controls it.
func readChild(raw json.RawMessage) *child {
	var c child
	if raw == nil || json.Unmarshal(raw, &c) != nil {
		return nil
	}
	return &c
}
