package render

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kube-openapi/pkg/validation/spec"
	"k8s.io/kube-openapi/pkg/validation/strfmt"
	"k8s.io/kube-openapi/pkg/validation/validate"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/manifests"
)

// schemas are those of the CRDs, by which an API server would check what is applied to it. Each is read when it is needed.
type schemas map[schema.GroupKind]map[string]*spec.Schema

// of is the schema of a kind, nil for one that has no CRD here.
func (s schemas) of(kind schema.GroupVersionKind) (*spec.Schema, error) {
	versions, ok := s[kind.GroupKind()]
	if !ok {
		var err error
		if versions, err = readCRD(fmt.Sprintf("crds/%s_%ss.yaml", kind.Group, strings.ToLower(kind.Kind))); err != nil {
			return nil, err
		}
		s[kind.GroupKind()] = versions
	}
	return versions[kind.Version], nil
}

// readCRD reads the schemas of a CRD by their versions; none if there is no such file.
func readCRD(name string) (map[string]*spec.Schema, error) {
	content, err := fs.ReadFile(manifests.CRDs, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Name   string `json:"name"`
				Schema struct {
					OpenAPIV3Schema spec.Schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(content, &crd); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	versions := map[string]*spec.Schema{}
	for i := range crd.Spec.Versions {
		versions[crd.Spec.Versions[i].Name] = &crd.Spec.Versions[i].Schema.OpenAPIV3Schema
	}
	return versions, nil
}

// Check tells what an API server would refuse of an object, as kubectl would have it do: unknown fields, too. Objects of other kinds
// are not checked. It names fields and no values.
func (s schemas) Check(apiVersion, kind string, object json.RawMessage) error {
	known, err := s.of(schema.FromAPIVersionAndKind(apiVersion, kind))
	if err != nil || known == nil {
		return err
	}
	var fields map[string]any
	if err := json.Unmarshal(object, &fields); err != nil {
		return errors.New("it is no object")
	}
	var problems []string
	for name, field := range fields {
		property, ok := known.Properties[name]
		switch {
		case name == "apiVersion" || name == "kind" || name == "metadata" || name == "status":
			continue
		case !ok:
			problems = append(problems, name+" is an unknown field")
			continue
		}
		problems = append(problems, unknown(name, &property, field)...)
		for _, err := range validate.NewSchemaValidator(&property, nil, name, strfmt.Default).Validate(field).Errors {
			problems = append(problems, strings.Replace(err.Error(), " in body", "", 1))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	slices.Sort(problems)
	return errors.New(strings.Join(slices.Compact(problems), "; "))
}

// unknown names the fields that a schema does not have.
func unknown(path string, s *spec.Schema, value any) []string {
	if keep, _ := s.Extensions.GetBool("x-kubernetes-preserve-unknown-fields"); keep {
		return nil
	}
	var problems []string
	switch value := value.(type) {
	case map[string]any:
		for name, field := range value {
			property, ok := s.Properties[name]
			switch {
			case ok:
				problems = append(problems, unknown(path+"."+name, &property, field)...)
			case s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil:
				problems = append(problems, unknown(path+"."+name, s.AdditionalProperties.Schema, field)...)
			case len(s.Properties) > 0:
				problems = append(problems, path+"."+name+" is an unknown field")
			}
		}
	case []any:
		if s.Items == nil || s.Items.Schema == nil {
			return nil
		}
		for i, item := range value {
			problems = append(problems, unknown(fmt.Sprintf("%s[%d]", path, i), s.Items.Schema, item)...)
		}
	}
	return problems
}
