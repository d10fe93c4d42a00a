package fanout

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/types"
)

func TestRaces(t *testing.T) {
	once := func(write string, meddle func()) func(string) error {
		done := false
		return func(w string) error {
			if w == write && !done {
				done = true
				meddle()
			}
			return nil
		}
	}
	label := func(c *cluster, id types.NamespacedName) {
		c.version++
		c.children[id].Metadata.ResourceVersion = fmt.Sprint(c.version)
		c.children[id].Metadata.Finalizers = []string{"x/y"}
	}
	t.Run("a child that was changed meanwhile is changed again, on the newer one", func(t *testing.T) {
		c := clusterOf(t, mine("a", "labels: {x: z}"), mine("b"))
		c.sources = []string{prod}
		c.before = once("update a/all", func() { label(c, at("a", "all")) })
		_, results := c.run(t)
		assert.Equal(t, []string{"a"}, results[0].Changed)
		assert.Equal(t, []string{"update a/all", "update a/all"}, c.written())
		assert.Equal(t, []string{"x/y"}, c.children[at("a", "all")].Metadata.Finalizers)
		assert.Empty(t, c.children[at("a", "all")].Metadata.Labels)
	})
	t.Run("a child that was deleted meanwhile is made anew", func(t *testing.T) {
		c := clusterOf(t, mine("a", "labels: {x: z}"), mine("b"))
		c.sources = []string{prod}
		c.before = once("update a/all", func() { delete(c.children, at("a", "all")) })
		_, results := c.run(t)
		assert.Equal(t, []string{"a"}, results[0].Created)
		assert.Empty(t, results[0].Failed)
	})
	t.Run("a child that another pass has made meanwhile is right", func(t *testing.T) {
		c := clusterOf(t, mine("b"))
		c.sources = []string{prod}
		c.before = once("create a/all", func() { c.children = clusterOf(t, mine("a"), mine("b")).children })
		_, results := c.run(t)
		assert.Equal(t, Unchanged, results[0].Outcome)
		assert.Equal(t, []string{"a", "b"}, c.recorded(t, "all").ProvisionedNamespaces)
	})
	t.Run("one that somebody else has made meanwhile is not taken over", func(t *testing.T) {
		c := clusterOf(t, mine("b"))
		c.sources = []string{prod}
		c.before = once("create a/all", func() {
			c.children = clusterOf(t, "{metadata: {namespace: a, name: all}, spec: {}}", mine("b")).children
		})
		_, results := c.run(t)
		require.Len(t, results[0].Failed, 1)
		assert.Contains(t, results[0].Failed[0].Reason, "already exists")
	})
	t.Run("one that was made anew since is not deleted", func(t *testing.T) {
		c := clusterOf(t, mine("a"), mine("b"), mine("c"))
		c.sources = []string{prod}
		c.before = once("delete c/all", func() { c.children[at("c", "all")].Metadata.UID = "another" })
		_, results := c.run(t)
		assert.Empty(t, results[0].Failed)
		assert.Contains(t, c.children, at("c", "all"))
	})
	t.Run("one that changes all the time is given up", func(t *testing.T) {
		c := clusterOf(t, mine("a", "labels: {x: z}"), mine("b"))
		c.sources = []string{prod}
		c.before = func(w string) error {
			if w == "update a/all" {
				label(c, at("a", "all"))
			}
			return nil
		}
		_, results := c.run(t)
		require.Len(t, results[0].Failed, 1)
		assert.Contains(t, results[0].Failed[0].Reason, "changed 4 times meanwhile")
	})
}
