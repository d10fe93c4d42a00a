package diagnose

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// rule is one way in which a cause shows itself. It fits where all of its parts do.
type rule struct {
	// All are clauses, each of which must hold. A clause is a phrase, or several with " | " between them of which one must be there. A
	// phrase is looked for without regard to case, line ends and the form of quotes; $NAME stands for a set of phrases, and @NAME=VALUE
	// for what an error says to programs.
	All []string `json:"all"`
	// None are phrases, as in a clause, that must not be there.
	None []string `json:"none"`
	// Match is an expression that must match besides, which is slow; its named groups fill placeholders.
	Match string `json:"match"`

	clauses [][]string
	none    []string
	match   *regexp.Regexp
}

// prepare readies a rule for fits.
func (r *rule) prepare(sets map[string][]string) error {
	for _, clause := range r.All {
		phrases, err := phrasesOf(clause, sets)
		if err != nil {
			return err
		}
		r.clauses = append(r.clauses, phrases)
	}
	for _, clause := range r.None {
		phrases, err := phrasesOf(clause, sets)
		if err != nil {
			return err
		}
		r.none = append(r.none, phrases...)
	}
	if len(r.clauses) == 0 {
		return errors.New("it has no phrase that must be there")
	}
	if r.Match == "" {
		return nil
	}
	var err error
	r.match, err = compile(r.Match)
	return err
}

// phrasesOf are the phrases of a clause in the form in which they are looked for.
func phrasesOf(clause string, sets map[string][]string) ([]string, error) {
	var phrases []string
	for phrase := range strings.SplitSeq(clause, " | ") {
		name, isSet := strings.CutPrefix(phrase, "$")
		if !isSet {
			phrases = append(phrases, fold(phrase))
			continue
		}
		set, ok := sets[name]
		if !ok {
			return nil, fmt.Errorf("there is no set $%s", name)
		}
		for _, member := range set {
			phrases = append(phrases, fold(member))
		}
	}
	return phrases, nil
}

// fits tells whether a rule of the cause does.
func (c cause) fits(s subject) bool {
	return slices.ContainsFunc(c.When, func(r rule) bool { return r.fits(s) })
}

func (r *rule) fits(s subject) bool {
	for _, clause := range r.clauses {
		if !slices.ContainsFunc(clause, s.has) {
			return false
		}
	}
	return !slices.ContainsFunc(r.none, s.has) && (r.match == nil || r.match.MatchString(s.folded))
}
