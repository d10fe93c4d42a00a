package engine

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
)

// calls returns the names of the functions that templates call, sorted, and refuses those that there are not.
func (e *Engine) calls(trees map[string]*parse.Tree, options Options) ([]string, error) {
	names := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		tree := trees[name]
		var unknown *parse.IdentifierNode
		walk(tree.Root, func(node parse.Node) {
			call, ok := node.(*parse.IdentifierNode)
			if !ok {
				return
			}
			if _, known := e.functions[call.Ident]; !known && unknown == nil {
				unknown = call
			}
			names[call.Ident] = true
		})
		if unknown != nil {
			location, _ := tree.ErrorContext(unknown)
			return nil, lineOf(location, e.unknown(unknown.Ident, options))
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// unknown says what to use instead of a function that there is not.
func (e *Engine) unknown(name string, options Options) error {
	if options.Confidential {
		return errors.New("it calls a function that there is not")
	}
	switch name {
	case "env", "expandenv":
		return fmt.Errorf("there is no function %q: it would read the environment of the program that renders", name)
	case "getHostByName":
		return fmt.Errorf("there is no function %q: a DNS query would carry a secret away", name)
	case "getSecretKey":
		return fmt.Errorf("there is no function %q: it would read Secrets of other namespaces; use dataFrom.sourceRef", name)
	case "base64decode", "base64encode":
		return fmt.Errorf("there is no function %q, which was one of engine v1: use %s", name, map[string]string{"base64decode": "b64dec", "base64encode": "b64enc"}[name])
	}
	for _, other := range slices.Sorted(maps.Keys(e.functions)) {
		if strings.EqualFold(name, other) {
			return fmt.Errorf("there is no function %q: did you mean %s?", name, other)
		}
	}
	return fmt.Errorf("there is no function %q", name)
}

// unstable tells whether a function's result differs each time.
func unstable(name string) bool {
	switch name {
	case "ago", "now", "bcrypt", "htpasswd", "encryptAES", "uuidv4", "shuffle",
		"randAlphaNum", "randAlpha", "randAscii", "randNumeric", "randBytes", "randInt",
		"genPrivateKey", "genCA", "genCAWithKey", "genSelfSignedCert", "genSelfSignedCertWithKey", "genSignedCert", "genSignedCertWithKey":
		return true
	}
	return false
}

var locationPattern = regexp.MustCompile(`^(?:template: )?` + regexp.QuoteMeta(main) + `:(\d+)`)

// lineOf puts the line before an error. location begins as text/template's errors do.
func lineOf(location string, err error) error {
	if match := locationPattern.FindStringSubmatch(location); match != nil {
		return fmt.Errorf("line %s: %w", match[1], err)
	}
	return err
}
