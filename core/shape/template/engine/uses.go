package engine

import (
	"maps"
	"slices"
	"strings"
	"text/template/parse"
)

// Use is a line of a template that takes values.
type Use struct {
	// Line counts from 1.
	Line int
	// Keys are those of the values that the line names, in alphabetical order.
	Keys []string
	// All tells that the line takes the values as a whole, so that it may be any of them.
	All bool
}

// Uses tells which values a template takes, line by line, whether or not it comes to these lines when it is rendered. The error
// is that of Parse.
func Uses(text string, options Options) ([]Use, error) {
	trees, err := parseTrees(text, options)
	if err != nil {
		return nil, err
	}
	u := &uses{text: text, trees: trees, lines: map[int]*Use{}, whole: map[*parse.VariableNode]bool{}}
	for again := true; again; { // a loop may use what is assigned further down in it
		known := len(u.whole)
		u.done = map[string]bool{}
		u.template(main, true)
		again = len(u.whole) > known
	}
	found := make([]Use, 0, len(u.lines))
	for _, line := range slices.Sorted(maps.Keys(u.lines)) {
		use := u.lines[line]
		slices.Sort(use.Keys)
		found = append(found, *use)
	}
	return found, nil
}

// uses is the state of one Uses.
type uses struct {
	text  string
	trees map[string]*parse.Tree
	lines map[int]*Use
	done  map[string]bool // the templates that were called with all values
	// whole are the variables, by their declarations, that are or may become the map of all values.
	whole map[*parse.VariableNode]bool
}

// scope is where a node stands: what dot and the variables are there.
type scope struct {
	// whole tells that dot is the map of all values.
	whole bool
	// vars are the declarations of the variables; that of $ is nil.
	vars map[string]*parse.VariableNode
}

func (s scope) inner(whole bool) scope { return scope{whole: whole, vars: maps.Clone(s.vars)} }

// template goes through a template that is called with all values. One that gets anything else is not looked into: where
// that is made of the values, the call has them.
func (u *uses) template(name string, whole bool) {
	tree := u.trees[name]
	if !whole || tree == nil || u.done[name] {
		return
	}
	u.done[name] = true
	u.list(tree.Root, scope{whole: true, vars: map[string]*parse.VariableNode{}})
}

// line is the entry of the line where a node is.
func (u *uses) line(node parse.Node) *Use {
	at := strings.Count(u.text[:min(int(node.Position()), len(u.text))], "\n") + 1
	if u.lines[at] == nil {
		u.lines[at] = &Use{Line: at}
	}
	return u.lines[at]
}

func (u *uses) key(node parse.Node, key string) {
	if line := u.line(node); !slices.Contains(line.Keys, key) {
		line.Keys = append(line.Keys, key)
	}
}

func (u *uses) list(list *parse.ListNode, s scope) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			u.pipe(node.Pipe, s)
		case *parse.IfNode:
			inner := s.inner(s.whole)
			u.condition(node.Pipe, inner)
			u.list(node.List, inner)
			u.list(node.ElseList, s.inner(s.whole))
		case *parse.WithNode:
			inner := s.inner(u.isWhole(node.Pipe, s))
			u.condition(node.Pipe, s.inner(s.whole))
			u.declare(node.Pipe, s, inner)
			u.list(node.List, inner)
			u.list(node.ElseList, s.inner(s.whole))
		case *parse.RangeNode:
			inner := s.inner(false)
			for _, variable := range node.Pipe.Decl {
				inner.vars[variable.Ident[0]] = variable
			}
			u.commands(node.Pipe, s)
			u.list(node.List, inner)
			u.list(node.ElseList, s.inner(s.whole))
		case *parse.TemplateNode:
			if node.Pipe == nil {
				continue
			}
			if u.isWhole(node.Pipe, s) {
				u.template(node.Name, true)
				continue
			}
			u.pipe(node.Pipe, s)
		}
	}
}

// condition goes through a pipe that may be the map itself without taking a value from it.
func (u *uses) condition(pipe *parse.PipeNode, s scope) {
	if u.isWhole(pipe, s) {
		u.declare(pipe, s, s)
		return
	}
	u.pipe(pipe, s)
}

// pipe goes through a pipe and declares its variables. Of a variable that is the map, it is the uses that count.
func (u *uses) pipe(pipe *parse.PipeNode, s scope) {
	if !u.isWhole(pipe, s) || len(pipe.Decl) == 0 {
		u.commands(pipe, s)
	}
	u.declare(pipe, s, s)
}

// declare declares the variables of a pipe in a scope, or gives those that are there another value. What was the map once may
// still be: an assignment can be in a branch that is not taken.
func (u *uses) declare(pipe *parse.PipeNode, s, into scope) {
	whole := u.isWhole(pipe, s)
	for _, variable := range pipe.Decl {
		if !pipe.IsAssign {
			into.vars[variable.Ident[0]] = variable
		}
		if whole {
			u.whole[into.vars[variable.Ident[0]]] = true
		}
	}
}

// variable tells whether a variable is the map.
func (u *uses) variable(name string, s scope) bool { return name == "$" || u.whole[s.vars[name]] }

// commands goes through the commands of a pipe. Each has the result of the one before as its last argument.
func (u *uses) commands(pipe *parse.PipeNode, s scope) {
	for i, cmd := range pipe.Cmds {
		args := slices.Clone(cmd.Args)
		if i > 0 {
			args = append(args, lone(pipe.Cmds[i-1]))
		}
		if i+1 < len(pipe.Cmds) && len(cmd.Args) == 1 && u.isWhole(cmd.Args[0], s) {
			continue // the next command has it as an argument
		}
		u.call(args, s)
	}
}

// lone is the argument of a command that has nothing else; a node that says nothing for any other.
func lone(cmd *parse.CommandNode) parse.Node {
	if len(cmd.Args) == 1 {
		return cmd.Args[0]
	}
	return &parse.NilNode{NodeType: parse.NodeNil, Pos: cmd.Pos}
}

// call goes through a function and its arguments, or a single operand.
func (u *uses) call(args []parse.Node, s scope) {
	if function, ok := args[0].(*parse.IdentifierNode); ok && len(args) > 1 {
		if names, ok := u.picks(function.Ident, args[1:], s); ok {
			for _, name := range names {
				u.key(name, name.Text)
			}
			return
		}
	}
	for _, arg := range args {
		u.operand(arg, s)
	}
}

// picks are the keys that a function takes out of the map by name; false where it is another function, or names can't be told.
func (u *uses) picks(function string, args []parse.Node, s scope) (names []*parse.StringNode, ok bool) {
	var from parse.Node
	var keys []parse.Node
	switch function {
	case "index", "get", "hasKey", "pick":
		from, keys = args[0], args[1:]
	case "pluck":
		keys, from = args[:1], args[len(args)-1]
	default:
		return nil, false
	}
	if !u.isWhole(from, s) || len(keys) == 0 || (function == "pluck" && len(args) > 2) {
		return nil, false
	}
	for _, key := range keys {
		name, ok := key.(*parse.StringNode)
		if !ok {
			return nil, false
		}
		names = append(names, name)
	}
	return names, true
}

// operand goes through an argument, or what stands alone.
func (u *uses) operand(node parse.Node, s scope) {
	switch node := node.(type) {
	case *parse.DotNode, *parse.VariableNode, *parse.PipeNode:
		if u.isWhole(node, s) {
			u.line(node).All = true
			return
		}
	}
	switch node := node.(type) {
	case *parse.FieldNode:
		if s.whole {
			u.key(node, node.Ident[0])
		}
	case *parse.VariableNode:
		if len(node.Ident) > 1 && u.variable(node.Ident[0], s) {
			u.key(node, node.Ident[1])
		}
	case *parse.ChainNode:
		if u.isWhole(node.Node, s) {
			u.key(node, node.Field[0])
			return
		}
		u.operand(node.Node, s)
	case *parse.PipeNode:
		u.pipe(node, s)
	}
}

// isWhole tells whether a node is the map of all values as it is.
func (u *uses) isWhole(node parse.Node, s scope) bool {
	switch node := node.(type) {
	case *parse.DotNode:
		return s.whole
	case *parse.VariableNode:
		return len(node.Ident) == 1 && u.variable(node.Ident[0], s)
	case *parse.PipeNode:
		return len(node.Cmds) == 1 && len(node.Cmds[0].Args) == 1 && u.isWhole(node.Cmds[0].Args[0], s)
	}
	return false
}
