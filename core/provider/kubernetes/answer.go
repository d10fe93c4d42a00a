package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// remote is what of a Secret may be asked for.
type remote struct {
	data                map[string][]byte
	labels, annotations map[string]string
	version             string
}

func newRemote(s *corev1.Secret) remote {
	return remote{data: s.Data, labels: s.Labels, annotations: s.Annotations, version: s.ResourceVersion}
}

// answer is a Secret's data or, as its keys labels and annotations, its metadata.
func (r remote) answer(metadata bool) provider.Answer {
	if metadata {
		return mapOf(map[string]any{"labels": orEmpty(r.labels), "annotations": orEmpty(r.annotations)})
	}
	// As ESO, the JSON has a replacement character for each byte that is no text. The Parts have the bytes.
	texts := make(map[string]any, len(r.data))
	for key, value := range r.data {
		texts[key] = string(value)
	}
	whole, err := encode(texts)
	if err != nil {
		return provider.Answer{Err: err}
	}
	answer := provider.Answer{Value: whole, Version: r.version, Parts: make(map[string]secret.Value, len(r.data))}
	for key, value := range r.data {
		answer.Parts[key] = secret.New(value)
	}
	return answer
}

// mapOf is an answer whose keys are JSON.
func mapOf(parts map[string]any) provider.Answer {
	whole, err := encode(parts)
	if err != nil {
		return provider.Answer{Err: err}
	}
	answer := provider.Answer{Value: whole, Parts: make(map[string]secret.Value, len(parts))}
	for key, part := range parts {
		if answer.Parts[key], err = encode(part); err != nil {
			return provider.Answer{Err: err}
		}
	}
	return answer
}

// encode writes JSON as ESO does: the signs of HTML stay as they are.
func encode(value any) (secret.Value, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return secret.Value{}, fmt.Errorf("write a Secret as JSON: %w", err)
	}
	return secret.New(bytes.TrimRight(text.Bytes(), "\n")), nil
}

func orEmpty(texts map[string]string) map[string]string {
	if texts == nil {
		return map[string]string{}
	}
	return texts
}
