package write_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// patches takes status patches in.
type patches struct {
	bodies []string
	err    error
}

func (p *patches) PatchStatus(_ context.Context, namespace, name string, patch []byte) error {
	p.bodies = append(p.bodies, namespace+"/"+name+" "+string(patch))
	return p.err
}

// body returns what the one patch there is says, as an object: what it tests and what it adds.
func (p *patches) body(t *testing.T) string {
	t.Helper()
	require.Len(t, p.bodies, 1)
	const prefix = "shop/db "
	require.Equal(t, prefix, p.bodies[0][:len(prefix)])
	var operations []struct {
		Op, Path string
		Value    json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(p.bodies[0][len(prefix):]), &operations))
	require.Equal(t, "test", operations[0].Op, "first of all it is made sure that this is the object that was read")
	require.Equal(t, "/metadata/uid", operations[0].Path)
	status := map[string]json.RawMessage{}
	for _, o := range operations[1:] {
		require.Equal(t, "add", o.Op)
		if o.Path == "/status" {
			require.Len(t, operations, 2)
			require.NoError(t, json.Unmarshal(o.Value, &status))
			continue
		}
		field, ok := strings.CutPrefix(o.Path, "/status/")
		require.True(t, ok, o.Path)
		status[field] = o.Value
	}
	body, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": operations[0].Value}, "status": status})
	require.NoError(t, err)
	return string(body)
}

var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

var success = write.Success{Reason: api.ReasonSecretSynced, Message: api.MessageSecretSynced, Bound: true}

func TestSynced(t *testing.T) {
	version := func(t *testing.T) string {
		t.Helper()
		es := externalSecret(t, "{}")
		return api.SyncedResourceVersion(2, es.Annotations, es.Labels)
	}
	for name, tc := range map[string]struct {
		es      string
		success write.Success
		want    string
	}{
		"records the time, what was seen, the condition and the Secret": {
			"{}", success, `{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Ready","status":"True","reason":"SecretSynced","message":"secret synced","lastTransitionTime":"2026-03-01T12:00:00Z"}],"binding":{"name":"db"}}}`,
		},
		"names the target where it has a name of its own": {
			"{spec: {target: {name: other}}}", success, `{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Ready","status":"True","reason":"SecretSynced","message":"secret synced","lastTransitionTime":"2026-03-01T12:00:00Z"}],"binding":{"name":"other"}}}`,
		},
		"names no Secret under None": {
			"{spec: {target: {creationPolicy: None}}}", success, `{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Ready","status":"True","reason":"SecretSynced","message":"secret synced","lastTransitionTime":"2026-03-01T12:00:00Z"}]}}`,
		},
		"names no Secret where none was written, and leaves the one that is named": {
			"{status: {binding: {name: db}}}", write.Success{Reason: api.ReasonSecretMissing, Message: api.MessageSecretMissing},
			`{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Ready","status":"True","reason":"SecretMissing","message":"secret will not be created due to CreationPolicy=Merge","lastTransitionTime":"2026-03-01T12:00:00Z"}]}}`,
		},
		"keeps the time of the transition while it stays ready": {
			"{status: {conditions: [{type: Ready, status: 'True', reason: Old, message: old, lastTransitionTime: '2025-01-01T00:00:00Z'}]}}", success,
			`{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Ready","status":"True","reason":"SecretSynced","message":"secret synced","lastTransitionTime":"2025-01-01T00:00:00Z"}],"binding":{"name":"db"}}}`,
		},
		"renews the time of the transition when it becomes ready, and keeps other conditions in place": {
			"{status: {conditions: [{type: Other, status: Unknown}, {type: Ready, status: 'False', reason: Old, message: old, lastTransitionTime: '2025-01-01T00:00:00Z'}, {type: Last, status: 'True'}]}}", success,
			`{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Other","status":"Unknown"},{"type":"Ready","status":"True","reason":"SecretSynced","message":"secret synced","lastTransitionTime":"2026-03-01T12:00:00Z"},{"type":"Last","status":"True"}],"binding":{"name":"db"}}}`,
		},
		"fills in a time of transition that is missing": {
			"{status: {conditions: [{type: Ready, status: 'True'}]}}", success,
			`{"metadata":{"uid":"uid-1"},"status":{"refreshTime":"2026-03-01T12:00:00Z","syncedResourceVersion":"VERSION",
				"conditions":[{"type":"Ready","status":"True","reason":"SecretSynced","message":"secret synced","lastTransitionTime":"2026-03-01T12:00:00Z"}],"binding":{"name":"db"}}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := &patches{}
			es := externalSecret(t, tc.es)
			before, err := json.Marshal(es)
			require.NoError(t, err)
			require.NoError(t, write.Synced(t.Context(), p, es, began, tc.success))
			var want, got map[string]any
			require.NoError(t, json.Unmarshal([]byte(tc.want), &want))
			require.NoError(t, json.Unmarshal([]byte(p.body(t)), &got))
			want["status"].(map[string]any)["syncedResourceVersion"] = version(t)
			assert.Equal(t, want, got)
			after, err := json.Marshal(es)
			require.NoError(t, err)
			assert.Equal(t, string(before), string(after), "the object that was read is left alone")
		})
	}
	t.Run("hands an error of the API server on", func(t *testing.T) {
		p := &patches{err: errors.New("conflict")}
		require.EqualError(t, write.Synced(t.Context(), p, externalSecret(t, "{}"), began, success), "conflict")
	})
}

func TestFailed(t *testing.T) {
	for name, tc := range map[string]struct {
		es    string
		wrote bool
		at    string
	}{
		"the first time":           {"{}", true, "2026-03-01T12:00:00Z"},
		"after a success":          {"{status: {conditions: [{type: Ready, status: 'True', message: denied, lastTransitionTime: '2025-01-01T00:00:00Z'}]}}", true, "2026-03-01T12:00:00Z"},
		"after another failure":    {"{status: {conditions: [{type: Ready, status: 'False', message: other, lastTransitionTime: '2025-01-01T00:00:00Z'}]}}", true, "2025-01-01T00:00:00Z"},
		"not after the same again": {"{status: {conditions: [{type: Ready, status: 'False', message: denied, lastTransitionTime: '2025-01-01T00:00:00Z'}]}}", false, ""},
	} {
		t.Run("is written "+name, func(t *testing.T) {
			p := &patches{}
			wrote, err := write.Failed(t.Context(), p, externalSecret(t, tc.es), began, "denied")
			require.NoError(t, err)
			assert.Equal(t, tc.wrote, wrote)
			if !tc.wrote {
				assert.Empty(t, p.bodies)
				return
			}
			assert.JSONEq(t, `{"metadata":{"uid":"uid-1"},"status":{"conditions":[
				{"type":"Ready","status":"False","reason":"SecretSyncedError","message":"denied","lastTransitionTime":"`+tc.at+`"}]}}`, p.body(t),
				"the time of the last success and what it saw stay")
		})
	}
}

func TestReady(t *testing.T) {
	assert.Nil(t, (&api.ExternalSecret{}).Ready())
	ready := externalSecret(t, "{status: {conditions: [{type: Other, status: 'True'}, {type: Ready, status: 'False', reason: R}]}}").Ready()
	require.NotNil(t, ready)
	assert.Equal(t, metav1.ConditionFalse, ready.Status)
	assert.Equal(t, "R", ready.Reason)
}
