package diagnose

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/manifest"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
)

const (
	head    = "apiVersion: external-secrets.io/v1\n"
	plainES = "secretStoreRef: {name: store}, data: [{secretKey: a, remoteRef: {key: plain}}]"
	from    = "secretStoreRef: {name: store}, "
)

func fakeStore(kind, name, spec string) string {
	return head + "kind: " + kind + "\nmetadata: {name: " + name + "}\nspec: {" + spec + "}"
}

// outcome is what the pipeline says of the ExternalSecret app with a spec, beside other objects.
func outcome(t *testing.T, spec string, objects ...string) string {
	t.Helper()
	values := map[string]string{
		"plain": "Plain!Value", "json": `{"user": "ann", "a/b": "1", "nested": {"c": "2"}}`, "nul": "a\x00b",
		"twins": `{"a/b": "1", "a:b": "2"}`, "number": "12",
	}
	if strings.Contains(spec, "large") {
		values["large"] = strings.Repeat("x", 600<<10)
	}
	data := []map[string]string{}
	for key, value := range values {
		data = append(data, map[string]string{"key": key, "value": value})
	}
	encoded, err := json.Marshal(data)
	require.NoError(t, err)
	source := manifest.New("shop")
	objects = append(objects, fakeStore("SecretStore", "store", "provider: {fake: {data: "+string(encoded)+"}}"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}",
		head+"kind: ExternalSecret\nmetadata: {name: app}\nspec: {"+spec+"}")
	require.Empty(t, source.Read(strings.NewReader(strings.Join(objects, "\n---\n"))), spec)
	none := func(string) string { return "" }
	rendering, err := core.Render(t.Context(), core.RenderConfig{Source: source, Providers: all.Providers(none), Class: "default"})
	require.NoError(t, err)
	require.Len(t, rendering.Rendered, 1)
	require.NotEmpty(t, rendering.Rendered[0].Message, spec)
	return rendering.Rendered[0].Message
}

// ofSpecs are what the pipeline says of ExternalSecrets.
func ofSpecs(t *testing.T) []wording {
	t.Helper()
	var said []wording
	for _, test := range []struct{ id, spec string }{
		{"STO-02", "secretStoreRef: {name: none}, data: [{secretKey: a, remoteRef: {key: plain}}]"},
		{"STO-02", "secretStoreRef: {name: none, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: plain}}]"},
		{"STO-02", "secretStoreRef: {name: store, kind: Vault}, data: [{secretKey: a, remoteRef: {key: plain}}]"},
		{"K8S-54", "data: [{secretKey: a, remoteRef: {key: plain}}]"},
		{"K8S-22", "secretStoreRef: {name: store}"},
		{"K8S-54", from + "data: [{remoteRef: {key: plain}}]"},
		{"K8S-54", from + "data: [{secretKey: a, remoteRef: {key: ''}}]"},
		{"K8S-54", from + "dataFrom: [{}]"},
		{"K8S-54", from + "dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: x}}, extract: {key: json}}]"},
		{"K8S-54", from + "dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: x}, storeRef: {name: store}}}]"},
		{"K8S-54", from + "dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: ''}}}]"},
		{"K8S-54", from + "data: [{secretKey: a, remoteRef: {key: plain}, sourceRef: {generatorRef: {kind: UUID, name: x}}}]"},
		{"DAT-06", from + "data: [{secretKey: a, remoteRef: {key: plain}}, {secretKey: a, remoteRef: {key: json}}]"},
		{"K8S-21", "target: {creationPolicy: Merge, deletionPolicy: Delete}, " + plainES},
		{"K8S-21", "target: {creationPolicy: None, deletionPolicy: Merge}, " + plainES},
		{"STO-52", from + "dataFrom: [{sourceRef: {generatorRef: {kind: UUID, name: none}}}]"},
		{"STO-52", from + "dataFrom: [{sourceRef: {generatorRef: {kind: ECRAuthorizationToken, name: none}}}]"},
		{"DAT-08", from + "data: [{secretKey: a, remoteRef: {key: none}}]"},
		{"DAT-08", from + "data: [{secretKey: a, remoteRef: {key: plain, version: v9}}]"},
		{"DAT-50", from + "data: [{secretKey: a, remoteRef: {key: json, property: none}}]"},
		{"DAT-50", from + "data: [{secretKey: a, remoteRef: {key: json, property: nested.d}}]"},
		{"DAT-50", from + "data: [{secretKey: a, remoteRef: {key: json, property: user.name}}]"},
		{"DAT-59", from + "data: [{secretKey: a, remoteRef: {key: json, property: '@this" + strings.Repeat("|[@this,@this]", 40) + "'}}]"},
		{"DAT-59", from + "data: [{secretKey: a, remoteRef: {key: json, property: '" + strings.Repeat("a.", 2100) + "'}}]"},
		{"DAT-02", from + "data: [{secretKey: a, remoteRef: {key: plain, property: user}}]"},
		{"DAT-02", from + "dataFrom: [{extract: {key: plain}}]"},
		{"DAT-02", from + "dataFrom: [{extract: {key: number}}]"},
		{"DAT-03", from + "data: [{secretKey: a, remoteRef: {key: json, property: user, decodingStrategy: Base64}}]"},
		{"DAT-03", from + "data: [{secretKey: a, remoteRef: {key: json, decodingStrategy: Base64URL}}]"},
		{"DAT-03", from + "data: [{secretKey: a, remoteRef: {key: json, decodingStrategy: Rot13}}]"},
		{"DAT-52", from + "data: [{secretKey: a, remoteRef: {key: nul, nullBytePolicy: Fail}}]"},
		{"DAT-05", from + "data: [{secretKey: a b, remoteRef: {key: plain}}]"},
		{"DAT-05", from + "data: [{secretKey: .., remoteRef: {key: plain}}]"},
		{"DAT-05", from + "data: [{secretKey: " + strings.Repeat("k", 254) + ", remoteRef: {key: plain}}]"},
		{"DAT-53", from + "dataFrom: [{extract: {key: twins}}]"},
		{"DAT-53", from + "dataFrom: [{extract: {key: json}, rewrite: [{regexp: {source: '.*', target: x}}]}]"},
		{"DAT-54", from + "dataFrom: [{extract: {key: json}, rewrite: [{regexp: {source: '(', target: x}}]}]"},
		{"DAT-54", from + "dataFrom: [{extract: {key: json}, rewrite: [{regexp: {source: '(.*)', target: $1_x}}]}]"},
		{"DAT-54", from + "dataFrom: [{extract: {key: json}, rewrite: [{}]}]"},
		{"DAT-54", from + "dataFrom: [{extract: {key: json}, rewrite: [{merge: {strategy: JSON}}]}]"},
		{"DAT-54", from + "dataFrom: [{extract: {key: json}, rewrite: [{transform: {template: '{{ .value'}}]}]"},
		{"DAT-55", from + "dataFrom: [{find: {name: {regexp: '^none$'}}}]"},
		{"DAT-56", from + "dataFrom: [{find: {name: {regexp: '('}}}]"},
		{"DAT-56", from + "dataFrom: [{find: {tags: {a: b}}}]"},
		{"DAT-57", from + "data: [{secretKey: a, remoteRef: {key: large}}, {secretKey: b, remoteRef: {key: large}}]"},
		{"TPL-01", "target: {template: {data: {x: '{{ .a-b }}'}}}, " + plainES},
		{"TPL-02", "target: {template: {data: {x: '{{ .none }}'}}}, " + plainES},
		{"TPL-02", "target: {template: {data: {x: '{{ $a := .a }}{{ .none.x }}'}}}, " + plainES},
		{"TPL-03", "target: {template: {data: {x: '{{ env \"HOME\" }}'}}}, " + plainES},
		{"TPL-03", "target: {template: {data: {x: '{{ getHostByName .a }}'}}}, " + plainES},
		{"TPL-03", "target: {template: {data: {x: '{{ getSecretKey .a }}'}}}, " + plainES},
		{"TPL-04", "target: {template: {data: {x: '{{ base64decode .a }}'}}}, " + plainES},
		{"TPL-04", "target: {template: {data: {x: '{{ nothing .a }}'}}}, " + plainES},
		{"TPL-04", "target: {template: {engineVersion: v1, data: {x: z}}}, " + plainES},
		{"TPL-07", "target: {template: {data: {x: '{{ fail .a }}'}}}, " + plainES},
		{"TPL-07", "target: {template: {data: {x: '{{ mustFromJson .a }}'}}}, " + plainES},
		{"TPL-07", "target: {template: {data: {x: '{{ index .a 99 }}'}}}, " + plainES},
		{"TPL-07", "target: {template: {data: {x: '{{ range .a }}{{ end }}'}}}, " + plainES},
		{"TPL-07", "target: {template: {data: {x: '{{ .a.b }}'}}}, " + plainES},
		{"TPL-53", "target: {template: {data: {x: '{{ .a'}}}, " + plainES},
		{"TPL-53", "target: {template: {data: {x: '{{ if .a }}'}}}, " + plainES},
		{"TPL-53", "target: {template: {data: {x: '{{ \"a }}'}}}, " + plainES},
		{"TPL-53", "target: {template: {data: {x: '{{ $x }}'}}}, " + plainES},
		{"TPL-53", "target: {template: {data: {x: '" + strings.Repeat("x", 2<<20) + "'}}}, " + plainES},
		{"TPL-50", "target: {template: {templateFrom: [{configMap: {name: none, items: [{key: a}]}}]}}, " + plainES},
		{"TPL-50", "target: {template: {templateFrom: [{configMap: {name: texts, items: [{key: none}]}}]}}, " + plainES},
		{"TPL-50", "target: {template: {templateFrom: [{secret: {name: none, items: [{key: a}]}}]}}, " + plainES},
		{"TPL-51", "target: {template: {templateFrom: [{literal: '{{ .a }}'}]}}, " + plainES},
		{"TPL-51", "target: {template: {templateFrom: [{literal: 'a: {b: c}'}]}}, " + plainES},
		{"TPL-51", "target: {template: {metadata: {labels: {x: '{{ .a }} !'}}}}, " + plainES},
		{"TPL-52", "target: {template: {mergePolicy: Add, data: {x: z}}}, " + plainES},
		{"TPL-52", "target: {template: {type: kubernetes.io/service-account-token, metadata: {annotations: {kubernetes.io/service-account.name: x}}}}, " + plainES},
		{"TPL-52", "target: {template: {type: bootstrap.kubernetes.io/token}}, " + plainES},
		{"TPL-52", "target: {template: {templateFrom: [{target: Nowhere, literal: 'a: b'}]}}, " + plainES},
		{"TPL-52", "target: {template: {templateFrom: [{configMap: {name: texts, items: [{key: a, templateAs: Both}]}}]}}, " + plainES},
		{"TPL-54", "target: {template: {data: {x: '{{ repeat 99999999 .a }}'}}}, " + plainES},
		{"TPL-54", "target: {template: {data: {x: '{{ range until 2000000 }}{{ range until 2000000 }}x{{ end }}{{ end }}'}}}, " + plainES},
		{"DAT-57", "target: {template: {data: {x: '{{ .a }}{{ .a }}'}}}, " + from + "data: [{secretKey: a, remoteRef: {key: large}}]"},
		{"K8S-54", "refreshInterval: soon, " + plainES},
		{"K8S-54", "target: {manifest: {apiVersion: v1}}, " + plainES},
		{"K8S-54", "target: {immutable: true, manifest: {apiVersion: v1, kind: ConfigMap}}, " + plainES},
		{"K8S-55", "secretStoreRef: {name: [a]}, data: []"},
	} {
		said = append(said, wording{test.id, outcome(t, test.spec, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: texts}\ndata: {a: b}")})
	}
	return said
}

// ofStores are what the pipeline says of stores.
func ofStores(t *testing.T) []wording {
	t.Helper()
	var said []wording
	const aws, kube = "provider: {aws: {service: SecretsManager, region: eu-central-1, ", "provider: {kubernetes: {"
	for _, test := range []struct{ id, store string }{
		{"STO-04", "conditions: [{namespaces: [other]}], provider: {fake: {data: []}}"},
		{"STO-55", "conditions: [{namespaceRegexes: ['(']}], provider: {fake: {data: []}}"},
		{"STO-50", "controller: eso, provider: {fake: {data: []}}"},
		{"STO-51", "provider: {conjur: {url: x}}"},
		{"STO-51", "provider: {vault: {server: 'https://vault.example', path: secret, auth: {iam: {region: eu-central-1}}}}"},
		{"STO-51", "provider: {openBao: {server: 'https://bao.example', path: secret, auth: {gcp: {role: r}}}}"},
		{"STO-51", "provider: {gcpsm: {projectID: shop-project, auth: {workloadIdentityFederation: {credConfig: {name: c, key: k}}}}}"},
		{"STO-51", "provider: {gcpsm: {projectID: shop-project, auth: {workloadIdentityFederation: {awsSecurityCredentials: {region: us-east-1}}}}}"},
		{"STO-51", "provider: {aws: {service: S3, region: eu-central-1}}"},
		{"STO-55", "refreshInterval: soon, provider: {fake: {data: []}}"},
		{"STO-55", "provider: {fake: {data: [{value: x}]}}"},
		{"STO-55", "provider: {fake: {data: 7}}"},
		{"STO-55", "provider: {aws: {region: eu-central-1}}"},
		{"STO-55", "provider: {aws: 7}"},
		{"STO-55", "provider: {azurekv: 7}"},
		{"STO-55", azureStore("vaultUrl: 'https://shop.example'")},
		{"STO-55", azureStore("vaultUrl: 'http://shop.vault.azure.net'")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net/secrets'")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', tenantId: a/b")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', environmentType: GermanCloud")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', environmentType: Moon")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', authType: Password")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', authSecretRef: {}")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', authSecretRef: {clientId: {}}")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', authType: ManagedIdentity, identityId: /a/b")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', customCloudConfig: {activeDirectoryEndpoint: x}")},
		{"STO-55", azureStore("vaultUrl: 'https://shop.vault.azure.net', environmentType: AzureStackCloud, customCloudConfig: {activeDirectoryEndpoint: 'https://x'}")},
		{"STO-55", vaultStore("server: 'shop.example:8200', auth: {tokenSecretRef: {name: keys, key: a}}")},
		{"STO-55", vaultStore("server: 'https://x', version: v3")},
		{"STO-55", vaultStore("server: 'https://x', path: ''")},
		{"STO-55", vaultStore("server: 'https://x', auth: {kubernetes: {role: a}}")},
		{"STO-55", vaultStore("server: 'https://x', auth: {kubernetes: {serviceAccountRef: {name: a}}}")},
		{"STO-55", vaultStore("server: 'https://x', auth: {jwt: {role: a}}")},
		{"STO-55", vaultStore("server: 'https://x', auth: {appRole: {path: a, secretRef: {name: keys, key: a}}}")},
		{"STO-55", vaultStore("server: 'https://x', auth: {userPass: {path: a, secretRef: {name: keys, key: a}}}")},
		{"STO-55", vaultStore("server: 'http://x', auth: {cert: {clientCert: {name: keys, key: a}, secretRef: {name: keys, key: a}}}")},
		{"STO-55", vaultStore("server: 'https://x', auth: {tokenSecretRef: {name: keys, key: a}, userPass: {username: a, path: a, secretRef: {name: keys, key: a}}}")},
		{"STO-55", "provider: {openBao: {server: x}}"},
		{"STO-55", googleStore("projectID: a b")},
		{"STO-55", googleStore("projectID: shop, location: Europe West")},
		{"STO-55", googleStore("projectID: shop, secretVersionSelectionPolicy: Newest")},
		{"STO-55", googleStore("auth: {secretRef: {secretAccessKeySecretRef: {name: keys, key: a}}}")},
		{"STO-08", googleStore("projectID: shop, auth: {secretRef: {secretAccessKeySecretRef: {}}}")},
		{"STO-55", googleStore("projectID: shop, auth: {workloadIdentity: {serviceAccountRef: {name: ''}}}")},
		{"STO-55", googleStore("projectID: shop, auth: {workloadIdentity: {clusterProjectID: a b, serviceAccountRef: {name: a}}}")},
		{"STO-55", googleStore("projectID: shop, auth: {workloadIdentity: {clusterName: a b, serviceAccountRef: {name: a}}}")},
		{"STO-55", googleStore("projectID: shop, auth: {workloadIdentityFederation: {serviceAccountRef: {name: a}}}")},
		{"STO-55", googleStore("projectID: shop, auth: {secretRef: {secretAccessKeySecretRef: {name: keys, key: a}}, workloadIdentity: {serviceAccountRef: {name: a}}}")},
		{"STO-55", "provider: {aws: {}, fake: {}}"},
		{"NET-04", "provider: {aws: {service: SecretsManager}}"},
		{"STO-12", aws + "auth: {jwt: {serviceAccountToken: abc}}}}"},
		{"STO-08", aws + "auth: {secretRef: {accessKeyIDSecretRef: {name: none, key: a, namespace: shop}, secretAccessKeySecretRef: {name: none, key: a, namespace: shop}}}}}"},
		{"STO-08", aws + "auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: none, namespace: shop}, secretAccessKeySecretRef: {name: keys, key: a, namespace: shop}}}}}"},
		{"STO-08", aws + "auth: {secretRef: {accessKeyIDSecretRef: {name: keys}, secretAccessKeySecretRef: {name: keys}}}}}"},
		{"STO-56", aws + "auth: {jwt: {serviceAccountRef: {name: app, namespace: shop}}}}}"},
		{"STO-53", kube + "remoteNamespace: shop}}"},
		{"STO-53", kube + "remoteNamespace: a/b, auth: {serviceAccount: {name: a}}}}"},
		{"STO-53", kube + "auth: {serviceAccount: {name: a, namespace: b}, token: {bearerToken: {name: keys, key: a}}}}}"},
		{"STO-53", kube + "auth: {serviceAccount: {name: a, namespace: b}}, authRef: {name: keys, key: a}}}"},
		{"STO-53", kube + "server: {url: 'http://x'}, auth: {token: {bearerToken: {name: keys, key: a, namespace: shop}}}}}"},
		{"STO-53", kube + "authRef: {name: keys, key: a, namespace: shop}}}"},
		{"STO-07", kube + "server: {url: 'https://x', caProvider: {type: Secret, name: keys, key: a}}, auth: {token: {bearerToken: {name: keys, key: a, namespace: shop}}}}}"},
		{"STO-54", kube + "server: {url: 'https://x', caBundle: eA==}, auth: {token: {bearerToken: {name: keys, key: a, namespace: shop}}}}}"},
		{"STO-54", kube + "server: {url: 'https://x', caProvider: {type: File, name: keys, key: a, namespace: shop}}, auth: {token: {bearerToken: {name: keys, key: a, namespace: shop}}}}}"},
		{"STO-72", webhookStore("http://127.0.0.1:1/{{ .none.x }}", "")},
		{"STO-72", webhookStore("http://127.0.0.1:1/{{ .remoteRef.key", "")},
		{"STO-72", webhookStore("127.0.0.1", "")},
		{"STO-72", webhookStore("http://127.0.0.1:1", "auth: {ntlm: {}}")},
		{"STO-72", webhookStore("http://127.0.0.1:1", "headers: {X: \"a\\nb\"}")},
		{"STO-72", webhookStore(answering(t, http.StatusBadRequest, ""), "")},
		{"STO-07", webhookStore("http://127.0.0.1:1", "secrets: [{name: a, secretRef: {name: keys}}]")},
		{"STO-08", webhookStore("http://127.0.0.1:1", "secrets: [{name: a, secretRef: {name: none, namespace: shop}}]")},
		{"STO-54", webhookStore("http://127.0.0.1:1", "caBundle: eA==")},
		{"STO-55", "provider: {webhook: 7}"},
		{"STO-70", webhookStore(answering(t, http.StatusUnauthorized, ""), "")},
		{"STO-71", webhookStore(answering(t, http.StatusForbidden, ""), "")},
		{"DAT-08", webhookStore(answering(t, http.StatusNotFound, ""), "")},
		{"THR-50", webhookStore(answering(t, http.StatusTooManyRequests, ""), "")},
		{"STO-73", webhookStore(answering(t, http.StatusOK, "{}"), "")},
		{"STO-73", webhookStore(answering(t, http.StatusOK, "<html>log in</html>"), "")},
		{"STO-73", webhookStore(answering(t, http.StatusOK, strings.Repeat("x", 2<<20)), "")},
		{"STO-73", webhookStore(answering(t, http.StatusFound, "http://127.0.0.2:1"), "")},
		{"NET-51", webhookStore("http://127.0.0.1:1", "")},
		{"NET-51", kube + "server: {url: 'https://127.0.0.1:1'}, auth: {token: {bearerToken: {name: keys, key: a, namespace: shop}}}}}"},
		{"NET-50", kube + "server: {url: 'https://nowhere.invalid'}, auth: {token: {bearerToken: {name: keys, key: a, namespace: shop}}}}}"},
	} {
		said = append(said, wording{test.id, outcome(t, "secretStoreRef: {name: tried, kind: ClusterSecretStore}, data: [{secretKey: a, remoteRef: {key: plain}}]",
			fakeStore("ClusterSecretStore", "tried", test.store), "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {a: b}")})
	}
	return said
}

// azureStore is a store with its part of the spec in YAML's flow style.
func azureStore(spec string) string { return "provider: {azurekv: {" + spec + "}}" }

// vaultStore is a store with its part of the spec in YAML's flow style.
func vaultStore(spec string) string { return "provider: {vault: {" + spec + "}}" }

// googleStore is a store with its part of the spec in YAML's flow style.
func googleStore(spec string) string { return "provider: {gcpsm: {" + spec + "}}" }

// webhookStore is a store of a URL, with the rest of its part of the spec in YAML's flow style.
func webhookStore(url, rest string) string {
	return "retrySettings: {maxRetries: 1}, provider: {webhook: {url: '" + url + "', result: {jsonPath: $.data}, " + rest + "}}"
}

// answering is the URL of a server that gives each request one answer, which for a redirect is where to.
func answering(t *testing.T, status int, answer string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if status == http.StatusFound {
			w.Header().Set("Location", answer)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answer))
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// refusing is an endpoint of AWS that refuses everything with one code, and a store that reads from it.
func refusing(t *testing.T, service, code, message string) []string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if code == "" {
			_, _ = w.Write([]byte("<html>please log in</html>"))
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "Message": message})
	}))
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_PROFILE", "")
	return []string{
		"apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\nstringData: {id: AKIAIOSFODNN7EXAMPLE, secret: s}",
		fakeStore("SecretStore", "aws", "retrySettings: {maxRetries: 1}, provider: {aws: {service: "+service+", region: eu-central-1, auth: {secretRef: "+
			"{accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}}}"),
	}
}

// ofAWS are AWS's answers in the words of the pipeline.
func ofAWS(t *testing.T) []wording {
	t.Helper()
	var said []wording
	const user = "User: arn:aws-cn:sts::111122223333:assumed-role/shop/external-secrets-provider-aws is not authorized to perform: "
	for _, test := range []struct{ id, service, code, message string }{
		{"AWS-27", "SecretsManager", "AccessDeniedException", user + "secretsmanager:GetSecretValue on resource: db because no identity-based policy allows the secretsmanager:GetSecretValue action"},
		{"AWS-27", "SecretsManager", "AccessDeniedException", ""},
		{"AWS-28", "ParameterStore", "AccessDeniedException", user + "ssm:GetParameter on resource: arn:aws-cn:ssm:cn-north-1:111122223333:parameter/db"},
		{"AWS-50", "SecretsManager", "AccessDeniedException", "Access to KMS is not allowed"},
		{"AWS-50", "ParameterStore", "AccessDeniedException", user + "kms:Decrypt on resource: arn:aws-cn:kms:cn-north-1:111122223333:key/1"},
		{"AWS-25", "SecretsManager", "AccessDeniedException", user + "secretsmanager:GetSecretValue on resource: db with an explicit deny in a VPC endpoint policy"},
		{"AWS-21", "ParameterStore", "InvalidKeyId", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access."},
		{"AWS-22", "SecretsManager", "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key."},
		{"AWS-22", "ParameterStore", "InvalidKeyId", "arn:aws-cn:kms:cn-north-1:111122223333:key/1 is disabled."},
		{"AWS-06", "SecretsManager", "ExpiredTokenException", "The security token included in the request is expired"},
		{"AWS-07", "SecretsManager", "UnrecognizedClientException", "The security token included in the request is invalid."},
		{"AWS-09", "SecretsManager", "InvalidSignatureException", "The request signature we calculated does not match the signature you provided."},
		{"AWS-51", "SecretsManager", "InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)"},
		{"AWS-51", "SecretsManager", "InvalidSignatureException", "Signature not yet current: 20260101T001000Z is still later than 20260101T000500Z (20260101T000000Z + 5 min.)"},
		{"AWS-52", "SecretsManager", "MissingAuthenticationTokenException", "Missing Authentication Token"},
		{"AWS-30", "SecretsManager", "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."},
		{"AWS-32", "SecretsManager", "ResourceNotFoundException", "Secrets Manager can't find the specified secret."},
		{"AWS-54", "SecretsManager", "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"},
		{"AWS-33", "ParameterStore", "ParameterNotFound", ""},
		{"AWS-57", "SecretsManager", "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"},
		{"AWS-55", "SecretsManager", "InternalServiceError", "An error occurred on the server side."},
		{"THR-01", "SecretsManager", "ThrottlingException", "Rate exceeded"},
		{"NET-52", "SecretsManager", "", ""},
		{Unknown, "SecretsManager", "TeapotException", "short and stout"},
	} {
		said = append(said, wording{test.id, outcome(t, "secretStoreRef: {name: aws}, data: [{secretKey: a, remoteRef: {key: db}}]",
			refusing(t, test.service, test.code, test.message)...)})
	}
	return said
}

func TestWhatThePipelineSaysIsKnown(t *testing.T) {
	for _, said := range [][]wording{ofSpecs(t), ofStores(t), ofAWS(t)} {
		for _, w := range said {
			assert.Equal(t, w.id, Text(w.text, nil).ID, "%.300s", w.text)
		}
	}
}
