package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

const (
	externalSecret = "ExternalSecret"
	clusterWide    = "ClusterExternalSecret"
	store          = "SecretStore"
	clusterStore   = "ClusterSecretStore"
	password       = "Password"
	clusterGen     = "ClusterGenerator"
)

func TestAnAPIServerTakesTheCRDs(t *testing.T) {
	for kind, definition := range definitions(t) {
		t.Run("of "+kind, func(t *testing.T) {
			definition.Status.StoredVersions = []string{definition.Spec.Versions[0].Name}
			assert.Empty(t, crdvalidation.ValidateCustomResourceDefinition(context.Background(), definition))
		})
	}
}

func TestASpecThatIsTaken(t *testing.T) {
	kinds := schemas(t)
	for name, tc := range map[string]struct{ kind, spec, want string }{
		"nothing gets the defaults": {externalSecret, `{}`,
			`{refreshInterval: 1h0m0s, target: {creationPolicy: Owner, deletionPolicy: Retain}}`},
		"a target gets the defaults that it lacks": {externalSecret, `{refreshInterval: 5m, target: {name: a, creationPolicy: Merge}}`,
			`{refreshInterval: 5m, target: {name: a, creationPolicy: Merge, deletionPolicy: Retain}}`},
		"the strategies have no defaults": {externalSecret, `{refreshInterval: 5m, target: {creationPolicy: None, deletionPolicy: Delete}, dataFrom: [{extract: {key: k}}, {find: {}}]}`,
			`{refreshInterval: 5m, target: {creationPolicy: None, deletionPolicy: Delete}, dataFrom: [{extract: {key: k}}, {find: {}}]}`},
		"a template gets the defaults": {externalSecret, `{refreshInterval: 5m, target: {creationPolicy: None, deletionPolicy: Delete, template: {templateFrom: [{configMap: {name: a, items: [{key: b}]}}]}}}`,
			`{refreshInterval: 5m, target: {creationPolicy: None, deletionPolicy: Delete, template: {engineVersion: v2, mergePolicy: Replace, templateFrom: [{target: Data, configMap: {name: a, items: [{key: b, templateAs: Values}]}}]}}}`},
		"a duration that is none is left to the reader": {externalSecret, `{refreshInterval: 1d, target: {creationPolicy: None, deletionPolicy: Delete}, syncWindows: {kind: deny, windows: [{schedule: "@every 6h", duration: soon}]}}`,
			`{refreshInterval: 1d, target: {creationPolicy: None, deletionPolicy: Delete}, syncWindows: {kind: deny, windows: [{schedule: "@every 6h", duration: soon}]}}`},
		"what a ClusterExternalSecret makes gets the defaults of an ExternalSecret": {clusterWide, `{externalSecretSpec: {}, namespaceSelectors: [{}], namespaces: [a], refreshTime: soon, externalSecretMetadata: {labels: {a: b}}}`,
			`{externalSecretSpec: {refreshInterval: 1h0m0s, target: {creationPolicy: Owner, deletionPolicy: Retain}}, namespaceSelectors: [{}], namespaces: [a], refreshTime: soon, externalSecretMetadata: {labels: {a: b}}}`},
		"the deprecated selector": {clusterWide, `{externalSecretSpec: {refreshInterval: 1h, target: {creationPolicy: None, deletionPolicy: Delete}}, namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}}`,
			`{externalSecretSpec: {refreshInterval: 1h, target: {creationPolicy: None, deletionPolicy: Delete}}, namespaceSelector: {matchExpressions: [{key: a, operator: Exists}]}}`},
		"a provider that is not known keeps its fields": {store, `{provider: {conjur: {url: x, auth: {a: [1, {b: {}}]}}}}`,
			`{provider: {conjur: {url: x, auth: {a: [1, {b: {}}]}}}}`},
		"a Vault store gets the defaults, and keeps a login that is not known": {store, `{provider: {vault: {server: x, auth: {kubernetes: {role: r}, iam: {vaultRole: r}}}}}`,
			`{provider: {vault: {server: x, version: v2, auth: {kubernetes: {role: r, mountPath: kubernetes}, iam: {vaultRole: r}}}}}`},
		"an OpenBao store gets the defaults": {store, `{provider: {openBao: {server: x, auth: {kubernetes: {role: r}}}}}`,
			`{provider: {openBao: {server: x, version: v2, auth: {kubernetes: {role: r, path: kubernetes}}}}}`},
		"an Azure store gets the defaults": {store, `{provider: {azurekv: {vaultUrl: x, authSecretRef: {clientId: {name: a, key: b}}}}}`,
			`{provider: {azurekv: {vaultUrl: x, authType: ServicePrincipal, environmentType: PublicCloud, useAzureSDK: false, authSecretRef: {clientId: {name: a, key: b}}}}}`},
		"a Google store gets the default, and keeps what is refused when it is used": {store, `{provider: {gcpsm: {projectID: p, auth: {workloadIdentityFederation: {credConfig: {name: a, key: b}, externalTokenEndpoint: u}}}}}`,
			`{provider: {gcpsm: {projectID: p, secretVersionSelectionPolicy: LatestOrFail, auth: {workloadIdentityFederation: {credConfig: {name: a, key: b}, externalTokenEndpoint: u}}}}}`},
		"a Google store of a cluster": {store, `{provider: {gcpsm: {location: l, secretVersionSelectionPolicy: LatestOrFetch, auth: {workloadIdentity: {serviceAccountRef: {name: a, namespace: b, audiences: [c]}, clusterLocation: l, clusterName: main, clusterProjectID: p}}}}}`,
			`{provider: {gcpsm: {location: l, secretVersionSelectionPolicy: LatestOrFetch, auth: {workloadIdentity: {serviceAccountRef: {name: a, namespace: b, audiences: [c]}, clusterLocation: l, clusterName: main, clusterProjectID: p}}}}}`},
		"the identity of the Pod that runs": {store, `{provider: {aws: {service: SecretsManager, region: r, auth: {jwt: {serviceAccountToken: ""}}}}}`,
			`{provider: {aws: {service: SecretsManager, region: r, sessionTagsPolicy: None, auth: {jwt: {serviceAccountToken: ""}}}}}`},
		"a fake store's values": {store, `{provider: {fake: {data: [{key: /a, value: ""}, {key: b, value: "1", version: v1}], validationResult: 1}}}`,
			`{provider: {fake: {data: [{key: /a, value: ""}, {key: b, value: "1", version: v1}], validationResult: 1}}}`},
		"a Kubernetes store gets the defaults": {store, `{provider: {kubernetes: {auth: {serviceAccount: {name: a}}}}}`,
			`{provider: {kubernetes: {auth: {serviceAccount: {name: a}}, remoteNamespace: default}}}`},
		"a Kubernetes server gets the default": {store, `{provider: {kubernetes: {server: {caProvider: {type: ConfigMap, name: a, key: b}}, auth: {token: {bearerToken: {name: a, key: b}}}, remoteNamespace: vault}}}`,
			`{provider: {kubernetes: {server: {url: kubernetes.default, caProvider: {type: ConfigMap, name: a, key: b}}, auth: {token: {bearerToken: {name: a, key: b}}}, remoteNamespace: vault}}}`},
		"a webhook": {store, `{provider: {webhook: {method: POST, url: "https://a/{{ .remoteRef.key }}", headers: {A: "{{ .b.c }}"}, body: x, timeout: 5s, result: {jsonPath: $.a}, secrets: [{name: b, secretRef: {name: c, namespace: d}}], caBundle: eA==, caProvider: {type: Secret, name: a, key: b}}}}`,
			`{provider: {webhook: {method: POST, url: "https://a/{{ .remoteRef.key }}", headers: {A: "{{ .b.c }}"}, body: x, timeout: 5s, result: {jsonPath: $.a}, secrets: [{name: b, secretRef: {name: c, namespace: d}}], caBundle: eA==, caProvider: {type: Secret, name: a, key: b}}}}`},
		"a webhook that logs in by NTLM, which ESO can": {store, `{provider: {webhook: {url: u, result: {}, auth: {ntlm: {usernameSecret: {name: a, key: b}, passwordSecret: {name: a, key: c}}}}}}`,
			`{provider: {webhook: {url: u, result: {}, auth: {ntlm: {usernameSecret: {name: a, key: b}, passwordSecret: {name: a, key: c}}}}}}`},
		"a password gets the defaults": {password, `{digits: 0}`,
			`{length: 24, digits: 0, noUpper: false, allowRepeat: false, encoding: raw}`},
		"a password that says everything": {password, `{length: 8, digits: 2, symbols: 3, symbolCharacters: "-_", noUpper: true, allowRepeat: true, encoding: hex, secretKeys: [a, b]}`,
			`{length: 8, digits: 2, symbols: 3, symbolCharacters: "-_", noUpper: true, allowRepeat: true, encoding: hex, secretKeys: [a, b]}`},
		"a key pair gets the default":      {"SSHKey", `{comment: a}`, `{keyType: rsa, comment: a}`},
		"a fake generator":                 {"Fake", `{controller: a, data: {k: v}}`, `{controller: a, data: {k: v}}`},
		"a UUID needs nothing":             {"UUID", `{}`, `{}`},
		"a wrapped password gets defaults": {clusterGen, `{kind: Password, generator: {passwordSpec: {length: 8}}}`, `{kind: Password, generator: {passwordSpec: {length: 8, noUpper: false, allowRepeat: false, encoding: raw}}}`},
		"a wrapped generator that is not known keeps its fields": {clusterGen, `{kind: VaultDynamicSecret, generator: {vaultDynamicSecretSpec: {controller: a, path: p, provider: {b: [1]}}}}`,
			`{kind: VaultDynamicSecret, generator: {vaultDynamicSecretSpec: {controller: a, path: p, provider: {b: [1]}}}}`},
		"an interval in seconds": {clusterStore, `{refreshInterval: 300, provider: {fake: {data: []}}}`, `{refreshInterval: 300, provider: {fake: {data: []}}}`},
		"an interval in words":   {clusterStore, `{refreshInterval: 5m, provider: {fake: {data: []}}}`, `{refreshInterval: 5m, provider: {fake: {data: []}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, kinds[tc.kind])
			for version, schema := range kinds[tc.kind] {
				got, err := schema.admit(t, tc.spec)
				require.NoError(t, err, version)
				stored, err := yaml.Marshal(got)
				require.NoError(t, err)
				assert.YAMLEq(t, tc.want, string(stored), version)
			}
		})
	}
}

func TestASpecThatIsRefused(t *testing.T) {
	kinds := schemas(t)
	data := func(entry string) string { return `{data: [` + entry + `]}` }
	aws := func(fields string) string {
		return `{provider: {aws: {service: SecretsManager, region: r, ` + fields + `}}}`
	}
	for name, tc := range map[string]struct{ kind, spec, want string }{
		"a secretKey with a blank":         {externalSecret, data(`{secretKey: "a b", remoteRef: {key: k}}`), "data[0].secretKey"},
		"a secretKey with a line break":    {externalSecret, data(`{secretKey: "a\n", remoteRef: {key: k}}`), "data[0].secretKey"},
		"a secretKey that is too long":     {externalSecret, data(`{secretKey: ` + strings.Repeat("a", 254) + `, remoteRef: {key: k}}`), "data[0].secretKey"},
		"an entry without a secretKey":     {externalSecret, data(`{remoteRef: {key: k}}`), "data[0].secretKey: Required"},
		"an entry without a remote key":    {externalSecret, data(`{secretKey: a, remoteRef: {property: p}}`), "data[0].remoteRef.key: Required"},
		"an entry with two sources":        {externalSecret, data(`{secretKey: a, remoteRef: {key: k}, sourceRef: {storeRef: {name: a}, generatorRef: {kind: UUID, name: u}}}`), "data[0].sourceRef"},
		"an entry with an empty source":    {externalSecret, data(`{secretKey: a, remoteRef: {key: k}, sourceRef: {}}`), "data[0].sourceRef"},
		"a decoding that does not exist":   {externalSecret, data(`{secretKey: a, remoteRef: {key: k, decodingStrategy: Hex}}`), "decodingStrategy"},
		"an extract without a key":         {externalSecret, `{dataFrom: [{extract: {}}]}`, "dataFrom[0].extract.key: Required"},
		"a rewrite that is two":            {externalSecret, `{dataFrom: [{rewrite: [{regexp: {source: a, target: b}, transform: {template: t}}]}]}`, "rewrite[0]"},
		"a rewrite that is none":           {externalSecret, `{dataFrom: [{rewrite: [{}]}]}`, "rewrite[0]"},
		"a regexp without a target":        {externalSecret, `{dataFrom: [{rewrite: [{regexp: {source: a}}]}]}`, "regexp.target: Required"},
		"a transform without a template":   {externalSecret, `{dataFrom: [{rewrite: [{transform: {}}]}]}`, "transform.template: Required"},
		"a generator that does not exist":  {externalSecret, `{dataFrom: [{sourceRef: {generatorRef: {kind: Dice, name: d}}}]}`, "generatorRef.kind"},
		"a store's name in upper case":     {externalSecret, `{secretStoreRef: {name: Store}}`, "secretStoreRef.name"},
		"a store of no known kind":         {externalSecret, `{secretStoreRef: {name: a, kind: Store}}`, "secretStoreRef.kind"},
		"a target's name with a slash":     {externalSecret, `{target: {name: a/b}}`, "target.name"},
		"a creationPolicy not known":       {externalSecret, `{target: {creationPolicy: Mine}}`, "target.creationPolicy"},
		"a manifest without a kind":        {externalSecret, `{target: {manifest: {apiVersion: v1}}}`, "manifest.kind: Required"},
		"a template source without items":  {externalSecret, `{target: {template: {templateFrom: [{secret: {name: a}}]}}}`, "secret.items: Required"},
		"a refreshInterval in seconds":     {externalSecret, `{refreshInterval: 60}`, "refreshInterval"},
		"sync windows without a window":    {externalSecret, `{syncWindows: {kind: allow, windows: []}}`, "syncWindows.windows"},
		"a schedule that is none":          {externalSecret, `{syncWindows: {kind: allow, windows: [{schedule: often, duration: 1h}]}}`, "schedule"},
		"a field that is misspelt":         {externalSecret, `{refreshInterva: 1h}`, `unknown field "spec.refreshInterva"`},
		"nothing to make":                  {clusterWide, `{namespaces: [a]}`, "externalSecretSpec: Required"},
		"what an ExternalSecret can't be":  {clusterWide, `{externalSecretSpec: {target: {name: a/b}}}`, "externalSecretSpec.target.name"},
		"a field that it does not have":    {clusterWide, `{externalSecretSpec: {refreshInterva: 1h}}`, `unknown field "spec.externalSecretSpec.refreshInterva"`},
		"a child's name with a slash":      {clusterWide, `{externalSecretSpec: {}, externalSecretName: a/b}`, "externalSecretName"},
		"a child's namespace with a dot":   {clusterWide, `{externalSecretSpec: {}, namespaces: [a, b.c]}`, "namespaces[1]"},
		"a selector without an operator":   {clusterWide, `{externalSecretSpec: {}, namespaceSelectors: [{matchExpressions: [{key: a}]}]}`, "operator: Required"},
		"a store without a provider":       {store, `{controller: a}`, "provider: Required"},
		"a provider that is none":          {store, `{provider: {}}`, "spec.provider"},
		"two providers":                    {store, `{provider: {vault: {}, fake: {}}}`, "spec.provider"},
		"a Vault store without a server":   {store, `{provider: {vault: {path: secret}}}`, "vault.server: Required"},
		"no key vault":                     {store, `{provider: {azurekv: {tenantId: x}}}`, "azurekv.vaultUrl: Required"},
		"a login that Azure lacks":         {store, `{provider: {azurekv: {vaultUrl: x, authType: Password}}}`, "azurekv.authType"},
		"an Azure that is nowhere":         {store, `{provider: {azurekv: {vaultUrl: x, customCloudConfig: {}}}}`, "activeDirectoryEndpoint: Required"},
		"a version that Vault lacks":       {store, `{provider: {vault: {server: x, version: v3}}}`, "vault.version"},
		"a policy that Google lacks":       {store, `{provider: {gcpsm: {secretVersionSelectionPolicy: Any}}}`, "gcpsm.secretVersionSelectionPolicy"},
		"an account of Google's cluster":   {store, `{provider: {gcpsm: {auth: {workloadIdentity: {}}}}}`, "serviceAccountRef: Required"},
		"a token in a manifest":            {store, aws(`auth: {jwt: {serviceAccountToken: sensitive}}`), "serviceAccountToken: Too long"},
		"a misspelt field of AWS":          {store, aws(`rol: r`), `unknown field "spec.provider.aws.rol"`},
		"AWS without a region":             {store, `{provider: {aws: {service: SecretsManager}}}`, "aws.region: Required"},
		"a service that AWS does not have": {store, `{provider: {aws: {service: S3, region: r}}}`, "aws.service"},
		"a session tag that is reserved":   {store, aws(`customSessionTags: {esoStoreKind: a}`), "aws.customSessionTags"},
		"a ServiceAccount without a name":  {store, aws(`auth: {jwt: {serviceAccountRef: {}}}`), "serviceAccountRef.name: Required"},
		"a fake store without values":      {store, `{provider: {fake: {}}}`, "fake.data: Required"},
		"a fake value without a key":       {store, `{provider: {fake: {data: [{value: sensitive}]}}}`, "fake.data[0].key: Required"},
		"two identities of Kubernetes":     {store, `{provider: {kubernetes: {auth: {token: {}, cert: {}}}}}`, "kubernetes.auth"},
		"no identity of Kubernetes":        {store, `{provider: {kubernetes: {auth: {}}}}`, "kubernetes.auth"},
		"a bundle that is not base64":      {store, `{provider: {kubernetes: {server: {caBundle: "-----BEGIN"}}}}`, "server.caBundle"},
		"a CA in a Pod":                    {store, `{provider: {kubernetes: {server: {caProvider: {type: Pod, name: a}}}}}`, "caProvider.type"},
		"a remote namespace with a dot":    {store, `{provider: {kubernetes: {remoteNamespace: a.b}}}`, "remoteNamespace"},
		"a misspelt field of Kubernetes":   {store, `{provider: {kubernetes: {namespace: a}}}`, `unknown field "spec.provider.kubernetes.namespace"`},
		"a webhook without a URL":          {store, `{provider: {webhook: {result: {}}}}`, "webhook.url: Required"},
		"a webhook without a result":       {store, `{provider: {webhook: {url: u}}}`, "webhook.result: Required"},
		"a webhook that has no login":      {store, `{provider: {webhook: {url: u, result: {}, auth: {}}}}`, "webhook.auth"},
		"a misspelt field of a webhook":    {store, `{provider: {webhook: {url: u, result: {jsonpath: a}}}}`, `unknown field "spec.provider.webhook.result.jsonpath"`},
		"a namespace that can't be":        {clusterStore, `{provider: {fake: {data: []}}, conditions: [{namespaces: [A]}]}`, "conditions[0].namespaces[0]"},
		"an encoding that does not exist":  {password, `{encoding: rot13}`, "spec.encoding"},
		"no keys for a password":           {password, `{secretKeys: []}`, "spec.secretKeys"},
		"a length that is a text":          {password, `{length: "8"}`, "spec.length"},
		"a misspelt field of a password":   {password, `{len: 8}`, `unknown field "spec.len"`},
		"a key of no known type":           {"SSHKey", `{keyType: dsa}`, "spec.keyType"},
		"a key that is too large":          {"SSHKey", `{keySize: 16384}`, "spec.keySize"},
		"a fake value that is a number":    {"Fake", `{data: {k: 1}}`, "spec.data.k"},
		"a wrapped generator of no kind":   {clusterGen, `{generator: {uuidSpec: {}}}`, "spec.kind: Required"},
		"a wrapped kind that is none":      {clusterGen, `{kind: Dice, generator: {uuidSpec: {}}}`, "spec.kind"},
		"a wrapper around nothing":         {clusterGen, `{kind: UUID, generator: {}}`, "spec.generator"},
		"a wrapper around two":             {clusterGen, `{kind: UUID, generator: {uuidSpec: {}, fakeSpec: {}}}`, "spec.generator"},
		"a store's interval that is bool":  {clusterStore, `{provider: {fake: {data: []}}, refreshInterval: true}`, "refreshInterval"},
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEmpty(t, kinds[tc.kind])
			for version, schema := range kinds[tc.kind] {
				_, err := schema.admit(t, tc.spec)
				require.ErrorContains(t, err, tc.want, version)
				assert.NotContains(t, err.Error(), "sensitive", version)
			}
		})
	}
}

// versionSchema is one version of a CRD as an API server applies it.
type versionSchema struct {
	structural *structuralschema.Structural
	values     validation.SchemaValidator
	rules      *cel.Validator
}

// admit does what a server does to a new object under strict field validation, and returns the spec that would be stored.
func (s versionSchema) admit(t *testing.T, spec string) (any, error) {
	t.Helper()
	object := map[string]any{"spec": parse(t, spec)}
	unknown := pruning.PruneWithOptions(object, s.structural, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		return nil, fmt.Errorf("unknown field %q", unknown[0])
	}
	defaulting.Default(object, s.structural)
	errs := validation.ValidateCustomResource(nil, object, s.values)
	if s.rules != nil && len(errs) == 0 {
		var root *field.Path
		errs, _ = s.rules.Validate(context.Background(), root, s.structural, object, nil, celconfig.RuntimeCELCostBudget)
	}
	return object["spec"], errs.ToAggregate()
}

// schemas holds the versions of each kind.
func schemas(t *testing.T) map[string]map[string]versionSchema {
	t.Helper()
	byKind := map[string]map[string]versionSchema{}
	for kind, definition := range definitions(t) {
		byKind[kind] = map[string]versionSchema{}
		for _, version := range versionsOf(definition) {
			schema, err := apiextensions.GetSchemaForVersion(definition, version)
			require.NoError(t, err)
			require.NotNil(t, schema, "%s has no version %s", kind, version)
			structural, err := structuralschema.NewStructural(schema.OpenAPIV3Schema)
			require.NoError(t, err)
			values, _, err := validation.NewSchemaValidator(schema.OpenAPIV3Schema)
			require.NoError(t, err)
			byKind[kind][version] = versionSchema{structural, values, cel.NewValidator(structural, true, celconfig.PerCallLimit)}
		}
	}
	return byKind
}

// versionsOf are the versions in which the objects of a kind can be had.
func versionsOf(definition *apiextensions.CustomResourceDefinition) []string {
	if definition.Spec.Group == "generators.external-secrets.io" {
		return []string{"v1alpha1"}
	}
	return []string{"v1", "v1beta1"}
}

// definitions reads the CRDs by kind, in the form in which a server holds them.
func definitions(t *testing.T) map[string]*apiextensions.CustomResourceDefinition {
	t.Helper()
	files, err := generate(apiPackages()...)
	require.NoError(t, err)
	byKind := map[string]*apiextensions.CustomResourceDefinition{}
	for _, content := range files {
		var wire apiextensionsv1.CustomResourceDefinition
		require.NoError(t, yaml.UnmarshalStrict(content, &wire))
		apiextensionsv1.SetDefaults_CustomResourceDefinition(&wire)
		apiextensionsv1.SetDefaults_CustomResourceDefinitionSpec(&wire.Spec)
		var definition apiextensions.CustomResourceDefinition
		require.NoError(t, apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(&wire, &definition, nil))
		byKind[definition.Spec.Names.Kind] = &definition
	}
	return byKind
}

func parse(t *testing.T, text string) any {
	t.Helper()
	var value map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(text), &value))
	return value
}
