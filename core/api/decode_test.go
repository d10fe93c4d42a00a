package api_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

func TestTheSeedDecodesWithEveryFieldKnown(t *testing.T) {
	content, err := os.ReadFile("testdata/seed.yaml")
	require.NoError(t, err)
	documents := strings.Split(string(content), "\n---\n")
	require.Len(t, documents, 3)

	var store api.SecretStore
	require.NoError(t, yaml.UnmarshalStrict([]byte(documents[0]), &store))
	assert.Equal(t, "aws-secrets-manager-store", store.Name)
	assert.Equal(t, "aws", store.Spec.Provider.Name())
	var aws api.AWSProvider
	require.NoError(t, yaml.UnmarshalStrict(store.Spec.Provider.Raw, &aws))
	assert.Equal(t, api.AWSProvider{
		Service: api.AWSSecretsManagerService,
		Region:  "us-east-1",
		Auth:    api.AWSAuth{JWT: &api.AWSJWT{}},
	}, aws)

	var externalSecret api.ExternalSecret
	require.NoError(t, yaml.UnmarshalStrict([]byte(documents[1]), &externalSecret))
	assert.Equal(t, api.Group+"/"+api.V1Beta1, externalSecret.APIVersion)
	assert.Equal(t, api.ExternalSecretSpec{
		RefreshInterval: "1h",
		SecretStoreRef:  api.SecretStoreRef{Name: "aws-secrets-manager-store", Key: "aws-secrets-manager-store"},
		Target:          api.Target{Name: "database-credentials", CreationPolicy: api.CreationPolicyOwner},
		Data: []api.Data{
			{SecretKey: "username", RemoteRef: api.RemoteRef{Key: "my-app/database-credentials", Property: "username"}},
			{SecretKey: "password", RemoteRef: api.RemoteRef{Key: "my-app/database-credentials", Property: "password"}},
		},
	}, externalSecret.Spec)
}

func TestEveryFieldOfAnExternalSecretSurvivesARoundTrip(t *testing.T) {
	for _, apiVersion := range []string{api.V1, api.V1Beta1} {
		t.Run("in "+apiVersion, func(t *testing.T) {
			content, err := os.ReadFile("testdata/full.yaml")
			require.NoError(t, err)
			content = []byte(strings.Replace(string(content), "VERSION", apiVersion, 1))
			want, err := yaml.YAMLToJSON(content)
			require.NoError(t, err)

			var decoded api.ExternalSecret
			require.NoError(t, yaml.UnmarshalStrict(content, &decoded))
			got, err := json.Marshal(decoded)
			require.NoError(t, err)
			assert.JSONEq(t, string(want), string(got))
		})
	}
}

func TestABadDurationDoesNotKeepAnExternalSecretFromBeingRead(t *testing.T) {
	var decoded api.ExternalSecret
	require.NoError(t, json.Unmarshal([]byte(`{
		"metadata": {"name": "a"},
		"spec": {"refreshInterval": "1d", "syncWindows": {"kind": "allow", "windows": [{"schedule": "@daily", "duration": "soon"}]}}
	}`), &decoded))
	assert.Equal(t, "1d", decoded.Spec.RefreshInterval)
	assert.Equal(t, "soon", decoded.Spec.SyncWindows.Windows[0].Duration)
}

func TestAnOlderOperatorsStatusIsRead(t *testing.T) {
	var decoded api.ExternalSecret
	require.NoError(t, json.Unmarshal([]byte(`{"status": {
		"binding": {"name": ""}, "refreshTime": null,
		"conditions": [{"type": "Ready", "status": "False", "reason": "SecretSyncedError", "lastTransitionTime": "2026-01-02T03:04:05Z"}]
	}}`), &decoded))
	assert.True(t, decoded.Status.RefreshTime.IsZero())
	require.Len(t, decoded.Status.Conditions, 1)
	assert.Equal(t, metav1.ConditionFalse, decoded.Status.Conditions[0].Status)
	assert.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), decoded.Status.Conditions[0].LastTransitionTime.UTC())
}

func TestAnEmptyStatusIsNotWritten(t *testing.T) {
	for name, object := range map[string]any{"of an ExternalSecret": api.ExternalSecret{}, "of a store": api.SecretStore{}} {
		t.Run(name, func(t *testing.T) {
			content, err := json.Marshal(object)
			require.NoError(t, err)
			assert.NotContains(t, string(content), "status")
		})
	}
}

func TestTextIsKeptAsItIs(t *testing.T) {
	for name, text := range map[string]string{
		"a terminal escape": "\x1b[2J\x1b[31mred",
		"a line break":      "a\r\nb",
		"a template":        "{{ .password | b64enc }}",
		"a shell command":   "$(reboot) `id` ; rm",
		"a path":            "../../etc/passwd",
		"other scripts":     "ключ/鍵/🔑",
		"a NUL":             "a\x00b",
		"markup":            "<script>&amp;</script>",
	} {
		t.Run(name, func(t *testing.T) {
			want := api.Data{SecretKey: text, RemoteRef: api.RemoteRef{Key: text, Property: text, Version: text}}
			content, err := json.Marshal(want)
			require.NoError(t, err)
			var got api.Data
			require.NoError(t, json.Unmarshal(content, &got))
			assert.Equal(t, want, got)
		})
	}
}
