package api_test

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

func TestDataHashIsTheOneThatOperatorsRecord(t *testing.T) {
	for name, tc := range map[string]struct {
		data map[string][]byte
		want string
	}{
		"of no data":                  {nil, "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b"},
		"of an empty map":             {map[string][]byte{}, "74a974446e359fb3e6baff9bd0058950e6edd0f040888d9989b0a11b"},
		"of two keys":                 {bytesOf("foo", "value1", "bar", "value2"), "1bed8bcbcb4547ffe19a19cd47d9078e84aa6598266d86b99f992d64"},
		"of a key that holds nothing": {bytesOf("foo", "value1", "bar", "value2", "e", ""), "3712546da1fcdde2c1a321c992ada880964131a9c476f1a31f3bc303"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, api.DataHash(tc.data)) })
	}
}

func TestDataHashIsOfTheTextThatGoPrints(t *testing.T) {
	allBytes := make([]byte, 256)
	for i := range allBytes {
		allBytes[i] = byte(i)
	}
	for name, data := range map[string]map[string][]byte{
		"a nil value":                      {"k": nil},
		"every byte":                       {"k": allBytes},
		"more than is gathered at once":    {"a": bytes.Repeat([]byte{255}, 100_000), "b": bytes.Repeat([]byte{7}, 4096)},
		"a key longer than what is hashed": {strings.Repeat("k", 10_000): []byte("v")},
		"keys that look like the text":     {"a:[1 2] b": []byte("x"), "]": []byte("y"), "": []byte("z"), "%d": nil},
		"keys with other runes":            {"\x1b[31m": []byte("x"), "clé": []byte("y"), "\xff\xfe": []byte("z")},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, hashOf("%+v", data), api.DataHash(data)) })
	}
}

func FuzzDataHash(f *testing.F) {
	f.Add("user", []byte("alice"), "password", []byte{0, 10, 100, 255})
	f.Add("", []byte(nil), "\xff", bytes.Repeat([]byte("9"), 5000))
	f.Fuzz(func(t *testing.T, key1 string, value1 []byte, key2 string, value2 []byte) {
		data := map[string][]byte{key1: value1, key2: value2}
		assert.Equal(t, hashOf("%+v", data), api.DataHash(data))
	})
}

func TestDataHashDoesNotHoldTheTextOfBigData(t *testing.T) {
	data := map[string][]byte{"blob": bytes.Repeat([]byte{200}, 1<<20)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	api.DataHash(data)
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(64<<10), "the text of 1 MiB is 4 MiB")
}

func BenchmarkDataHash(b *testing.B) {
	data := map[string][]byte{"blob": bytes.Repeat([]byte{200}, 1<<20)}
	b.SetBytes(1 << 20)
	for b.Loop() {
		api.DataHash(data)
	}
}

func TestSyncedResourceVersion(t *testing.T) {
	for name, tc := range map[string]struct {
		generation          int64
		annotations, labels map[string]string
		want                string
	}{
		"without metadata": {1, nil, nil, "1-f47fe3c0b255b6dd8047cdffa772587bb829efe7a1cb70febeda2eb2"},
		"with metadata": {
			12, map[string]string{"force-sync": "1"}, map[string]string{"b": "2", "a": "1"},
			"12-75146f4ddd300acc38894da63038dad1b4c1e51431e9b109a7acdd70",
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tc.want, api.SyncedResourceVersion(tc.generation, tc.annotations, tc.labels))
		})
	}
}

func FuzzSyncedResourceVersion(f *testing.F) {
	f.Add("force-sync", "1", "app", "web]} labels:map[")
	f.Fuzz(func(t *testing.T, annotation, value, label, labelValue string) {
		meta := struct{ annotations, labels map[string]string }{
			map[string]string{annotation: value, "z": "\n"}, map[string]string{label: labelValue},
		}
		assert.Equal(t, "-3-"+hashOf("%+v", meta), api.SyncedResourceVersion(-3, meta.annotations, meta.labels))
	})
}

func TestOwnerLabel(t *testing.T) {
	assert.Equal(t, "b8464376b5fe3535e690594280bfe59b60be2603cb6cbb6d6c8bcbb4", api.OwnerLabel("default", "my-es"))
}

func TestFieldManager(t *testing.T) {
	const prefix = "externalsecrets.external-secrets.io/"
	for name, tc := range map[string]struct{ externalSecret, want string }{
		"holds a short name":                      {"my-es", prefix + "my-es"},
		"holds the longest name that fits":        {strings.Repeat("a", 27), prefix + strings.Repeat("a", 27)},
		"holds the hash of a name a letter above": {strings.Repeat("a", 28), prefix + "sha3/52a6f48b37cd3535ef771a530c08d9cc4b78350ccdd33f2405e22ebb"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, tc.want, api.FieldManager(tc.externalSecret)) })
	}
}

// hashOf is the plain way to the same hash.
func hashOf(format string, value any) string {
	sum := sha3.Sum224(fmt.Appendf(nil, format, value))
	return hex.EncodeToString(sum[:])
}

func bytesOf(pairs ...string) map[string][]byte {
	data := map[string][]byte{}
	for i := 0; i < len(pairs); i += 2 {
		data[pairs[i]] = []byte(pairs[i+1])
	}
	return data
}
