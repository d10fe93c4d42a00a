package api

import (
	"crypto/sha3"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

const (
	// FieldManagerPrefix begins the field manager of each ExternalSecret.
	FieldManagerPrefix = "externalsecrets.external-secrets.io/"
	// fieldManagerLimit is the length beyond which a field manager holds a hash instead of a name.
	fieldManagerLimit = 63
	// hashChunk is how much text is gathered before it is hashed: enough to make the calls cheap.
	hashChunk = 4096
)

// DataHash is the value of AnnotationDataHash for a Secret's data: 56 hexadecimal digits, the same as External Secrets
// Operator writes. It is the SHA3-224 of how Go prints the map, written straight into the hash, so that its memory does not
// grow with the data.
func DataHash(data map[string][]byte) string {
	t := newTextHash()
	t.text("map[")
	for i, key := range slices.Sorted(maps.Keys(data)) {
		if i > 0 {
			t.text(" ")
		}
		t.text(key)
		t.text(":[")
		t.decimals(data[key])
		t.text("]")
	}
	t.text("]")
	return t.sum()
}

// ObjectHash is the value of AnnotationDataHash for an object that is no Secret: that of its spec or, where it has none, its data.
func ObjectHash(object map[string]any) string {
	content := object["spec"]
	if content == nil {
		content = object["data"]
	}
	return hashOf(fmt.Sprintf("%+v", content))
}

// SyncedResourceVersion is the value of status.syncedResourceVersion: it changes when the spec, an annotation or a label of
// the ExternalSecret does, and so makes it due.
func SyncedResourceVersion(generation int64, annotations, labels map[string]string) string {
	t := newTextHash()
	t.text("{annotations:")
	t.stringMap(annotations)
	t.text(" labels:")
	t.stringMap(labels)
	t.text("}")
	return strconv.FormatInt(generation, 10) + "-" + t.sum()
}

// OwnerLabel is the value of LabelOwner for the Secrets of an ExternalSecret.
func OwnerLabel(namespace, name string) string { return hashOf(namespace + "/" + name) }

// FieldManager is the name under which an ExternalSecret's Secret is written.
func FieldManager(externalSecretName string) string {
	manager := FieldManagerPrefix + externalSecretName
	if len(manager) > fieldManagerLimit {
		return FieldManagerPrefix + "sha3/" + hashOf(externalSecretName)
	}
	return manager
}

func hashOf(text string) string {
	sum := sha3.Sum224([]byte(text))
	return hex.EncodeToString(sum[:])
}

// textHash hashes text that comes in pieces.
type textHash struct {
	hash   *sha3.SHA3
	buffer []byte
}

func newTextHash() *textHash {
	return &textHash{hash: sha3.New224(), buffer: make([]byte, 0, hashChunk)}
}

func (t *textHash) text(s string) {
	t.buffer = append(t.buffer, s...)
	t.flush()
}

// decimals writes bytes as numbers with a space in between.
func (t *textHash) decimals(data []byte) {
	for i, b := range data {
		if i > 0 {
			t.buffer = append(t.buffer, ' ')
		}
		t.buffer = strconv.AppendUint(t.buffer, uint64(b), 10)
		t.flush()
	}
}

// stringMap writes a map as Go prints it, by key.
func (t *textHash) stringMap(m map[string]string) {
	t.text("map[")
	for i, key := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			t.text(" ")
		}
		t.text(key)
		t.text(":")
		t.text(m[key])
	}
	t.text("]")
}

// flush hands a nearly full buffer to the hash. Writing to it can't fail.
func (t *textHash) flush() {
	if len(t.buffer) > hashChunk-8 {
		t.hash.Write(t.buffer)
		t.buffer = t.buffer[:0]
	}
}

func (t *textHash) sum() string {
	t.hash.Write(t.buffer)
	return hex.EncodeToString(t.hash.Sum(nil))
}
