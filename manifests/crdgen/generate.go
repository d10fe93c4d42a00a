package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/tools/go/packages"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-tools/pkg/crd"
	crdmarkers "sigs.k8s.io/controller-tools/pkg/crd/markers"
	"sigs.k8s.io/controller-tools/pkg/loader"
	"sigs.k8s.io/controller-tools/pkg/markers"
	"sigs.k8s.io/yaml"
)

const header = "# Generated from core/api by manifests/crdgen. Do not edit.\n"

// generate makes the CRDs of the kinds in packages, whose paths are relative to the module's folder. The result is YAML by
// file name and the same each time.
func generate(paths ...string) (map[string][]byte, error) {
	roots, err := loader.LoadRootsWithConfig(&packages.Config{Dir: moduleDir}, paths...)
	if err != nil {
		return nil, fmt.Errorf("load %q: %w", paths, err)
	}
	registry := &markers.Registry{}
	if err := crdmarkers.Register(registry); err != nil {
		return nil, fmt.Errorf("register the markers: %w", err)
	}
	parser := &crd.Parser{
		Collector: &markers.Collector{Registry: registry},
		Checker:   &loader.TypeChecker{NodeFilters: []loader.NodeFilter{crd.Generator{}.CheckFilter()}},
	}
	crd.AddKnownTypes(parser)
	for _, root := range roots {
		parser.NeedPackage(root)
	}
	providers := providerSchemas(parser, roots[0])

	files := map[string][]byte{}
	for _, kind := range crd.FindKubeKinds(parser, crd.FindMetav1(roots)) {
		parser.NeedCRDFor(kind, nil)
		definition := parser.CustomResourceDefinitions[kind]
		crd.FixTopLevelMetadata(definition)
		if err := finish(&definition, providers); err != nil {
			return nil, fmt.Errorf("make the CRD of %s: %w", kind, err)
		}
		content, err := render(definition)
		if err != nil {
			return nil, fmt.Errorf("write the CRD of %s: %w", kind, err)
		}
		files[definition.Spec.Group+"_"+definition.Spec.Names.Plural+".yaml"] = content
	}
	// Type errors are the compiler's to report: only the part of each package that a schema needs is checked here.
	if loader.PrintErrors(roots, packages.TypeError) {
		return nil, errors.New("the markers have errors")
	}
	return files, nil
}

// render writes a CRD without its status, which is the server's.
func render(definition apiextensions.CustomResourceDefinition) ([]byte, error) {
	text, err := json.Marshal(definition)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, err
	}
	delete(object, "status")
	content, err := yaml.Marshal(object)
	if err != nil {
		return nil, err
	}
	return append([]byte(header), content...), nil
}
