package resolve

import (
	"crypto/sha256"
	"encoding/binary"

	"k8s.io/apimachinery/pkg/types"
)

// Shard is one of the equal parts that runs at the same time divide the ExternalSecrets into. The zero value is the whole. What
// is to be done once for all parts is for the one with Index 0.
type Shard struct {
	// Index is from 0 to Of-1; Of is the number of parts.
	Index, Of int
}

// Holds tells whether the ExternalSecret of this name is in the shard: by a hash, so that every run comes to the same answer
// and names that are alike are spread evenly.
func (s Shard) Holds(name types.NamespacedName) bool {
	if s.Of <= 1 {
		return true
	}
	sum := sha256.Sum256([]byte(name.String()))
	return binary.BigEndian.Uint64(sum[:])%uint64(s.Of) == uint64(s.Index) //nolint:gosec // neither is negative
}
