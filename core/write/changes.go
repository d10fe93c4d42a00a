package write

import (
	"crypto/sha256"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Changes names the keys of a Secret that a write changes. Names may be shown; values are not here.
type Changes struct {
	Added   []string `json:"added,omitempty"`
	Changed []string `json:"changed,omitempty"`
	Removed []string `json:"removed,omitempty"`
	// Metadata tells that labels, annotations, owners, finalizers, type or immutability differ.
	Metadata bool `json:"metadata,omitempty"`
}

// Data tells whether the data differs.
func (c Changes) Data() bool { return len(c.Added)+len(c.Changed)+len(c.Removed) > 0 }

// Any tells whether there is anything to write.
func (c Changes) Any() bool { return c.Metadata || c.Data() }

// changes compares a live Secret with the one that is wanted. keep tells of keys that stay though the wanted Secret lacks
// them: those of others under creationPolicy Merge, whose values are not known here.
func changes(live *Live, want *corev1.Secret, keep func(key string) bool) Changes {
	var c Changes
	for _, key := range slices.Sorted(maps.Keys(want.Data)) {
		switch have, ok := live.digests[key]; {
		case !ok:
			c.Added = append(c.Added, key)
		case have != digest(sha256.Sum256(want.Data[key])):
			c.Changed = append(c.Changed, key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(live.digests)) {
		if _, ok := want.Data[key]; !ok && !keep(key) {
			c.Removed = append(c.Removed, key)
		}
	}
	c.Metadata = typeOf(want.Type) != typeOf(live.Type) ||
		(want.Immutable != nil && *want.Immutable) != live.Immutable || !sameMeta(&want.ObjectMeta, &live.Meta)
	return c
}

// sameMeta compares what is written of metadata.
func sameMeta(a, b *metav1.ObjectMeta) bool {
	return equality.Semantic.DeepEqual(a.Labels, b.Labels) && equality.Semantic.DeepEqual(a.Annotations, b.Annotations) &&
		equality.Semantic.DeepEqual(a.Finalizers, b.Finalizers) && equality.Semantic.DeepEqual(a.OwnerReferences, b.OwnerReferences)
}

// typeOf is a type as the API server stores it: Opaque where none is named.
func typeOf(t corev1.SecretType) corev1.SecretType {
	if t == "" {
		return corev1.SecretTypeOpaque
	}
	return t
}
