// Package document makes of what a command found the object that programs read: the group and version that all of them have, and
// their way to kubectl's printers. What is in a document is for its command to say.
package document

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// APIVersion is that of all documents. Within it fields are added, not changed.
const APIVersion = "externalsecret.kubectl/v1"

// Of encodes a value, which has an apiVersion and a kind in JSON, as an object for a printer. It fails for a value that is no
// such object.
func Of(value any) (*unstructured.Unstructured, error) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("encode the output: %w", err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(encoded); err != nil {
		return nil, fmt.Errorf("encode the output: %w", err)
	}
	return object, nil
}

// List is an empty list of documents.
func List(kind string) *unstructured.UnstructuredList {
	return &unstructured.UnstructuredList{Object: map[string]any{"apiVersion": APIVersion, "kind": kind}}
}
