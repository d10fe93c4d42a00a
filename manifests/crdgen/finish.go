package main

import (
	"errors"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/controller-tools/pkg/crd"
	"sigs.k8s.io/controller-tools/pkg/loader"
)

const deprecation = "external-secrets.io/v1beta1 is deprecated: use external-secrets.io/v1, whose fields are the same"

// providerSchemas are the schemas of the providers whose settings have a type, by the name under spec.provider. Of all
// others the CRD knows nothing and keeps everything.
func providerSchemas(parser *crd.Parser, pkg *loader.Package) map[string]apiextensions.JSONSchemaProps {
	schemas := map[string]apiextensions.JSONSchemaProps{}
	for name, typeName := range map[string]string{
		"aws": "AWSProvider", "azurekv": "AzureKVProvider", "fake": "FakeProvider", "gcpsm": "GCPSMProvider", "kubernetes": "KubernetesProvider",
		"openBao": "OpenBaoProvider", "vault": "VaultProvider",
		"webhook": "WebhookProvider",
	} {
		ident := crd.TypeIdent{Package: pkg, Name: typeName}
		parser.NeedFlattenedSchemaFor(ident)
		schemas[name] = parser.FlattenedSchemata[ident]
	}
	return schemas
}

// finish adds what markers can't say: the schemas of the providers, and v1beta1, which is v1 under its old name. The generators have
// neither.
func finish(definition *apiextensions.CustomResourceDefinition, providers map[string]apiextensions.JSONSchemaProps) error {
	if len(definition.Spec.Versions) != 1 {
		return errors.New("the types must stand for exactly one version")
	}
	v1 := definition.Spec.Versions[0]
	if v1.Name != "v1" {
		return nil
	}
	spec := v1.Schema.OpenAPIV3Schema.Properties["spec"]
	if provider, ok := spec.Properties["provider"]; ok {
		provider.Properties = providers
		spec.Properties["provider"] = provider
	}

	v1beta1 := *v1.DeepCopy()
	v1beta1.Name = "v1beta1"
	v1beta1.Storage = false
	v1beta1.Deprecated = true
	warning := deprecation
	v1beta1.DeprecationWarning = &warning

	definition.Spec.Versions = []apiextensions.CustomResourceDefinitionVersion{v1, v1beta1}
	definition.Spec.Conversion = &apiextensions.CustomResourceConversion{Strategy: apiextensions.NoneConverter}
	return nil
}
