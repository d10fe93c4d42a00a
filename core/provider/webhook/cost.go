package webhook

import (
	"math"
	"strings"
)

// maxWork bounds the steps of a lookup: about as many as a second has.
const maxWork = 5e8

// affordable tells whether a JSONPath can be looked up in an answer at all: the library goes through everything below a place again
// for each "..", and nothing interrupts it. What it does is hardly ever as much as is reckoned here, and never more.
func affordable(path string, answer any) bool {
	nodes, depth := extent(answer)
	work := float64(nodes)
	if descents := strings.Count(path, ".."); descents > 0 {
		work *= math.Pow(float64(depth), float64(descents+1))
	}
	work *= math.Pow(float64(1+strings.Count(path, ",")), float64(strings.Count(path, "["))) // [a,a] takes each twice
	work *= math.Pow(float64(nodes), float64(max(strings.Count(path, "$")-1, 0)))            // a filter may begin anew
	return work <= maxWork
}

// extent is how many nodes JSON has, and how deep they nest.
func extent(node any) (nodes, depth int) {
	add := func(child any) {
		n, d := extent(child)
		nodes, depth = nodes+n, max(depth, d)
	}
	switch node := node.(type) {
	case map[string]any:
		for _, child := range node {
			add(child)
		}
	case []any:
		for _, child := range node {
			add(child)
		}
	}
	return nodes + 1, depth + 1
}
