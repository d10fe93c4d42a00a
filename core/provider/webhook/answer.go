package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/PaesslerAG/jsonpath"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// pick takes the secret out of an answer: what the JSONPath finds, or all of it where there is none.
func pick(ctx context.Context, content []byte, path source) (secret.Value, error) {
	if path.rendered == "" {
		return secret.New(content), nil
	}
	find, err := jsonpath.New(path.rendered)
	if err != nil {
		return secret.Value{}, notAPath(path)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var answer any
	if decoder.Decode(&answer) != nil || decoder.More() {
		return secret.Value{}, &provider.Error{Kind: provider.Invalid, Op: operation, Message: "the answer is not JSON, in which " + path.path + " could be looked up",
			Hint: "leave jsonPath out if the whole answer is the secret; does a proxy or a login page answer in the API's place?"}
	}
	if !affordable(path.rendered, answer) {
		return secret.Value{}, invalid("%s %q would take too much: the answer is too large, or nests too deep, for so many of .. and ,", path.path, path.text)
	}
	found, err := search(ctx, find, numbers(answer))
	if err == nil {
		found, err = first(found)
	}
	if err != nil { // the library's text could quote the answer
		return secret.Value{}, &provider.Error{Kind: provider.Invalid, Op: operation, Message: fmt.Sprintf("%s %q finds nothing in the answer", path.path, path.text)}
	}
	return text(found)
}

// search lets a fault of the library's be an error: one answer must not end the pass of all.
func search(ctx context.Context, find func(context.Context, any) (any, error), answer any) (found any, err error) {
	defer func() {
		if recover() != nil {
			err = errNothing
		}
	}()
	return find(ctx, answer)
}

const errNothing = nothing("nothing is there")

type nothing string

func (n nothing) Error() string { return string(n) }

// first is the first of what a path with more than one result has found, as ESO takes it.
func first(found any) (any, error) {
	for {
		list, ok := found.([]any)
		if !ok {
			return found, nil
		}
		if len(list) == 0 {
			return nil, errNothing
		}
		found = list[0]
	}
}

// numbers makes numbers comparable for filters, but for whole ones that would lose digits so.
func numbers(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, child := range node {
			node[key] = numbers(child)
		}
	case []any:
		for i, child := range node {
			node[i] = numbers(child)
		}
	case json.Number:
		number, err := node.Float64()
		isWhole := !strings.ContainsAny(node.String(), ".eE")
		if err == nil && (!isWhole || decimal(number) == node.String()) {
			return number
		}
	}
	return node
}

func decimal(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

// text is what was found: a text as it is, null as nothing, and anything else as JSON.
func text(found any) (secret.Value, error) {
	switch found := found.(type) {
	case nil:
		return secret.FromString(""), nil
	case string:
		return secret.FromString(found), nil
	case float64:
		return secret.FromString(decimal(found)), nil
	}
	var encoded bytes.Buffer
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(found); err != nil {
		return secret.Value{}, fmt.Errorf("write what was found as JSON: %w", err)
	}
	return secret.New(bytes.TrimRight(encoded.Bytes(), "\n")), nil
}
