package engine

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxKeys is how many keys an error names.
const maxKeys = 30

// problem is an error in words of our own, which quote no value.
type problem string

func (p problem) Error() string { return string(p) }

// explainParse says what is wrong with a template that can't be read.
func explainParse(err error, options Options) error {
	text := strings.TrimPrefix(err.Error(), "template: ")
	if options.Confidential {
		return lineOf(text, errors.New("it is not a template, and how it fails would show its text"))
	}
	_, detail, _ := strings.Cut(locationPattern.ReplaceAllString(text, ""), ": ")
	if strings.Contains(detail, "bad character U+002D") {
		detail += `; a key with a dash is written {{ index . "a-key" }}`
	}
	return lineOf(text, errors.New(detail))
}

// What text/template says that quotes nothing but the template and types, at the end of an error.
var (
	missingKey = regexp.MustCompile(`(?s): map has no entry for key ("(?:[^"\\]|\\.)*")$`)
	notLooped  = regexp.MustCompile(`(?s)>: range can't iterate over `)
	nilData    = regexp.MustCompile(`(?s): nil data; no entry for key ("(?:[^"\\]|\\.)*")$`)
	calling    = regexp.MustCompile(`(?s)>: error calling (\w+): (.*)$`)
	harmless   = regexp.MustCompile(`(?s)>: ((?:can't evaluate field|wrong number of args for|wrong type for value;|invalid value; expected|nil pointer evaluating|template "|undefined variable|can't give argument to non-function|nil is not a command|expected |can't handle ).*|\w+ has arguments but cannot be invoked as function|exceeded maximum template depth.*)$`)
	fixed      = regexp.MustCompile(`^(?:index out of range|incompatible types for comparison|invalid type for comparison|index of untyped nil|slice of untyped nil|len of nil pointer|runtime error: integer divide by zero)`)
)

// explainExecute says what is wrong with a template, whose text is source, that fails over values with these keys. What
// text/template or Sprig says is passed on only where it is known to quote no value, and what fail is told to say only where it is
// written in the template: a message that is made could be made of values.
func explainExecute(err error, source string, options Options, keys []string) error {
	text := err.Error()
	function := calling.FindStringSubmatch(text)
	var ours problem
	switch {
	case function != nil && function[1] == "fail" && options.Confidential:
		return lineOf(text, errors.New("fail: the template refuses these values; its message is withheld, as it is kept in a Secret"))
	case errors.As(err, &ours) && function != nil && function[1] == "fail" && !strings.Contains(source, string(ours)):
		return lineOf(text, errors.New("fail: the template refuses these values; its message is withheld, as it is not written in the template but made"))
	case errors.As(err, &ours) && function != nil && !strings.HasPrefix(function[1], "_"):
		return lineOf(text, fmt.Errorf("%s: %w", function[1], ours))
	case errors.As(err, &ours):
		return lineOf(text, ours)
	case function != nil:
		detail := "it can't work on what it is given; what it says itself is withheld, as it can quote values"
		if known := fixed.FindString(function[2]); known != "" {
			detail = known
		}
		return lineOf(text, fmt.Errorf("%s: %s", function[1], detail))
	}
	if match := missingKey.FindStringSubmatch(text); match != nil {
		return lineOf(text, absent(match[1], keys))
	}
	if match := nilData.FindStringSubmatch(text); match != nil {
		return lineOf(text, fmt.Errorf("there is nothing to take %s from: the value is null, or could not be read", match[1]))
	}
	if notLooped.MatchString(text) {
		return lineOf(text, errors.New("range: the value is no list, dict or number"))
	}
	if match := harmless.FindStringSubmatch(text); match != nil && !options.Confidential {
		return lineOf(text, errors.New(match[1]))
	}
	return lineOf(text, errors.New("it can't be executed over these values"))
}

// absent names the keys that there are.
func absent(quoted string, keys []string) error {
	hint := ""
	if name, err := strconv.Unquote(quoted); err == nil {
		for _, key := range keys {
			if strings.HasPrefix(key, name+".") {
				hint = fmt.Sprintf("; a key with dots is written {{ index . %q }}", key)
				break
			}
		}
	}
	switch {
	case len(keys) == 0:
		return fmt.Errorf("there is no key %s here, and none was fetched", quoted)
	case len(keys) > maxKeys:
		return fmt.Errorf("there is no key %s here; the fetched keys are %s and %d more%s", quoted, strings.Join(keys[:maxKeys], ", "), len(keys)-maxKeys, hint)
	default:
		return fmt.Errorf("there is no key %s here; the fetched keys are %s%s", quoted, strings.Join(keys, ", "), hint)
	}
}
