package kdf_test

import (
	"encoding/asn1"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kdf"
)

func TestIterations(t *testing.T) {
	type parameters struct {
		Salt  []byte
		Count int
	}
	marshal := func(value any) []byte {
		der, err := asn1.Marshal(value)
		require.NoError(t, err)
		return der
	}
	one := marshal(parameters{[]byte("salt"), 1_500_000})
	for name, tc := range map[string]struct {
		file []byte
		want int
		bad  bool
	}{
		"nothing":                          {nil, 0, false},
		"what is no file":                  {[]byte("hello"), 0, false},
		"a number that follows no salt":    {marshal([]int{7, 9_000_000}), 0, false},
		"one key":                          {one, 1_500_000, false},
		"one key, in a text in a list":     {marshal([][]byte{one}), 1_500_000, false},
		"a key that takes too long":        {marshal(parameters{[]byte("salt"), 2_000_001}), 0, true},
		"keys that take too long together": {marshal([][]byte{one, one}), 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := kdf.Iterations(tc.file)
			assert.Equal(t, tc.want, got)
			assert.Equal(t, tc.bad, err != nil)
		})
	}
}
