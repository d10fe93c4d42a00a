package report

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// labels are those of the nodes by column.
func labels(g *graph) map[int][]string {
	of := map[int][]string{}
	for _, n := range g.Nodes {
		of[n.X/columnStep] = append(of[n.X/columnStep], n.Label)
	}
	return of
}

func TestGraphHasObjectsAsLongAsTheyAreFew(t *testing.T) {
	of := labels(small().drawGraph())
	assert.ElementsMatch(t, []string{"aws (cluster) · 8", "vault (cluster) · 3", "gone (cluster)"}, of[0])
	assert.Contains(t, of[1], "shop/db")
	assert.Contains(t, of[2], "shop/late (not there)")
	assert.Contains(t, of[3], "Deployment shop/web · 4")
	assert.Contains(t, of[3], "used by nothing seen · 2")
}

func TestGraphTakesTogetherWhatIsMany(t *testing.T) {
	g := large(3000).drawGraph()
	of := labels(g)
	for column, names := range of {
		assert.LessOrEqual(t, len(names), mostNodes, column)
	}
	assert.Equal(t, []string{"there · 3,000"}, of[2])
	assert.Equal(t, []string{"Deployments · 3,000"}, of[3])
	b := newBuilder()
	for i := range 100 {
		b.add(fmt.Sprintf("team-%02d", i/3), fmt.Sprint(i), fmt.Sprintf("store-%02d", i/2), "1h", minute)
	}
	of = labels(assemble(Scope{}, &b.g).drawGraph())
	assert.Contains(t, of[0], "37 other stores · 74")
	assert.Contains(t, of[1], "21 other namespaces · 61")
	assert.Equal(t, []string{"used by nothing seen · 100"}, of[3])
}

func TestGraphOfOneNamespaceTakesStatesTogether(t *testing.T) {
	b := newBuilder()
	for i := range 30 {
		item := b.add("shop", fmt.Sprint(i), "aws", "1h", minute)
		if i < 5 {
			fail(item, unheard)
		}
	}
	assert.ElementsMatch(t, []string{"Synced · 25", "Failed · 5"}, labels(assemble(Scope{Namespace: "shop"}, &b.g).drawGraph())[1])
}

// What leaves a node is what has come to it, and no ribbon goes beyond its node.
func TestRibbonsFillTheirNodes(t *testing.T) {
	corner := regexp.MustCompile(`^M(\d+) ([\d.]+)C.*? (\d+) ([\d.]+)V([\d.]+)C.* (\d+) ([\d.]+)Z$`)
	for name, f := range map[string]*Fleet{"small": small(), "large": large(2000)} {
		g := f.drawGraph()
		left, right := map[string]float64{}, map[string]float64{}
		at := func(x int, y float64) string {
			for _, n := range g.Nodes {
				if math.Abs(float64(n.X-x)) <= nodeWide && y >= n.Y-0.2 && y <= n.Y+n.High+0.2 {
					return fmt.Sprint(n.X, " ", n.Full)
				}
			}
			require.Fail(t, "a ribbon ends nowhere", "%s: %d %.1f", name, x, y)
			return ""
		}
		for _, r := range g.Ribbons {
			m := corner.FindStringSubmatch(r.Path)
			require.Len(t, m, 8, r.Path)
			var n [8]float64
			for i := 1; i < len(m); i++ {
				n[i], _ = strconv.ParseFloat(m[i], 64)
			}
			right[at(int(n[1]), n[2])] += n[7] - n[2]
			left[at(int(n[3]), n[4])] += n[5] - n[4]
		}
		for _, n := range g.Nodes {
			key := fmt.Sprint(n.X, " ", n.Full)
			if n.X > 0 {
				assert.InDelta(t, n.High, left[key], 1, "%s, left of %s", name, key)
			}
			if n.X < 3*columnStep {
				assert.InDelta(t, n.High, right[key], 1, "%s, right of %s", name, key)
			}
			assert.LessOrEqual(t, n.Y+n.High, float64(g.High), name)
		}
	}
}

func TestAnExternalSecretOfSeveralStoresIsCountedOnceInAll(t *testing.T) {
	b := newBuilder()
	b.add("shop", "db", "aws", "1h", minute)
	item := &b.g.seen.Items[0]
	second := item.Stores[0]
	second.Name = "vault"
	item.Stores = append(item.Stores, second)
	b.g.stores[keyOf(second, "")] = b.g.stores[keyOf(item.Stores[0], "")]
	g := assemble(Scope{}, &b.g).drawGraph()
	var high []string
	for _, n := range g.Nodes {
		high = append(high, fmt.Sprintf("%s %.0f", n.Label, n.High))
	}
	assert.Equal(t, "aws (cluster) 180,vault (cluster) 180,shop/db 360,shop/db 360,used by nothing seen 360", strings.Join(high, ","))
}
