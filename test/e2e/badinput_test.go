package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// badInput is an ExternalSecret, called "broken" in its manifests, that can't be synced.
type badInput struct {
	name      string
	manifests []string
	remote    []harness.AWSSecret
	reason    string
	says      []string // what the message has, besides the object's name in the result: field and cause
}

func text(s string) *string { return &s }

// badInputs are all the ways to get an ExternalSecret wrong that only a run can find.
func badInputs(namespace string) []badInput {
	large := make([]harness.AWSSecret, 17)
	var keys []string
	for i := range large {
		name := fmt.Sprintf("large/%d", i)
		large[i] = harness.AWSSecret{Name: name, String: text(strings.Repeat("x", 64<<10))}
		keys = append(keys, fmt.Sprintf("{secretKey: key-%d, remoteRef: {key: %s}}", i, name))
	}
	keyPair := func(secret string) string {
		return secretStore("keys", "auth: {secretRef: {accessKeyIDSecretRef: {name: "+secret+", key: id}, secretAccessKeySecretRef: {name: "+secret+", key: secret}}}")
	}
	reading := func(store string) string {
		return strings.Replace(externalSecret("broken", dataOf("good")), "name: store", "name: "+store, 1)
	}
	return []badInput{
		{
			name:      "a duration that can't be read",
			manifests: []string{externalSecret("broken", "refreshInterval: 1d, "+dataOf("good"))},
			reason:    "Invalid", says: []string{`spec.refreshInterval "1d"`, "not a duration", "24h"},
		}, {
			name:      "a store that is missing",
			manifests: []string{reading("absent")},
			reason:    "Invalid", says: []string{"spec.secretStoreRef", `SecretStore "absent"`, namespace, "there is no such store"},
		}, {
			name:      "a cluster store that is missing",
			manifests: []string{strings.Replace(reading("absent"), "name: absent", "name: absent, kind: ClusterSecretStore", 1)},
			reason:    "Invalid", says: []string{"spec.secretStoreRef", `ClusterSecretStore "absent"`, "there is no such store"},
		}, {
			name: "a cluster store whose conditions keep the namespace out",
			manifests: []string{`
apiVersion: external-secrets.io/v1
kind: ClusterSecretStore
metadata: {name: closed-` + namespace + `}
spec:
  conditions: [{namespaces: [elsewhere]}]
  provider: {aws: {service: SecretsManager, region: us-east-1}}`,
				strings.Replace(reading("x"), "name: x", "kind: ClusterSecretStore, name: closed-"+namespace, 1)},
			reason: "Invalid", says: []string{"spec.secretStoreRef", "closed-" + namespace, `not allowed from namespace "` + namespace, "spec.conditions"},
		}, {
			name:      "an auth Secret that is missing",
			manifests: []string{keyPair("absent"), reading("keys")},
			reason:    "ProviderError", says: []string{`SecretStore "keys"`, "accessKeyIDSecretRef", `no Secret "absent"`, namespace},
		}, {
			name:      "an auth Secret without the key",
			manifests: []string{keyPair("half"), opaque("half", map[string]string{"id": "AKIAHALF", "other": "1"}), reading("keys")},
			reason:    "ProviderError", says: []string{`SecretStore "keys"`, "secretAccessKeySecretRef", `Secret "half"`, `no key "secret"`, "id, other"},
		}, {
			name:      "an access key that does not exist",
			manifests: []string{keyPair("unknown"), opaque("unknown", map[string]string{"id": "AKIAUNKNOWN000000001", "secret": "wrong"}), reading("keys")},
			reason:    "ProviderError", says: []string{"good", "UnrecognizedClientException", "access key"},
		}, {
			name: "a secret access key that is another's",
			manifests: []string{keyPair("mixed"), opaque("mixed", map[string]string{"id": "AKIAHARNESSADMIN0001", "secret": "another-secret-key"}),
				reading("keys")},
			reason: "ProviderError", says: []string{"good", "InvalidSignatureException", "secret access key"},
		}, {
			name:      "a remote secret that is missing",
			manifests: []string{externalSecret("broken", dataOf("absent"))},
			reason:    "ProviderError", says: []string{"spec.data[0]", `"absent"`, "ResourceNotFoundException", "remoteRef.key", "region"},
		}, {
			name:      "a remote secret of many that is missing",
			manifests: []string{externalSecret("broken", "data: [{secretKey: a, remoteRef: {key: good}}, {secretKey: b, remoteRef: {key: absent}}, {secretKey: c, remoteRef: {key: json}}]")},
			reason:    "ProviderError", says: []string{"spec.data[1]", `"absent"`, "ResourceNotFoundException"},
		}, {
			name:      "a version that is missing",
			manifests: []string{externalSecret("broken", "data: [{secretKey: a, remoteRef: {key: good, version: OLD}}]")},
			reason:    "ProviderError", says: []string{"spec.data[0]", `"good"`, "ResourceNotFoundException"},
		}, {
			name:      "a remote secret that waits for its deletion",
			manifests: []string{externalSecret("broken", dataOf("doomed"))},
			remote:    []harness.AWSSecret{{Name: "doomed", String: text("1"), Pending: true}},
			reason:    "ProviderError", says: []string{"spec.data[0]", `"doomed"`, "marked for deletion"},
		}, {
			name:      "a property of a secret that is not JSON",
			manifests: []string{externalSecret("broken", "data: [{secretKey: a, remoteRef: {key: good, property: user}}]")},
			reason:    "DataError", says: []string{"spec.data[0]", `"good"`, `property "user"`, "not JSON"},
		}, {
			name:      "a property that is missing",
			manifests: []string{externalSecret("broken", "data: [{secretKey: a, remoteRef: {key: json, property: user}}]")},
			reason:    "DataError", says: []string{"spec.data[0]", `"json"`, `property "user" does not exist`},
		}, {
			name:      "an extract of a secret that is not an object",
			manifests: []string{externalSecret("broken", "dataFrom: [{extract: {key: good}}]")},
			reason:    "DataError", says: []string{"spec.dataFrom[0]", `"good"`, "not a JSON object"},
		}, {
			name:      "an extract that gives a key which no Secret can have",
			manifests: []string{externalSecret("broken", "dataFrom: [{extract: {key: accents}}]")},
			remote:    []harness.AWSSecret{{Name: "accents", String: text(`{"clé":"1"}`)}},
			reason:    "DataError", says: []string{"spec.dataFrom[0]", `"accents"`, `invalid secret key "clé"`},
		}, {
			name:      "an extract that gives two keys of one name",
			manifests: []string{externalSecret("broken", "dataFrom: [{extract: {key: twins}}]")},
			remote:    []harness.AWSSecret{{Name: "twins", String: text(`{"a/b":"1","a:b":"2"}`)}},
			reason:    "DataError", says: []string{"spec.dataFrom[0]", `"twins"`, `"a_b"`},
		}, {
			name:      "a value that is not what its decoding strategy says",
			manifests: []string{externalSecret("broken", "data: [{secretKey: a, remoteRef: {key: json, decodingStrategy: Base64}}]")},
			reason:    "DataError", says: []string{"spec.data[0]", `"json"`, "Base64"},
		}, {
			name:      "more than a Secret can hold",
			manifests: []string{externalSecret("broken", "data: ["+strings.Join(keys, ",")+"]")},
			remote:    large,
			reason:    "DataError", says: []string{"1114112 bytes", "at most 1048576"},
		}, {
			name:      "nothing to fetch",
			manifests: []string{externalSecret("broken", "refreshInterval: 1h")},
			reason:    "Invalid", says: []string{"neither data nor dataFrom"},
		}, {
			name:      "a provider that nobody here serves",
			manifests: []string{strings.Replace(secretStore("other", "x: y"), "{aws: {service: SecretsManager, region: us-east-1, x: y}}", "{keepersecurity: {folderID: x}}", 1), reading("other")},
			reason:    "Unsupported", says: []string{"spec.secretStoreRef", `SecretStore "other"`, `provider "keepersecurity"`, "not supported"},
		}, {
			name:      "a service of AWS that is not served",
			manifests: []string{strings.Replace(secretStore("certificates", "prefix: x"), "SecretsManager", "CertificateManager", 1), reading("certificates")},
			reason:    "Unsupported", says: []string{`SecretStore "certificates"`, `service "CertificateManager"`, "not supported"},
		}, {
			name:      "a target that is not a Secret",
			manifests: []string{externalSecret("broken", "target: {manifest: {apiVersion: v1, kind: ConfigMap}}, "+dataOf("good"))},
			reason:    "Unsupported", says: []string{"spec.target.manifest", "--unsafe-allow-generic-targets"},
		},
	}
}

func TestBadInputIsOneObjectsClearError(t *testing.T) {
	t.Parallel()
	for _, named := range badInputs("") {
		t.Run(named.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test := badInputOf(t, w.namespace, named.name)
			w.aws.Seed(t, map[string]string{"good": "payload", "json": `{"k":"v"}`})
			w.aws.SeedAll(t, test.remote)
			w.apply(t, awsStore, externalSecret("healthy", dataOf("good")))
			w.apply(t, test.manifests...)

			p := w.pass(t)
			require.Equal(t, 1, p.Code, "exit code: some failed\n%s%s", p.Stdout, p.Stderr)
			require.Equal(t, map[string]int{"failed": 1, "created": 1}, p.Report.Outcomes)
			require.Equal(t, map[string]string{"value": "payload"}, w.data(t, "healthy"), "its neighbour is synced")
			failed := p.of(t, "broken")
			assert.Equal(t, test.reason, failed.Reason)
			for _, says := range test.says {
				assert.Contains(t, failed.Message, says)
			}
			w.noSecret(t, "broken")
			if test.reason == "Unsupported" {
				assert.Empty(t, w.get(t, "broken").Status, "another controller may serve it well")
				assert.Empty(t, w.events(t, "broken"))
				return
			}
			w.requireFailureRecorded(t, "broken", failed.Message)
			assert.Contains(t, p.Stderr, `"name":"broken"`, "logged")

			p = w.pass(t)
			require.Equal(t, 1, p.Code)
			assert.Equal(t, failed.Message, p.of(t, "broken").Message, "the same failure reads the same twice")
			events := w.events(t, "broken")
			require.Len(t, events, 1, "one Event however often it fails")
			assert.EqualValues(t, 2, events[0].Count)

			r := w.plugin(t, "refresh", "broken", "healthy")
			assert.Equal(t, 1, r.Code)
			assert.Equal(t, "externalsecret.external-secrets.io/healthy unchanged\n"+
				"externalsecret.external-secrets.io/broken failed: "+failed.Message+"\n", r.Stdout, "a person is told the same")
		})
	}
}

// badInputOf finds one by its name, made for a namespace.
func badInputOf(t *testing.T, namespace, name string) badInput {
	t.Helper()
	for _, test := range badInputs(namespace) {
		if test.name == name {
			return test
		}
	}
	t.Fatalf("no bad input %q", name)
	return badInput{}
}

// requireFailureRecorded requires that the message is in the Ready condition and in a Warning.
func (w *world) requireFailureRecorded(t *testing.T, name, message string) {
	t.Helper()
	ready := w.ready(t, name)
	assert.Equal(t, metav1.ConditionFalse, ready.Status)
	assert.Equal(t, "SecretSyncedError", ready.Reason)
	assert.Contains(t, ready.Message, message)
	es := w.get(t, name)
	assert.Nil(t, es.Status.RefreshTime)
	assert.Empty(t, es.Status.SyncedResourceVersion)
	events := w.events(t, name)
	require.Len(t, events, 1)
	assert.Equal(t, "Warning", events[0].Type)
	assert.Equal(t, "UpdateFailed", events[0].Reason)
	assert.Contains(t, events[0].Message, message)
	assert.Equal(t, "externalsecret-runner", events[0].Source.Component)
}

func TestAStoreOfAnotherClassIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "good", "payload")
	w.apply(t, awsStore, externalSecret("healthy", dataOf("good")), `
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: theirs}
spec: {controller: theirs, provider: {aws: {service: SecretsManager, region: us-east-1}}}`,
		strings.Replace(externalSecret("foreign", dataOf("good")), "name: store", "name: theirs", 1))

	p := w.pass(t).synced(t)
	require.Equal(t, map[string]int{"created": 1, "skipped": 1}, p.Report.Outcomes)
	skipped := p.of(t, "foreign")
	assert.Equal(t, "OtherClass", skipped.Reason)
	assert.Contains(t, skipped.Message, `SecretStore "theirs" is of class "theirs"`)
	w.noSecret(t, "foreign")
	assert.Empty(t, w.events(t, "foreign"))
	assert.Empty(t, w.get(t, "foreign").Status)

	p = w.pass(t, "--controller-class", "theirs").synced(t)
	assert.Equal(t, "created", p.of(t, "foreign").Outcome, "whoever is of that class serves it")
}
