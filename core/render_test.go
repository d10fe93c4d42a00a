package core_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/manifest"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// sent is the Secret in the body of a request, which is in the encoding of protobuf.
func sent(t *testing.T, body string) *corev1.Secret {
	t.Helper()
	encoded, ok := strings.CutPrefix(body, "k8s\x00")
	require.True(t, ok, "the body is not one message of protobuf")
	var envelope runtime.Unknown
	require.NoError(t, envelope.Unmarshal([]byte(encoded)))
	var s corev1.Secret
	require.NoError(t, s.Unmarshal(envelope.Raw))
	return &s
}

// rendered renders objects, in YAML, of which each is given its kind.
func rendered(t *testing.T, s *server, store *shelf) core.Rendering {
	t.Helper()
	objects := manifest.New("default")
	for resource, kind := range map[string]string{
		"externalsecrets": "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, ", "secretstores": "{apiVersion: external-secrets.io/v1, kind: SecretStore, ",
		"configmaps": "{apiVersion: v1, kind: ConfigMap, ", "secrets": "{apiVersion: v1, kind: Secret, ",
	} {
		for _, object := range s.lists[resource] {
			require.Empty(t, objects.Read(bytes.NewBufferString(kind+strings.TrimPrefix(object, "{"))))
		}
	}
	rendering, err := core.Render(t.Context(), core.RenderConfig{
		Source: objects, Providers: provider.Registry{"shelf": store}, Class: "ours",
	})
	require.NoError(t, err)
	return rendering
}

func TestRenderGivesTheSecretThatAPassWrites(t *testing.T) {
	const from = "{metadata: {namespace: shop, name: db, uid: u, labels: {a: b}, annotations: {c: d}}, spec: {secretStoreRef: {name: shelf}, "
	for name, tc := range map[string]struct {
		externalSecret, configMap, live string
		request                         string
	}{
		"for plain data": {
			externalSecret: from + "data: [{secretKey: k, remoteRef: {key: r}}]}}", request: "POST secrets",
		},
		"for an immutable one that nobody owns": {
			externalSecret: from + "target: {name: other, creationPolicy: Orphan, immutable: true}, data: [{secretKey: k, remoteRef: {key: r}}]}}",
			request:        "POST secrets",
		},
		"for a template": {
			externalSecret: from + "target: {template: {type: kubernetes.io/tls, metadata: {labels: {x: '{{ .k | len }}'}, finalizers: [e.example/f]}, " +
				"templateFrom: [{configMap: {name: parts, items: [{key: part}]}}]}}, data: [{secretKey: k, remoteRef: {key: r}}]}}",
			configMap: "{metadata: {namespace: shop, name: parts}, data: {part: 'of {{ .k }}'}}",
			request:   "POST secrets",
		},
		"for one that is merged into": {
			externalSecret: from + "target: {name: there, creationPolicy: Merge}, data: [{secretKey: k, remoteRef: {key: r}}]}}",
			live:           "{metadata: {namespace: shop, name: there, labels: {y: z}}, data: {theirs: dGhlaXJz}}",
			request:        "PUT secrets there",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{lists: map[string][]string{"secretstores": {shelfStore}, "externalsecrets": {tc.externalSecret}}}
			if tc.configMap != "" {
				s.lists["configmaps"] = []string{tc.configMap}
			}
			if tc.live != "" {
				s.lists["secrets"] = []string{tc.live}
			}
			report := pass(t, s, &shelf{})
			require.Contains(t, s.bodies, tc.request, "%v", report.Results)

			got := rendered(t, s, &shelf{}).Rendered
			require.Len(t, got, 1)
			written := sent(t, s.bodies[tc.request])
			assert.NotEmpty(t, written.Data)
			want, err := json.Marshal(written)
			require.NoError(t, err)
			made, err := json.Marshal(got[0].Secret)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(made))
		})
	}
}

func TestRenderTakesEachByItselfInTheOrderOfTheirNames(t *testing.T) {
	s := &server{lists: map[string][]string{
		"secretstores": {shelfStore},
		"externalsecrets": {
			wants("one"), wants("another"),
			"{metadata: {namespace: shop, name: broken}, spec: {data: none}}",
			"{metadata: {namespace: aside, name: zero}, spec: {secretStoreRef: {name: shelf}, data: [{secretKey: k, remoteRef: {key: r}}]}}",
		},
	}}
	var got []string
	for _, r := range rendered(t, s, &shelf{}).Rendered {
		got = append(got, r.Namespace+"/"+r.Name+" "+string(r.Outcome))
		assert.Equal(t, r.Outcome == core.Created, r.Secret != nil, r.Name)
	}
	assert.Equal(t, []string{"aside/zero failed", "shop/another created", "shop/broken failed", "shop/one created"}, got)
}
