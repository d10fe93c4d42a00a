package engine

import (
	"maps"
	"slices"
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
	u := &uses{trees: trees, all: &parse.VariableNode{}, becomes: map[*parse.VariableNode][]*parse.VariableNode{}}
	for i := range len(text) {
		if text[i] == '\n' {
			u.ends = append(u.ends, i)
		}
	}
	u.start()
	for name := range trees { // a loop may use what is assigned further down in it: all assignments come first
		u.template(name, true)
	}
	u.spread()
	u.start()
	u.template(main, true)
	found := make([]Use, 0, len(u.lines))
	for _, line := range slices.Sorted(maps.Keys(u.lines)) {
		use := u.lines[line]
		slices.Sort(use.Keys)
		use.Keys = slices.Compact(use.Keys)
		found = append(found, *use)
	}
	return found, nil
}

// uses is the state of one Uses. A variable is its declaration there. The walk is made twice, so that no template takes long.
type uses struct {
	ends  []int // of the lines of the text
	trees map[string]*parse.Tree
	lines map[int]*Use
	done  map[string]bool // the templates that were called with all values
	// all stands for a variable that is the map of all values, such as $, and whole are those that are or may become it.
	all   *parse.VariableNode
	whole map[*parse.VariableNode]bool
	// becomes are the variables that a variable is assigned to.
	becomes map[*parse.VariableNode][]*parse.VariableNode
}

// start begins a walk.
func (u *uses) start() { u.lines, u.done = map[int]*Use{}, map[string]bool{} }

// template goes through a template that is called with all values. One that gets anything else is not looked into: where
// that is made of the values, the call has them.
func (u *uses) template(name string, whole bool) {
	tree := u.trees[name]
	if !whole || tree == nil || u.done[name] {
		return
	}
	u.done[name] = true
	u.list(tree.Root, &scope{dot: u.all, vars: map[string]*parse.VariableNode{"$": u.all}})
}

// line is the entry of the line where a node is.
func (u *uses) line(node parse.Node) *Use {
	before, _ := slices.BinarySearch(u.ends, int(node.Position()))
	at := before + 1
	if u.lines[at] == nil {
		u.lines[at] = &Use{Line: at}
	}
	return u.lines[at]
}

func (u *uses) key(node parse.Node, key string) {
	line := u.line(node)
	line.Keys = append(line.Keys, key)
}

func (u *uses) list(list *parse.ListNode, s *scope) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			u.pipe(node.Pipe, s)
		case *parse.IfNode:
			head := s.inner(s.dot)
			u.condition(node.Pipe, head)
			u.branches(&node.BranchNode, head, s.dot)
		case *parse.WithNode:
			head := s.inner(s.dot)
			u.condition(node.Pipe, head)
			u.branches(&node.BranchNode, head, source(node.Pipe, s))
		case *parse.RangeNode:
			head := s.inner(s.dot)
			for _, variable := range node.Pipe.Decl {
				head.vars[variable.Ident[0]] = variable
			}
			u.commands(node.Pipe, s)
			u.branches(&node.BranchNode, head, nil)
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

// branches goes through what is done, where dot may be another, and what is done otherwise. Both have the variables of the head.
func (u *uses) branches(node *parse.BranchNode, head *scope, dot *parse.VariableNode) {
	u.list(node.List, head.inner(dot))
	u.list(node.ElseList, head.inner(head.dot))
}

// condition goes through a pipe that may be the map itself without taking a value from it.
func (u *uses) condition(pipe *parse.PipeNode, s *scope) {
	if u.isWhole(pipe, s) {
		u.declare(pipe, s)
		return
	}
	u.pipe(pipe, s)
}

// pipe goes through a pipe and declares its variables. Of a variable that is the map, it is the uses that count.
func (u *uses) pipe(pipe *parse.PipeNode, s *scope) {
	if !u.isWhole(pipe, s) || len(pipe.Decl) == 0 {
		u.commands(pipe, s)
	}
	u.declare(pipe, s)
}

// commands goes through the commands of a pipe. Each has the result of the one before as its last argument.
func (u *uses) commands(pipe *parse.PipeNode, s *scope) {
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
func (u *uses) call(args []parse.Node, s *scope) {
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
func (u *uses) picks(function string, args []parse.Node, s *scope) (names []*parse.StringNode, ok bool) {
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
func (u *uses) operand(node parse.Node, s *scope) {
	switch node := node.(type) {
	case *parse.DotNode, *parse.VariableNode, *parse.PipeNode:
		if u.isWhole(node, s) {
			u.line(node).All = true
			return
		}
	}
	switch node := node.(type) {
	case *parse.FieldNode:
		if u.whole[s.dot] {
			u.key(node, node.Ident[0])
		}
	case *parse.VariableNode:
		if len(node.Ident) > 1 && u.whole[s.variable(node.Ident[0])] {
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
func (u *uses) isWhole(node parse.Node, s *scope) bool { return u.whole[source(node, s)] }
