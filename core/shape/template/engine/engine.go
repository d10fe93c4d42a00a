// Package engine runs Go templates and regular expressions that come from users, over secret values: text/template with the
// functions of Sprig and our own for certificates, keys and YAML. It knows no Kubernetes object and makes no request. Nothing
// a template does can hang, crash or exhaust the process (budget.go), and no error quotes a value (explain.go).
package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
)

const (
	// main is the name of the template that is rendered; those that it defines have their own.
	main = "(template)"
	// maxSource is the limit for the text of a template, in bytes: that of the API server for the object it is in.
	maxSource = 1 << 20
	// maxActions bounds how deep blocks can nest, and with it the parser's stack.
	maxActions = 10_000
)

// Engine renders the templates of one ExternalSecret, or of one request of a webhook store, which share one budget. It is not safe for concurrent use.
type Engine struct {
	budget    *budget
	functions map[string]any
}

// New makes an Engine whose budget is whole.
func New() *Engine {
	b := &budget{}
	return &Engine{budget: b, functions: functions(b)}
}

// Options tell how a template is read. The zero value is that of a Secret's templates.
type Options struct {
	// Lax gives "<no value>" for a key that does not exist, which is an error otherwise.
	Lax bool
	// Confidential keeps the template's own text out of errors.
	Confidential bool
}

// Template is a template ready to be rendered.
type Template struct {
	engine   *Engine
	options  Options
	text     string
	template *texttemplate.Template
	called   []string
}

// Parse reads a template. The error names the line, and what is wrong in the template's own words unless it is confidential.
func (e *Engine) Parse(text string, options Options) (*Template, error) {
	trees, err := parseTrees(text, options)
	if err != nil {
		return nil, err
	}
	called, err := e.calls(trees, options)
	if err != nil {
		return nil, err
	}
	used := e.budget.functions()
	for _, name := range called {
		used[name] = e.budget.guard(name, e.functions[name])
	}
	maps.DeleteFunc(used, func(_ string, function any) bool { return function == nil })
	missing := "missingkey=error"
	if options.Lax {
		missing = "missingkey=default"
	}
	t := texttemplate.New(main).Option(missing).Funcs(used)
	for name, tree := range trees {
		instrument(tree)
		if _, err := t.AddParseTree(name, tree); err != nil {
			return nil, explainParse(err, options)
		}
	}
	return &Template{engine: e, options: options, text: text, template: t, called: called}, nil
}

// parseTrees reads a template and those that it defines, by name. A name that calls no function is found out later.
func parseTrees(text string, options Options) (map[string]*parse.Tree, error) {
	switch {
	case len(text) > maxSource:
		return nil, fmt.Errorf("a template has at most %d bytes, and this one %d", maxSource, len(text))
	case strings.Count(text, "{{") > maxActions:
		return nil, fmt.Errorf("a template has at most %d actions", maxActions)
	}
	trees := map[string]*parse.Tree{}
	tree := parse.New(main)
	tree.Mode = parse.SkipFuncCheck
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		return nil, explainParse(err, options)
	}
	return trees, nil
}

// Execute renders the template over values. An error names the line and the function or key at fault, and no value.
func (t *Template) Execute(values map[string]string) ([]byte, error) {
	return t.execute(values, slices.Sorted(maps.Keys(values)))
}

// ExecuteGroups renders the template over values in groups: {{ .group.key }}. An error is as that of Execute.
func (t *Template) ExecuteGroups(groups map[string]map[string]string) ([]byte, error) {
	var keys []string
	for group, values := range groups {
		for key := range values {
			keys = append(keys, group+"."+key)
		}
	}
	slices.Sort(keys)
	return t.execute(groups, keys)
}

// execute renders the template over values, of which an error names keys.
func (t *Template) execute(values any, keys []string) (rendered []byte, err error) {
	defer func() { // text/template lets runtime errors of its own through, and one template must not end the run of all
		if recover() != nil {
			rendered, err = nil, problem("it can't be executed over these values")
		}
	}()
	out := &output{budget: t.engine.budget}
	t.engine.budget.depth = 0
	if err := t.template.Execute(out, values); err != nil {
		return nil, explainExecute(err, t.text, t.options, keys)
	}
	return out.text.Bytes(), nil
}

// Unstable returns the functions that the template calls whose results differ each time.
func (t *Template) Unstable() []string {
	return slices.DeleteFunc(slices.Clone(t.called), func(name string) bool { return !unstable(name) })
}
