package engine

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

const (
	// maxPattern is the limit for a regular expression, in bytes.
	maxPattern = 1000
	// maxProgram is the limit for what a regular expression is compiled to, in instructions.
	maxProgram = 5000
	// maxMatches is the limit for the groups that all matches of one replacement have.
	maxMatches = 1 << 20
)

// Regexp is a regular expression (RE2) that pays from an Engine's budget.
type Regexp struct {
	budget  *budget
	re      *regexp.Regexp
	program int // instructions
}

// Regexp compiles a regular expression. The error says what is wrong in it and may quote it.
func (e *Engine) Regexp(pattern string) (*Regexp, error) { return e.budget.compile(pattern) }

func (b *budget) compile(pattern string) (*Regexp, error) {
	if len(pattern) > maxPattern {
		return nil, problem(fmt.Sprintf("a regular expression has at most %d bytes, and this one %d", maxPattern, len(pattern)))
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, err
	}
	program, err := syntax.Compile(tree.Simplify())
	if err != nil {
		return nil, err
	}
	if len(program.Inst) > maxProgram {
		return nil, problem("the regular expression repeats too much")
	}
	if err := b.spend(1 + len(program.Inst)); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	return &Regexp{budget: b, re: re, program: len(program.Inst)}, nil
}

// read pays for going over a text.
func (r *Regexp) read(text string) error { return r.budget.spend(1 + len(text)*r.program/200) }

// reference is what stands for a group in a replacement, or for a dollar.
var reference = regexp.MustCompile(`\$(?:\$|([\pL\p{Nd}_]+)|\{([\pL\p{Nd}_]+)\})`)

// leading is a number that letters follow, which are taken for a part of the name.
var leading = regexp.MustCompile(`^([0-9]+)(.+)$`)

// CheckReplacement refuses a replacement that names a group which the expression does not have: nothing would stand there.
func (r *Regexp) CheckReplacement(replacement string) error {
	for _, match := range reference.FindAllStringSubmatch(replacement, -1) {
		name := match[1] + match[2]
		number, err := strconv.Atoi(name)
		switch {
		case name == "", err == nil && number <= r.re.NumSubexp(), slices.Contains(r.re.SubexpNames(), name):
			continue
		case leading.MatchString(match[1]):
			return fmt.Errorf("$%s stands for a group of that name, which the expression does not have: write %s", match[1], leading.ReplaceAllString(match[1], "$${$1}$2"))
		default:
			return fmt.Errorf("%s stands for a group that the expression does not have", match[0])
		}
	}
	return nil
}

// ReplaceAll replaces each match in text by replacement, in which $1 or ${name} stands for a group.
func (r *Regexp) ReplaceAll(text, replacement string) (string, error) {
	if err := r.read(text); err != nil {
		return "", err
	}
	if matches := len(r.re.FindAllStringIndex(text, -1)); matches*(r.re.NumSubexp()+1) > maxMatches {
		return "", problem("the regular expression matches too often")
	}
	var out []byte
	end := 0
	for _, match := range r.re.FindAllStringSubmatchIndex(text, -1) {
		if err := fits(1, len(replacement)+strings.Count(replacement, "$")*(match[1]-match[0])); err != nil {
			return "", err
		}
		out = append(out, text[end:match[0]]...)
		out = r.re.ExpandString(out, replacement, text, match)
		if end = match[1]; len(out) > maxValue {
			return "", fits(1, len(out))
		}
	}
	return string(append(out, text[end:]...)), nil
}

// patterns are Sprig's functions on regular expressions, with bounds. Sprig has each twice, as the first of a pair panics over
// a pattern that can't be read; here both of a pair fail. Only regexMatch is false then, as it is in Sprig.
func patterns(b *budget) map[string]any {
	match := func(pattern, text string) (bool, error) {
		return over(b, pattern, text, func(r *Regexp) (bool, error) { return r.re.MatchString(text), nil })
	}
	all := map[string]any{}
	for name, function := range map[string]any{
		"Match": match,
		"Find": func(pattern, text string) (string, error) {
			return over(b, pattern, text, func(r *Regexp) (string, error) { return r.re.FindString(text), nil })
		},
		"FindAll": func(pattern, text string, n int) ([]string, error) {
			return over(b, pattern, text, func(r *Regexp) ([]string, error) { return r.re.FindAllString(text, n), nil })
		},
		"Split": func(pattern, text string, n int) ([]string, error) {
			return over(b, pattern, text, func(r *Regexp) ([]string, error) { return r.re.Split(text, n), nil })
		},
		"ReplaceAll": func(pattern, text, replacement string) (string, error) {
			return over(b, pattern, text, func(r *Regexp) (string, error) { return r.ReplaceAll(text, replacement) })
		},
		"ReplaceAllLiteral": func(pattern, text, replacement string) (string, error) {
			return over(b, pattern, text, func(r *Regexp) (string, error) {
				if err := fits(int64(len(r.re.FindAllStringIndex(text, -1))), len(replacement)); err != nil {
					return "", err
				}
				return r.re.ReplaceAllLiteralString(text, replacement), nil
			})
		},
	} {
		all["regex"+name] = function
		all["mustRegex"+name] = function
	}
	all["regexMatch"] = func(pattern, text string) (bool, error) {
		matched, err := match(pattern, text)
		if errors.Is(err, errUnreadable) {
			return false, nil
		}
		return matched, err
	}
	return all
}

const errUnreadable = problem("the regular expression can't be read")

// over calls a function with a pattern that a template gives. Unlike one of a rewrite, it can hold a value, and is not quoted.
func over[T any](b *budget, pattern, text string, call func(*Regexp) (T, error)) (T, error) {
	var none T
	r, err := b.compile(pattern)
	if ours := problem(""); err != nil && !errors.As(err, &ours) {
		return none, errUnreadable
	}
	if err == nil {
		err = r.read(text)
	}
	if err != nil {
		return none, err
	}
	return call(r)
}
