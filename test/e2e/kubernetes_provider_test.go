package e2e_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// vault is another namespace of the cluster, with Secrets that the service account "reader" of the world's namespace may get and
// list, and no other account.
func (w *world) vault(t *testing.T) *world {
	t.Helper()
	vault := w.another(t)
	w.apply(t, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: reader}", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: stranger}")
	vault.apply(t,
		`{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: reader}, rules: [{apiGroups: [""], resources: [secrets], verbs: [get, list]}]}`,
		fmt.Sprintf(`{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: reader},
			roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}, subjects: [{kind: ServiceAccount, name: reader, namespace: %s}]}`, w.namespace))
	for name, labels := range map[string]map[string]string{"db": {"app": "shop", "example.com/tier": "one"}, "mail": {"app": "shop"}, "other": nil} {
		_, err := vault.core.CoreV1().Secrets(vault.namespace).Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
			Data: map[string][]byte{
				"user": []byte(name + "-user"), "raw": {0xff, 0, 0xfe}, "tls.crt": []byte("pem<&>"), "config": []byte(`{"db":{"port":5432}}`),
			},
		}, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	return vault
}

// kubernetesStore is a SecretStore of the vault's Secrets, with the rest of spec.provider.kubernetes in YAML's flow style.
func kubernetesStore(name string, vault *world, rest string) string {
	return fmt.Sprintf("apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: %s}\n"+
		"spec: {provider: {kubernetes: {remoteNamespace: %s, %s}}}", name, vault.namespace, rest)
}

const asReader = "auth: {serviceAccount: {name: reader}}"

func TestAKubernetesStoreReadsSecretsOfAnotherNamespace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vault := w.vault(t)
	w.apply(t, kubernetesStore("store", vault, asReader),
		externalSecret("whole", dataOf("db")),
		externalSecret("parts", `data: [{secretKey: user, remoteRef: {key: db, property: user}}, {secretKey: raw, remoteRef: {key: db, property: raw}},
			{secretKey: crt, remoteRef: {key: db, property: tls.crt}}, {secretKey: port, remoteRef: {key: db, property: config.db.port}}]`),
		externalSecret("bytes", "dataFrom: [{extract: {key: db}}]"),
		externalSecret("labels", `data: [{secretKey: app, remoteRef: {key: db, metadataPolicy: Fetch, property: labels.app}},
			{secretKey: tier, remoteRef: {key: db, metadataPolicy: Fetch, property: labels.example.com/tier}}]`))
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"created": 4}, p.Report.Outcomes)
	assert.Equal(t, map[string]int{"Kubernetes.GetSecret": 1}, p.Report.Requests, "one Secret is one request, whatever is wanted of it")
	for name, data := range map[string]map[string]string{
		"whole":  {"value": `{"config":"{\"db\":{\"port\":5432}}","raw":"\ufffd\u0000\ufffd","tls.crt":"pem<&>","user":"db-user"}`},
		"parts":  {"user": "db-user", "raw": "\xff\x00\xfe", "crt": "pem<&>", "port": "5432"},
		"bytes":  {"user": "db-user", "raw": "\xff\x00\xfe", "tls.crt": "pem<&>", "config": `{"db":{"port":5432}}`},
		"labels": {"app": "shop", "tier": "one"},
	} {
		assert.Equal(t, data, w.data(t, name), name)
	}
}

func TestAKubernetesStoreFindsSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vault := w.vault(t)
	whole := func(name string) string {
		return `{"config":"{\"db\":{\"port\":5432}}","raw":"\ufffd\u0000\ufffd","tls.crt":"pem<&>","user":"` + name + `-user"}`
	}
	w.apply(t, kubernetesStore("store", vault, asReader),
		externalSecret("tagged", "dataFrom: [{find: {tags: {app: shop}}}]"),
		externalSecret("tagged-too", "dataFrom: [{find: {tags: {app: shop}}}]"),
		externalSecret("named", `dataFrom: [{find: {name: {regexp: "^(db|other)$"}}}]`),
		externalSecret("one", "data: [{secretKey: user, remoteRef: {key: mail, property: user}}]"))
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"Kubernetes.ListSecrets": 2}, p.Report.Requests, "a search is made once and brings the Secrets")
	assert.Equal(t, map[string]string{"db": whole("db"), "mail": whole("mail")}, w.data(t, "tagged"))
	assert.Equal(t, w.data(t, "tagged"), w.data(t, "tagged-too"))
	assert.Equal(t, map[string]string{"db": whole("db"), "other": whole("other")}, w.data(t, "named"))
	assert.Equal(t, map[string]string{"user": "mail-user"}, w.data(t, "one"))
}

func TestAKubernetesStoreHasNoMoreRightsThanItsIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vault := w.vault(t)
	w.apply(t, kubernetesStore("store", vault, "auth: {serviceAccount: {name: stranger}}"),
		kubernetesStore("nobody", vault, "server: {}"), kubernetesStore("reader", vault, asReader),
		externalSecret("app", dataOf("db")), externalSecret("search", "dataFrom: [{find: {tags: {app: shop}}}]"),
		strings.Replace(externalSecret("anonymous", dataOf("db")), "name: store", "name: nobody", 1),
		strings.Replace(externalSecret("missing", dataOf("gone")), "name: store", "name: reader", 1))
	p := w.pass(t) // with the rights of an admin, of which the stores have none
	assert.Equal(t, map[string]int{"failed": 4}, p.Report.Outcomes)
	stranger := fmt.Sprintf("system:serviceaccount:%s:stranger", w.namespace)
	for name, says := range map[string][]string{
		"app":       {"GetSecret: Forbidden", stranger, fmt.Sprintf("the right to get secrets in namespace %q", vault.namespace)},
		"search":    {"ListSecrets: Forbidden", stranger, fmt.Sprintf("the right to list secrets in namespace %q", vault.namespace)},
		"anonymous": {`SecretStore "nobody"`, "does not say as whom to read"},
		"missing":   {"GetSecret: NotFound", `secrets "gone" not found`},
	} {
		for _, say := range says {
			assert.Contains(t, p.of(t, name).Message, say, name)
		}
		w.noSecret(t, name)
	}
}

func TestAKubernetesSecretThatIsGoneIsGoneForDataToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vault := w.vault(t)
	w.apply(t, kubernetesStore("store", vault, asReader), externalSecret("app", "refreshInterval: 1ms, target: {deletionPolicy: Delete}, "+dataOf("mail")))
	w.pass(t).synced(t)
	require.Contains(t, w.data(t, "app"), "value")
	require.NoError(t, vault.core.CoreV1().Secrets(vault.namespace).Delete(t.Context(), "mail", metav1.DeleteOptions{}))
	w.pass(t).synced(t)
	w.noSecret(t, "app")
}

func TestAKubernetesStoreLogsInToAServerByItsURL(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	vault := w.vault(t)
	config := w.cluster.Config()
	server := "server: {url: '" + w.cluster.Info.Server + "', caBundle: " + base64.StdEncoding.EncodeToString(config.CAData) + "}, "
	kubeconfig, err := os.ReadFile(w.cluster.ServiceAccountKubeconfig(t, w.namespace, "reader"))
	require.NoError(t, err)
	w.apply(t, opaque("login", map[string]string{
		"token": strings.TrimSpace(w.cluster.Kubectl(t, "", "create", "token", "reader", "--namespace", w.namespace)),
		"crt":   string(config.CertData), "key": string(config.KeyData), "kubeconfig": string(kubeconfig), "wrong": "not-a-token",
	}))
	token := "auth: {token: {bearerToken: {name: login, key: token}}}"
	for name, store := range map[string]string{
		"by-token":      server + token,
		"by-account":    server + asReader,
		"by-cert":       server + "auth: {cert: {clientCert: {name: login, key: crt}, clientKey: {name: login, key: key}}}",
		"by-kubeconfig": "authRef: {name: login, key: kubeconfig}",
		"by-configmap":  "server: {url: '" + w.cluster.Info.Server + "', caProvider: {type: ConfigMap, name: kube-root-ca.crt, key: ca.crt}}, " + token,
	} {
		w.apply(t, kubernetesStore(name, vault, store), strings.Replace(externalSecret(name, dataOf("db")), "name: store", "name: "+name, 1))
	}
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"created": 5}, p.Report.Outcomes)
	assert.Equal(t, map[string]int{"Kubernetes.GetSecret": 5}, p.Report.Requests)

	w.apply(t, kubernetesStore("unverified", vault, "server: {url: '"+w.cluster.Info.Server+"'}, "+token),
		kubernetesStore("unknown", vault, server+"auth: {token: {bearerToken: {name: login, key: wrong}}}"))
	for name, say := range map[string]string{"unverified": "caBundle", "unknown": "GetSecret: Unauthorized"} {
		w.apply(t, strings.Replace(externalSecret(name, dataOf("db")), "name: store", "name: "+name, 1))
		p := w.pass(t)
		assert.Contains(t, p.of(t, name).Message, say)
		assert.NotContains(t, p.Stdout+p.Stderr, "not-a-token")
	}
}
