package provider

import "regexp/syntax"

// Opening is the literal text that all matches of a valid pattern of find.name begin with, such as "db/" for "^db/.*": empty where there
// is none, or where it is not plain to see.
func Opening(pattern string) string {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || parsed.Op != syntax.OpConcat || len(parsed.Sub) < 2 || parsed.Sub[0].Op != syntax.OpBeginText {
		return ""
	}
	text := parsed.Sub[1]
	if text.Op != syntax.OpLiteral || text.Flags&syntax.FoldCase != 0 {
		return ""
	}
	return string(text.Rune)
}
