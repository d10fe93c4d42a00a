package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const (
	plainCanary = "canary-plain-XQ7vTz1k9"
	oddCanary   = `canary "odd" \ <&> é XQ7vTz1k9`
	linesCanary = "-----BEGIN CANARY KEY-----\ncanaryLineOneXQ7vTz1k9abcdefgh\ncanaryLineTwoXQ7vTz1k9abcdefgh\n-----END CANARY KEY-----"
	keyCanary   = "canaryAccessKey/XQ7vTz1k9+abcdefghijklmno"
	tokenCanary = "canarySessionToken/XQ7vTz1k9+abcdefghijklmnopqrstuvwxyz"
)

// planted plants canaries in every secret there is and makes ExternalSecrets that succeed and that fail in all the ways that have
// the value at hand.
func (w *world) planted(t *testing.T) canaries {
	t.Helper()
	document, err := json.Marshal(map[string]any{
		"plain": plainCanary, "odd": oddCanary, "lines": linesCanary, "nested": map[string]any{"list": []any{plainCanary, map[string]string{"x": oddCanary}}},
	})
	require.NoError(t, err)
	w.aws.Seed(t, map[string]string{
		"plain": plainCanary, "odd": oddCanary, "lines": linesCanary, "json": string(document),
		"torn": `{"plain": "` + plainCanary, "list": `["` + plainCanary + `"]`, "number": "12345678901234567890",
		"badkeys": `{"clé": "` + plainCanary + `"}`, "twins": `{"a/b": "` + plainCanary + `", "a:b": "` + keyCanary + `"}`,
		"parenthesis": "(" + plainCanary,
		"nul":         plainCanary + "\x00" + oddCanary, "large": strings.Repeat(plainCanary, 60000/len(plainCanary)),
		"encoded": base64.StdEncoding.EncodeToString([]byte(plainCanary)) + "!",
	})
	w.aws.Key(t, harness.AWSKey{ID: "AKIACANARY", Secret: keyCanary, Token: tokenCanary, User: "canary"})
	auth := strings.Replace(keysIn(""), "secretRef: {", "secretRef: {sessionTokenSecretRef: {name: keys, key: token}, ", 1)
	w.apply(t, opaque("keys", map[string]string{"id": "AKIACANARY", "secret": keyCanary, "token": tokenCanary}),
		opaque("wrong-keys", map[string]string{"id": "AKIACANARY", "secret": keyCanary + "wrong", "token": tokenCanary}),
		secretStore("store", auth), secretStore("wrong", strings.ReplaceAll(auth, "name: keys", "name: wrong-keys")),
		"apiVersion: v1\nkind: Secret\nmetadata: {name: rejected}\ntype: kubernetes.io/dockerconfigjson\nstringData: {.dockerconfigjson: '{}'}",
		secretStore("roles", auth+", role: "+roleARN("absent")), generator("Fake", "canary", fmt.Sprintf("{data: {plain: %q, odd: %q}}", plainCanary, oddCanary)))

	failing := map[string]string{
		"not-json": "data: [{secretKey: a, remoteRef: {key: plain, property: x}}]",
		"torn":     "data: [{secretKey: a, remoteRef: {key: torn, property: plain}}]",
		"absent":   "data: [{secretKey: a, remoteRef: {key: json, property: absent}}]",
		"list":     "dataFrom: [{extract: {key: list}}]",
		"not-map":  "dataFrom: [{extract: {key: lines}}]",
		"deeper":   "dataFrom: [{extract: {key: json, property: plain}}]",
		"badkeys":  "dataFrom: [{extract: {key: badkeys}}]",
		"twins":    "dataFrom: [{extract: {key: twins}}]",
		"base64":   "data: [{secretKey: a, remoteRef: {key: odd, decodingStrategy: Base64}}]",
		"encoded":  "data: [{secretKey: a, remoteRef: {key: encoded, decodingStrategy: Base64URL}}]",
		"nul":      "data: [{secretKey: a, remoteRef: {key: nul, nullBytePolicy: Fail}}]",
		"rejected": "data: [{secretKey: .dockerconfigjson, remoteRef: {key: plain}}]",
		"large": "data: [" + strings.Join(func() (entries []string) {
			for i := range 20 {
				entries = append(entries, fmt.Sprintf("{secretKey: k%d, remoteRef: {key: large}}", i))
			}
			return entries
		}(), ", ") + "]",
		"t-fail":      "target: {template: {data: {x: '{{ fail .a }}'}}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-encoded":   "target: {template: {data: {x: '{{ fail (b64enc .a) }}'}}}, data: [{secretKey: a, remoteRef: {key: odd}}]",
		"t-regexp":    "target: {template: {data: {x: '{{ mustRegexMatch .a \"x\" }}'}}}, data: [{secretKey: a, remoteRef: {key: parenthesis}}]",
		"t-date":      "target: {template: {data: {x: '{{ mustToDate \"2006\" .a }}'}}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-json":      "target: {template: {data: {x: '{{ mustFromJson .a }}'}}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-semver":    "target: {template: {data: {x: '{{ semver .a }}'}}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-index":     "target: {template: {data: {x: '{{ index .a .a }}'}}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-yaml":      "target: {template: {templateFrom: [{literal: '{{ .a }}'}]}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-yaml3":     "target: {template: {templateFrom: [{literal: '{{ .a }}: [1'}]}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-label":     "target: {template: {metadata: {labels: {x: '{{ .a }}'}}}}, data: [{secretKey: a, remoteRef: {key: odd}}]",
		"t-key":       "target: {template: {templateFrom: [{literal: '\"{{ .a }}/x\": y'}]}}, data: [{secretKey: a, remoteRef: {key: plain}}]",
		"t-cert":      "target: {template: {data: {x: '{{ pemToPkcs12 .a .a }}'}}}, data: [{secretKey: a, remoteRef: {key: lines}}]",
		"t-jwk":       "target: {template: {data: {x: '{{ jwkPrivateKeyPem .a }}'}}}, data: [{secretKey: a, remoteRef: {key: json}}]",
		"r-merge":     "dataFrom: [{extract: {key: json}, rewrite: [{merge: {}}]}]",
		"r-transform": "dataFrom: [{extract: {key: json}, rewrite: [{transform: {template: '{{ fail .value }}'}}]}]",
		"g-template":  "target: {template: {data: {x: '{{ fail .plain }}'}}}, dataFrom: [{sourceRef: {generatorRef: {kind: Fake, name: canary}}}]",
		"g-rewrite":   "dataFrom: [{sourceRef: {generatorRef: {kind: Fake, name: canary}}, rewrite: [{merge: {}}]}]",
		"g-badkey":    "dataFrom: [{sourceRef: {generatorRef: {kind: Fake, name: canary}}, rewrite: [{transform: {template: '{{ .value }}/x'}}]}]",
		"half":        "data: [{secretKey: a, remoteRef: {key: json}}, {secretKey: b, remoteRef: {key: missing}}]",
		"echoed":      "data: [{secretKey: a, remoteRef: {key: json}}, {secretKey: b, remoteRef: {key: echo}}]",
	}
	var manifests []string
	for name, spec := range failing {
		manifests = append(manifests, externalSecret(name, "refreshInterval: 1ms, "+spec))
	}
	for _, store := range []string{"wrong", "roles"} {
		manifests = append(manifests, strings.Replace(externalSecret("by-"+store, dataOf("plain")), "name: store", "name: "+store, 1))
	}
	w.apply(t, append(manifests, externalSecret("ok", "refreshInterval: 1ms, data: [{secretKey: plain, remoteRef: {key: plain}}, {secretKey: odd, remoteRef: {key: json, property: odd}}]"),
		externalSecret("all", "refreshInterval: 1ms, dataFrom: [{extract: {key: json}}]"),
		externalSecret("merged", "refreshInterval: 1ms, target: {name: keys, creationPolicy: Merge}, "+dataOf("lines")))...)
	// A provider whose error repeats what it was asked for and with which key, raw and encoded, and paints it red.
	w.aws.SeedAll(t, []harness.AWSSecret{{Name: "echo", String: text("1")}})
	w.aws.Fault(t, harness.AWSFault{Secret: "echo", Code: "InvalidRequestException", Times: 1000, Message: "\x1b[31mdenied: " + plainCanary + " " + string(document) + " " +
		oddCanary + " " + linesCanary + " " + base64.StdEncoding.EncodeToString([]byte(plainCanary)) + " " + keyCanary + " " + tokenCanary})
	return canaries{plainCanary, oddCanary, linesCanary, keyCanary, tokenCanary}
}

func TestNoSecretGetsOutOfTheRunner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secrets := w.planted(t)
	for _, level := range []string{"debug", "info", "error"} {
		for _, report := range []string{"summary", "full"} {
			r := harness.Run(t, w.withoutKey(), runner(t), "--namespaces", w.namespace, "--log-level", level, "--report", report)
			require.Equal(t, 1, r.Code)
			secrets.requireNone(t, "standard output of "+level+", "+report, r.Stdout)
			secrets.requireNone(t, "the logs of "+level+", "+report, r.Stderr)
			assert.NotContains(t, r.Stdout+r.Stderr, "\x1b")
		}
	}
	p := w.passIn(t, w.withoutKey())
	assert.Equal(t, map[string]int{"unchanged": 3, "failed": p.Report.Total - 3}, p.Report.Outcomes, "%s", p.Stdout)
	assert.Equal(t, oddCanary, w.data(t, "ok")["odd"], "the value itself is written, unharmed")
	assert.Contains(t, p.of(t, "echoed").Message, "[redacted]")
	secrets.requireNoneInCluster(t, w)
}

func TestNoSecretGetsOutOfThePlugin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secrets := w.planted(t)
	check := func(t *testing.T, args ...string) {
		r := w.pluginIn(t, w.withoutKey(), args...)
		where := strings.Join(args, " ")
		secrets.requireNone(t, "standard output of "+where, r.Stdout)
		secrets.requireNone(t, "standard error of "+where, r.Stderr)
		assert.NotContains(t, r.Stdout+r.Stderr, "\x1b", where)
	}
	for level := range 11 {
		check(t, "refresh", "--all", fmt.Sprintf("-v=%d", level))
		check(t, "refresh", "ok", "rejected", "echoed", fmt.Sprintf("-v=%d", level))
		check(t, "status", "ok", fmt.Sprintf("-v=%d", level))
		check(t, "explain", "--all", "-o", "yaml", fmt.Sprintf("-v=%d", level))
		check(t, "explain", "ok", "plain", fmt.Sprintf("-v=%d", level))
		check(t, "explain", "echoed", fmt.Sprintf("-v=%d", level))
		check(t, "explain", "store/store", fmt.Sprintf("-v=%d", level))
	}
	check(t, "explain", "--all", "--offline")
	for _, output := range []string{"json", "yaml", "jsonpath={..*}"} {
		check(t, "explain", "large", "-o", output)
		check(t, "explain", "by-wrong", "-o", output)
		check(t, "explain", "echoed", "--offline", "-o", output)
	}
	for _, output := range []string{"json", "yaml", "name", "jsonpath={..*}"} {
		check(t, "refresh", "--all", "-o", output)
		check(t, "status", "-o", output)
		check(t, "status", "merged", "-o", output)
	}
	for _, mode := range []string{"client", "server"} {
		w.change(t, "ok", func(s *corev1.Secret) { s.Data = map[string][]byte{"plain": []byte(oddCanary)} })
		check(t, "refresh", "--all", "-v=10", "--dry-run="+mode)
		check(t, "refresh", "--all", "-o", "yaml", "--dry-run="+mode)
	}
	check(t, "status", "-o", "wide")
	check(t, "status", "-A", "-v=10")
	// What is pasted is known to nobody, and is hidden by its form.
	quoted, err := json.Marshal(map[string]string{"password": oddCanary, "token": plainCanary})
	require.NoError(t, err)
	pasted := "password=" + plainCanary + " " + string(quoted) + " " + linesCanary + " " + keyCanary + " Authorization: Bearer " + tokenCanary
	for _, text := range []string{"it does not work: " + pasted, "AccessDeniedException: secret " + pasted, pasted + " Vault is sealed"} {
		for _, output := range []string{"json", "yaml", "jsonpath={..*}"} {
			check(t, "explain", "--error", text, "-o", output)
		}
		check(t, "explain", "--error", text, "-v=10")
	}
	check(t, "doctor", "-v=10")
	check(t, "doctor", "-o", "yaml")
	secrets.requireNoneInCluster(t, w)
}

// A token of a service account and the session that it buys are secrets as well, for as long as they live.
func TestNoTokenGetsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.federate(t)
	w.apply(t, serviceAccount(roleAnnotation()), secretStore("store", asApp), externalSecret("app", "refreshInterval: 1ms, "+dataOf("a")))
	minted := strings.TrimSpace(w.cluster.Kubectl(t, "", "create", "token", "app", "--namespace", w.namespace))
	header, _, _ := strings.Cut(minted, ".")
	secrets := canaries{header} // all tokens of the cluster begin like this
	check := func(levels ...int) {
		r := harness.Run(t, w.withoutKey(), runner(t), "--namespaces", w.namespace, "--log-level", "debug", "--report", "full")
		secrets.requireNone(t, "standard output", r.Stdout)
		secrets.requireNone(t, "the logs", r.Stderr)
		for _, level := range levels {
			for _, command := range [][]string{{"refresh", "app"}, {"explain", "app", "-o", "yaml"}, {"explain", "store/store"}} {
				r := w.pluginIn(t, w.withoutKey(), append(command, fmt.Sprintf("-v=%d", level))...)
				secrets.requireNone(t, "standard output", r.Stdout)
				secrets.requireNone(t, "standard error", r.Stderr)
			}
		}
		secrets.requireNoneInCluster(t, w)
	}
	check(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	w.aws.JWKS(t, w.cluster.Info.Issuer, foreignKeys(t)) // now the token is refused
	check(10)
}

// What the test looks for must be found where it is: a search that can't fail proves nothing.
func TestTheSearchForSecretsFindsThem(t *testing.T) {
	t.Parallel()
	secrets := canaries{oddCanary}
	document, err := json.Marshal(map[string]string{"a": oddCanary})
	require.NoError(t, err)
	for _, text := range []string{
		oddCanary, string(document), fmt.Sprintf("%q", oddCanary), fmt.Sprintf("%v", []byte(oddCanary)), fmt.Sprintf("%x", oddCanary),
		base64.StdEncoding.EncodeToString([]byte(oddCanary)), base64.StdEncoding.EncodeToString([]byte("ab" + oddCanary + "c")),
		base64.URLEncoding.EncodeToString([]byte("a" + oddCanary + "cd")),
	} {
		found := false
		for form := range secrets.forms() {
			found = found || strings.Contains("before "+text+" after", form)
		}
		assert.True(t, found, text)
	}
}
