package secret

import (
	"strings"
)

const (
	// shortestRandom is the length from which a word may be taken for random. Ids of instances, the suffixes of Pods and the parts of
	// UUIDs are shorter.
	shortestRandom = 24
	// oftenChanges is after how many signs, on average, a random word goes on with another sort of sign: small letters, capitals, digits. In
	// names that are made of words it does so far less often.
	oftenChanges = 4
	// joints are signs of base64, and of paths and names.
	joints = "+/_-"
)

// redactWords replaces words that look random, such as keys and tokens.
func redactWords(text string) string {
	var redacted strings.Builder
	redacted.Grow(len(text))
	for start := 0; start < len(text); {
		end := start
		for end < len(text) && sortOf(text[end]) != none {
			end++
		}
		switch {
		case end == start:
			redacted.WriteByte(text[start])
			end++
		case looksRandom(text[start:end]):
			redacted.WriteString(Redacted)
			for end < len(text) && text[end] == '=' {
				end++
			}
		default:
			redacted.WriteString(text[start:end])
		}
		start = end
	}
	return redacted.String()
}

// sort is what a sign of a word is.
type sort int

const (
	none sort = iota // it separates words
	small
	capital
	digit
	joint // one of joints
)

func sortOf(b byte) sort {
	switch {
	case b >= 'a' && b <= 'z':
		return small
	case b >= 'A' && b <= 'Z':
		return capital
	case b >= '0' && b <= '9':
		return digit
	case strings.IndexByte(joints, b) >= 0:
		return joint
	default:
		return none
	}
}

// looksRandom tells whether a word is long and mixed without order. One with joints may be a path or a name, and is random only if it
// is so between two of them, or all over.
func looksRandom(word string) bool {
	if len(word) < shortestRandom {
		return false
	}
	parts := strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(joints, r) })
	for _, part := range parts {
		if len(part) >= shortestRandom && isMixed(part) {
			return true
		}
	}
	return len(parts) <= 1+len(word)/10 && isMixed(strings.Join(parts, "")) && hasAll(word)
}

// isMixed tells whether a word has digits and letters, and changes between the sorts often.
func isMixed(word string) bool {
	var seen [joint + 1]bool
	changes := 0
	for i := range len(word) {
		now := sortOf(word[i])
		seen[now] = true
		if i > 0 && now != sortOf(word[i-1]) {
			changes++
		}
	}
	return seen[digit] && (seen[small] || seen[capital]) && changes*oftenChanges >= len(word)
}

// hasAll tells whether a word has all three sorts of signs that matter.
func hasAll(word string) bool {
	var seen [joint + 1]bool
	for i := range len(word) {
		seen[sortOf(word[i])] = true
	}
	return seen[small] && seen[capital] && seen[digit]
}
