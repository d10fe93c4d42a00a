package shape

import (
	"bytes"
	"errors"
	"math"
	"strings"
)

const (
	// maxProperty is the limit for the text of a property, in bytes.
	maxProperty = 4 << 10
	// maxMade bounds what looking a property up may make, in bytes.
	maxMade = 16 << 20
	// maxWork bounds the length of JSON times how deep it nests: some of a path's signs go through the rest of it at each level.
	maxWork = 1 << 31
)

// affordable refuses a property whose lookup could take the process's memory or time, which are those of all: a path can make lists of
// lists of what is there, and quote it again and again. What it would make is never more than what is reckoned here.
func affordable(payload []byte, property string) error {
	depth := depthOf(payload)
	switch {
	case len(property) > maxProperty:
		return errors.New("the property is longer than 4 KiB")
	case depth*len(payload) > maxWork:
		return errors.New("the property can't be looked up: the remote secret nests too deep for its size")
	}
	members, indent := 1+strings.Count(property, ","), 2
	if strings.Contains(property, "@pretty:") {
		indent += len(property)
	}
	made := float64(len(payload) + len(property))
	for sign, factor := range map[string]int{
		"[": members, "{": members, "!": len(property), "@tostr": len(`\u003c`), "@pretty": 1 + depth*indent, "@dig": 1 + depth, "@group": len(payload),
	} {
		made *= math.Pow(float64(factor), float64(strings.Count(property, sign)))
	}
	if made > float64(max(maxMade, len(payload)+len(property))) {
		return errors.New("the property could make more of the remote secret than memory holds: use fewer of [], {}, ! and @, or a template")
	}
	return nil
}

// depthOf is how deep JSON nests, or a bit more: brackets in texts count, too, since a path can read those as JSON.
func depthOf(payload []byte) int {
	depth, deepest := 0, 0
	for rest := payload; ; {
		at := bytes.IndexAny(rest, "[]{}")
		if at < 0 {
			return deepest
		}
		if rest[at] == '[' || rest[at] == '{' {
			depth++
			deepest = max(deepest, depth)
		} else {
			depth = max(depth-1, 0)
		}
		rest = rest[at+1:]
	}
}
