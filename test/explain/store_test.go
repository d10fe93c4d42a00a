package explain_test

import (
	"strings"
	"testing"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// kubernetesStore is the SecretStore "store" with the given part below spec.provider.kubernetes, in YAML's flow style.
func kubernetesStore(spec string) string {
	return `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: store}
spec: {provider: {kubernetes: {` + spec + `}}}`
}

// withStoreSpec puts more into the spec of a store.
func withStoreSpec(store, spec string) string {
	return strings.Replace(store, "spec: {", "spec: {"+spec+", ", 1)
}

func TestStoresThatCanNotBeReadAreExplained(t *testing.T) {
	t.Parallel()
	const asReader = "auth: {serviceAccount: {name: reader}}"
	explainAll(t, []fault{
		{
			name:    "there is no such SecretStore",
			arrange: applying(reading("plain")),
			step:    trace.Store, id: "STO-02", owner: diagnose.App, says: []string{"spec.secretStoreRef", `SecretStore "store"`, "NAMESPACE"},
		}, {
			name:    "there is no such ClusterSecretStore",
			arrange: applying(fromCluster(dataOf("plain"))),
			step:    trace.Store, id: "STO-02", owner: diagnose.App, says: []string{`ClusterSecretStore "NAMESPACE"`},
		}, {
			name:    "a ClusterSecretStore is named without its kind",
			arrange: applying(inAllNamespaces(store()), strings.Replace(fromCluster(dataOf("plain")), ", kind: ClusterSecretStore", "", 1)),
			step:    trace.Store, id: "STO-02", owner: diagnose.App, says: []string{`SecretStore "NAMESPACE"`},
		}, {
			name:    "the store is of another class",
			arrange: applying(withStoreSpec(store(), "controller: team-b"), reading("plain")),
			step:    trace.Class, id: "STO-50", owner: diagnose.Platform, says: []string{`SecretStore "store"`, `class "team-b"`},
		}, {
			name:    "the conditions of the store do not admit the namespace",
			arrange: applying(withStoreSpec(inAllNamespaces(store()), "conditions: [{namespaces: [elsewhere]}]"), fromCluster(dataOf("plain"))),
			step:    trace.Namespace, id: "STO-04", owner: diagnose.Platform, says: []string{`not allowed from namespace "NAMESPACE"`},
		}, {
			name:    "the provider of the store is not served here",
			arrange: applying(strings.Replace(store(), "{aws: {service: SecretsManager, region: us-east-1, }}", "{keepersecurity: {folderID: x}}", 1), reading("plain")),
			step:    trace.Store, id: "STO-51", owner: diagnose.Platform, says: []string{`"keepersecurity"`},
		}, {
			name:    "the service of AWS is not served here",
			arrange: applying(strings.Replace(store(), "SecretsManager", "CertificateManager", 1), reading("plain")),
			step:    trace.Store, id: "STO-51", owner: diagnose.Platform, says: []string{`"CertificateManager"`},
		}, {
			name:    "the store names no region",
			arrange: applying(strings.Replace(store(), "region: us-east-1", `region: ""`, 1), reading("plain")),
			step:    trace.Store, id: "NET-04", owner: diagnose.App, says: []string{"spec.provider.aws.region"},
		}, {
			name:    "the store waits for no time that there is",
			arrange: applying(withStoreSpec(store(), "retrySettings: {retryInterval: soon}"), reading("plain")),
			step:    trace.Store, id: "STO-55", owner: diagnose.App, says: []string{"spec.retrySettings.retryInterval"},
		}, {
			name:    "the store does not say as whom it is read",
			arrange: applying(kubernetesStore("remoteNamespace: default"), reading("plain")),
			step:    trace.Store, id: "STO-53", owner: diagnose.App, says: []string{"spec.provider.kubernetes"},
		}, {
			name: "the CA of a ClusterSecretStore is in no namespace",
			arrange: applying(inAllNamespaces(kubernetesStore("server: {url: 'https://127.0.0.1:1', caProvider: {type: Secret, name: ca, key: ca.crt}}, "+
				"auth: {serviceAccount: {name: reader, namespace: NAMESPACE}}")), fromCluster(dataOf("plain"))),
			step: trace.Credentials, id: "STO-07", owner: diagnose.App, says: []string{"namespace is missing"},
		}, {
			name:    "the CA of the store is no certificate",
			arrange: applying("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: reader}", kubernetesStore("server: {url: 'https://127.0.0.1:1', caBundle: bm9uc2Vuc2U=}, "+asReader), reading("plain")),
			step:    trace.Credentials, id: "STO-54", owner: diagnose.App,
		}, {
			name: "the CA of the store is another one than the server's",
			arrange: func(t *testing.T, w *world) {
				certificate := certificateInBase64(t)
				w.apply(t, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: reader}",
					kubernetesStore("server: {url: '"+w.cluster.Info.Server+"', caBundle: "+certificate+"}, "+asReader), reading("plain"))
			},
			step: trace.Read, id: "TLS-01", owner: diagnose.Platform, says: []string{"certificate signed by unknown authority"},
		}, {
			name:    "the service account of the store may not read",
			arrange: applying("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: reader}", kubernetesStore("remoteNamespace: NAMESPACE, "+asReader), reading("plain")),
			step:    trace.Read, id: "K8S-08", owner: diagnose.Platform, says: []string{"system:serviceaccount:NAMESPACE:reader"},
			shows: map[trace.Step][]string{trace.Token: {"subject: system:serviceaccount:NAMESPACE:reader"}},
		}, {
			name:    "there is no such generator",
			arrange: applying(generated("Password")),
			step:    trace.Store, id: "STO-52", owner: diagnose.App, says: []string{"spec.dataFrom[0].sourceRef.generatorRef"},
		}, {
			name: "the generator asks for what can't be",
			arrange: applying("apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: made}\nspec: {length: 4, digits: 9, noUpper: false, allowRepeat: true}",
				generated("Password")),
			step: trace.Read, id: "STO-52", owner: diagnose.App, says: []string{"spec.dataFrom[0].sourceRef.generatorRef"},
		},
	})
}

// generated is the ExternalSecret "app" whose values the generator "made" makes up.
func generated(kind string) string {
	return `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: app}
spec: {dataFrom: [{sourceRef: {generatorRef: {apiVersion: generators.external-secrets.io/v1alpha1, kind: ` + kind + `, name: made}}}]}`
}
