package manifest

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
)

// Read adds the objects of a manifest: YAML documents, JSON, or Lists of objects. Objects of kinds that have no part in a pass
// are passed over. A document that can't be read is an error, and the others are added all the same. Each error names its
// document, and none quotes it.
func (o *Objects) Read(manifest io.Reader) []error {
	documents := utilyaml.NewYAMLReader(bufio.NewReader(manifest))
	var problems []error
	for i := 1; ; i++ {
		text, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return problems
		}
		var malformed utilyaml.YAMLSyntaxError
		if errors.As(err, &malformed) {
			err = errors.New("the --- that ends it has something else on its line: no more is read")
		}
		if err != nil {
			return append(problems, fmt.Errorf("document %d: %w", i, err))
		}
		objects, err := split(text)
		if err != nil {
			problems = append(problems, fmt.Errorf("document %d: %w", i, err))
		}
		for _, object := range objects {
			for _, err := range o.add(object) {
				problems = append(problems, fmt.Errorf("document %d: %w", i, err))
			}
		}
	}
}

// split reads a document, which is one YAML value or any number of JSON values.
func split(text []byte) ([]json.RawMessage, error) {
	var objects []json.RawMessage
	for decoder := json.NewDecoder(bytes.NewReader(text)); ; {
		var object json.RawMessage
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			break
		}
		objects = append(objects, object)
	}
	object, err := ToJSON(text)
	if err != nil {
		return nil, err
	}
	if string(object) == "null" {
		return nil, nil // nothing but comments
	}
	return []json.RawMessage{object}, nil
}

var (
	// syntax is an error of the YAML parser's grammar, whose texts are fixed. Its other errors may quote values.
	syntax = regexp.MustCompile("^yaml: (line [0-9]+: [^`\"]*)$")
	// position is what may be told of the others.
	position = regexp.MustCompile("line [0-9]+")
)

// ToJSON converts YAML, in which no key may stand twice, to JSON. The error quotes nothing of the text, which may hold secrets.
func ToJSON(text []byte) (json.RawMessage, error) {
	converted, err := yaml.YAMLToJSONStrict(text)
	if err == nil {
		return converted, nil
	}
	reason := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
	switch {
	case syntax.MatchString(reason):
		reason = ": " + syntax.FindStringSubmatch(reason)[1]
	case strings.Contains(reason, "already set in map"):
		reason = ": a key stands twice: " + position.FindString(reason)
	case position.MatchString(reason):
		reason = ": " + position.FindString(reason)
	default:
		reason = ""
	}
	return nil, errors.New("it is neither YAML nor JSON" + reason)
}

// head is what the objects of all kinds have in common.
type head struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Items      []json.RawMessage `json:"items"`
	Metadata   struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

// add adds an object, or those of a List.
func (o *Objects) add(object json.RawMessage) []error {
	var h head
	err := json.Unmarshal(object, &h)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return []error{fmt.Errorf("it is no Kubernetes object: %s is a %s and no text; YAML reads some words, such as n and yes, as something else: quote them", wrong.Field, wrong.Value)}
	case err != nil || h.Kind == "" || h.APIVersion == "":
		return []error{errors.New("it is no Kubernetes object: it needs apiVersion, kind and metadata")}
	}
	if !strings.HasSuffix(h.Kind, "List") || h.Items == nil {
		if err := o.addOne(h, object); err != nil {
			return []error{err}
		}
		return nil
	}
	var problems []error
	for i, item := range h.Items {
		for _, err := range o.add(item) {
			problems = append(problems, fmt.Errorf("items[%d]: %w", i, err))
		}
	}
	return problems
}

func (o *Objects) addOne(h head, object json.RawMessage) (failure error) {
	resource, namespaced, err := resourceOf(h.APIVersion, h.Kind)
	if err != nil || resource == "" {
		return err
	}
	if h.Metadata.Name == "" {
		return fmt.Errorf("the %s has no metadata.name", h.Kind)
	}
	namespace := ""
	if namespaced {
		namespace = cmp.Or(h.Metadata.Namespace, o.namespace)
	}
	if o.Check != nil {
		if err := o.Check(h.APIVersion, h.Kind, object); err != nil {
			err = fmt.Errorf("%s %s: %w", h.Kind, h.Metadata.Name, err)
			if resource == api.ResourceExternalSecrets || resource == api.ResourceClusterExternalSecrets {
				return err
			}
			defer func() { failure = errors.Join(err, failure) }()
		}
	}
	if object, err = inNamespace(object, namespace); err != nil {
		return err
	}
	o.put(name{resource, namespace, h.Metadata.Name}, object)
	return nil
}

// resourceOf is the resource of a kind, empty for one that has no part in a pass.
func resourceOf(apiVersion, kind string) (resource string, namespaced bool, err error) {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return "", false, err
	}
	if gv.Group == generators.Group {
		if gv.Version != generators.Version {
			return "", false, fmt.Errorf("apiVersion %s of the %s is not %s", apiVersion, kind, generators.APIVersion)
		}
		return generators.ResourceOf(kind), kind != generators.KindCluster, nil
	}
	switch (schema.GroupKind{Group: gv.Group, Kind: kind}) {
	case schema.GroupKind{Group: corev1.GroupName, Kind: "ConfigMap"}:
		return resourceConfigMaps, true, nil
	case schema.GroupKind{Group: corev1.GroupName, Kind: "Secret"}:
		return resourceSecrets, true, nil
	case schema.GroupKind{Group: corev1.GroupName, Kind: "Namespace"}:
		return resourceNamespaces, false, nil
	case schema.GroupKind{Group: api.Group, Kind: api.KindExternalSecret}:
		resource, namespaced = api.ResourceExternalSecrets, true
	case schema.GroupKind{Group: api.Group, Kind: api.KindClusterExternalSecret}:
		resource = api.ResourceClusterExternalSecrets
	case schema.GroupKind{Group: api.Group, Kind: api.KindSecretStore}:
		resource, namespaced = api.ResourceSecretStores, true
	case schema.GroupKind{Group: api.Group, Kind: api.KindClusterSecretStore}:
		resource = api.ResourceClusterSecretStores
	default:
		return "", false, nil
	}
	if gv.Version != api.V1 && gv.Version != api.V1Beta1 {
		return "", false, fmt.Errorf("apiVersion %s of the %s is neither %s nor %s", apiVersion, kind, api.V1, api.V1Beta1)
	}
	return resource, namespaced, nil
}

// inNamespace sets the namespace of an object; empty takes it away.
func inNamespace(object json.RawMessage, namespace string) (json.RawMessage, error) {
	var fields, metadata map[string]json.RawMessage
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, fmt.Errorf("read the object: %w", err)
	}
	if err := json.Unmarshal(fields["metadata"], &metadata); err != nil {
		return nil, fmt.Errorf("read its metadata: %w", err)
	}
	var err error
	delete(metadata, "namespace")
	if namespace != "" {
		if metadata["namespace"], err = json.Marshal(namespace); err != nil {
			return nil, fmt.Errorf("encode its namespace: %w", err)
		}
	}
	if fields["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, fmt.Errorf("encode its metadata: %w", err)
	}
	return json.Marshal(fields)
}
