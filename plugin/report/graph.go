package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The sizes of the graph, in units of its picture.
const (
	graphWide   = 1120
	graphHead   = 26
	columnStep  = 292
	nodeWide    = 10
	nodeGap     = 10
	leastNode   = 16
	leastBad    = 3
	bodyHigh    = 360
	labelLength = 32
)

// graph is the picture of what feeds what: nodes in columns, and ribbons between them.
type graph struct {
	Wide, High int
	Heads      []graphText
	Nodes      []graphNode
	Ribbons    []ribbon
	// Words tell what is to be seen.
	Words string
}

type graphText struct {
	X    int
	Text string
}

// graphNode is an object, or several.
type graphNode struct {
	X           int
	Y, High     float64
	Label, Full string
	// Bad is how much of its height stands for ExternalSecrets that are not well.
	Bad float64

	weight, badWeight float64
	count             int
	out, in           float64 // what of its height is taken on the right and on the left
}

// LabelX and Middle are where its label stands.
func (n graphNode) LabelX() int { return n.X + nodeWide + 6 }

// Middle is half of its height.
func (n graphNode) Middle() float64 { return n.Y + n.High/2 }

// BadY is where the part begins that is not well.
func (n graphNode) BadY() float64 { return n.Y + n.High - n.Bad }

// ribbon leads from a node to one of the next column.
type ribbon struct {
	Path string
	Bad  bool
}

// drawGraph draws the graph; nil where there is nothing to draw.
func (f *Fleet) drawGraph() *graph {
	if f.Total == 0 {
		return nil
	}
	columns := f.flowColumns()
	paths := f.paths(columns)
	g := &graph{Wide: graphWide}
	nodes := make([]map[string]*graphNode, len(columns))
	for c := range columns {
		nodes[c] = weighNodes(paths, c)
	}
	high := 0.0
	orders := make([][]*graphNode, len(columns))
	for c, column := range columns {
		orders[c] = orderNodes(nodes, paths, c)
		g.Heads = append(g.Heads, graphText{c * columnStep, column.title})
		high = max(high, stack(orders[c], c*columnStep, float64(len(paths))))
	}
	for c := range columns[:len(columns)-1] {
		g.Ribbons = append(g.Ribbons, ribbons(paths, nodes, orders, c)...)
	}
	for _, order := range orders {
		for _, n := range order {
			g.Nodes = append(g.Nodes, *n)
		}
	}
	g.High = int(high) + nodeGap
	g.Words = f.graphWords()
	return g
}

// graphWords tell the sums that the graph shows.
func (f *Fleet) graphWords() string {
	var written, gone, used int
	for i := range f.Items {
		e := &f.Items[i]
		if e.SecretName != "" {
			written++
		}
		if e.Secret != nil && !e.Secret.Exists {
			gone++
		}
		if len(e.users()) > 0 {
			used++
		}
	}
	words := []string{
		plural(len(f.Stores), "store feeds", "stores feed") + " " + plural(f.Total, "ExternalSecret", "ExternalSecrets"),
		plural(written, "of these writes a Secret", "of these write a Secret"),
		plural(used, "Secret is used by a workload or Pod that was seen", "Secrets are used by a workload or Pod that was seen"),
	}
	if gone > 0 {
		words = append(words, plural(gone, "Secret is not there", "Secrets are not there"))
	}
	return strings.Join(words, "; ") + "."
}

// weighNodes makes the nodes of a column. An ExternalSecret weighs 1, which its nodes share.
func weighNodes(paths []flowPath, c int) map[string]*graphNode {
	nodes := map[string]*graphNode{}
	for _, path := range paths {
		for _, name := range path.nodes[c] {
			n := nodes[name]
			if n == nil {
				n = &graphNode{Full: name}
				nodes[name] = n
			}
			part := 1 / float64(len(path.nodes[c]))
			n.count++
			if n.weight += part; path.bad {
				n.badWeight += part
			}
		}
	}
	return nodes
}

// orderNodes puts the nodes of a column into an order: the heaviest of the first column first, and those of the others beside what they
// come from.
func orderNodes(nodes []map[string]*graphNode, paths []flowPath, c int) []*graphNode {
	place := map[string]float64{}
	if c > 0 {
		for _, path := range paths {
			for _, name := range path.nodes[c] {
				for _, from := range path.nodes[c-1] {
					place[name] += nodes[c-1][from].Y / (float64(len(path.nodes[c])*len(path.nodes[c-1])) * nodes[c][name].weight)
				}
			}
		}
	}
	var order []*graphNode
	for _, n := range nodes[c] {
		order = append(order, n)
	}
	slices.SortFunc(order, func(a, b *graphNode) int {
		return cmp.Or(cmp.Compare(place[a.Full], place[b.Full]), cmp.Compare(b.weight, a.weight), strings.Compare(a.Full, b.Full))
	})
	return order
}

// stack gives the nodes of a column their places, and tells where it ends.
func stack(order []*graphNode, x int, total float64) float64 {
	y := float64(graphHead)
	for _, n := range order {
		n.X, n.Y, n.High = x, y, max(leastNode, bodyHigh*n.weight/total)
		if n.badWeight > 0 {
			n.Bad = max(leastBad, n.High*n.badWeight/n.weight)
		}
		n.Label = cut(n.Full, labelLength)
		if n.count > 1 {
			n.Label = fmt.Sprintf("%s · %s", cut(n.Full, labelLength-len(number(n.count))), number(n.count))
		}
		n.Full = fmt.Sprintf("%s: %s", n.Full, plural(n.count, "ExternalSecret", "ExternalSecrets"))
		y += n.High + nodeGap
	}
	return y
}

// ribbons leads from a column to the next.
func ribbons(paths []flowPath, nodes []map[string]*graphNode, orders [][]*graphNode, c int) []ribbon {
	type key struct {
		from, to *graphNode
		bad      bool
	}
	weights := map[key]float64{}
	for _, path := range paths {
		for _, from := range path.nodes[c] {
			for _, to := range path.nodes[c+1] {
				weights[key{nodes[c][from], nodes[c+1][to], path.bad}] += 1 / float64(len(path.nodes[c])*len(path.nodes[c+1]))
			}
		}
	}
	var drawn []ribbon
	for _, bad := range []bool{false, true} { // what is not well lies at the lower ends, and on top
		for _, from := range orders[c] {
			for _, to := range orders[c+1] {
				weight := weights[key{from, to, bad}]
				if weight == 0 {
					continue
				}
				left, right := from.High*weight/from.weight, to.High*weight/to.weight
				drawn = append(drawn, ribbon{band(from.X+nodeWide, from.Y+from.out, left, to.X, to.Y+to.in, right), bad})
				from.out += left
				to.in += right
			}
		}
	}
	return drawn
}

// band is the outline of a ribbon.
func band(x1 int, y1, high1 float64, x2 int, y2, high2 float64) string {
	half := (x1 + x2) / 2
	return fmt.Sprintf("M%d %.1fC%d %.1f %d %.1f %d %.1fV%.1fC%d %.1f %d %.1f %d %.1fZ",
		x1, y1, half, y1, half, y2, x2, y2, y2+high2, half, y2+high2, half, y1+high1, x1, y1+high1)
}
