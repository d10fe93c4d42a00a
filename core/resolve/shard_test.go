package resolve_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
)

func TestShards(t *testing.T) {
	const names = 10_000
	for _, shards := range []int{1, 2, 4, 7, 16} {
		t.Run(fmt.Sprintf("%d of them share ten thousand ExternalSecrets evenly, each exactly once", shards), func(t *testing.T) {
			sizes := make([]int, shards)
			for i := range names {
				name := types.NamespacedName{Namespace: fmt.Sprintf("team-%d", i%40), Name: fmt.Sprintf("es-%d", i)}
				holders := 0
				for index := range sizes {
					if (resolve.Shard{Index: index, Of: shards}).Holds(name) {
						holders++
						sizes[index]++
					}
				}
				assert.Equal(t, 1, holders, "%s", name)
			}
			for index, size := range sizes {
				assert.InEpsilon(t, names/shards, size, 0.1, "shard %d", index)
			}
		})
	}
	t.Run("the zero value holds everything", func(t *testing.T) {
		assert.True(t, resolve.Shard{}.Holds(types.NamespacedName{Namespace: "shop", Name: "db"}))
	})
	t.Run("a name stays where it is from one version of the program to the next", func(t *testing.T) {
		assert.True(t, resolve.Shard{Index: 1, Of: 4}.Holds(types.NamespacedName{Namespace: "shop", Name: "db"}))
	})
}
