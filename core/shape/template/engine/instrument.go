package engine

import (
	"slices"
	"strconv"
	"text/template/parse"
)

// The functions that instrument puts into templates. A template can't name them: calls refuses names that it does not know.
const (
	stepFunction   = "_step"   // pays for a list of nodes, each time it is run
	enterFunction  = "_enter"  // counts templates within templates
	leaveFunction  = "_leave"  // uncounts them
	outputFunction = "_output" // weighs what is about to be written
)

// functions are those that instrument puts into templates.
func (b *budget) functions() map[string]any {
	return map[string]any{
		stepFunction: func(nodes int) (string, error) { return "", b.spend(nodes) },
		enterFunction: func() (string, error) {
			if b.depth++; b.depth > maxCalls {
				return "", problem("the templates call each other without an end")
			}
			return "", nil
		},
		leaveFunction: func() string {
			b.depth--
			return ""
		},
		outputFunction: b.guard(outputFunction, func(v any) any { return v }),
	}
}

// instrument makes a template pay from the budget: text/template itself neither stops a loop nor bounds what it prints.
func instrument(tree *parse.Tree) {
	walk(tree.Root, func(node parse.Node) {
		switch node := node.(type) {
		case *parse.ActionNode:
			if len(node.Pipe.Decl) == 0 {
				node.Pipe.Cmds = append(node.Pipe.Cmds, command(node.Pos, outputFunction))
			}
		case *parse.ListNode:
			nodes := 1
			for _, child := range node.Nodes {
				nodes += count(child)
			}
			cost := &parse.NumberNode{NodeType: parse.NodeNumber, Pos: node.Pos, IsInt: true, Int64: int64(nodes), Text: strconv.Itoa(nodes)}
			node.Nodes = slices.Insert(node.Nodes, 0, parse.Node(action(node.Pos, stepFunction, cost)))
		}
	})
	tree.Root.Nodes = slices.Insert(tree.Root.Nodes, 0, parse.Node(action(tree.Root.Pos, enterFunction)))
	tree.Root.Nodes = append(tree.Root.Nodes, action(tree.Root.Pos, leaveFunction))
}

func action(pos parse.Pos, function string, args ...parse.Node) *parse.ActionNode {
	pipe := &parse.PipeNode{NodeType: parse.NodePipe, Pos: pos, Cmds: []*parse.CommandNode{command(pos, function, args...)}}
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: pos, Pipe: pipe}
}

func command(pos parse.Pos, function string, args ...parse.Node) *parse.CommandNode {
	name := parse.NewIdentifier(function).SetPos(pos)
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pos, Args: append([]parse.Node{name}, args...)}
}

// walk visits a node and then all below it. A visit may change the node, and what it adds is not visited.
func walk(node parse.Node, visit func(parse.Node)) {
	children := below(node)
	visit(node)
	for _, child := range children {
		walk(child, visit)
	}
}

// count is the number of nodes at and below one, less those of lists, which pay for themselves.
func count(node parse.Node) int {
	if _, list := node.(*parse.ListNode); list {
		return 0
	}
	nodes := 1
	for _, child := range below(node) {
		nodes += count(child)
	}
	return nodes
}

func below(node parse.Node) []parse.Node {
	var nodes []parse.Node
	branch := func(b *parse.BranchNode) {
		nodes = append(nodes, b.Pipe, b.List)
		if b.ElseList != nil {
			nodes = append(nodes, b.ElseList)
		}
	}
	switch node := node.(type) {
	case *parse.ListNode:
		nodes = slices.Clone(node.Nodes)
	case *parse.ActionNode:
		nodes = append(nodes, node.Pipe)
	case *parse.PipeNode:
		for _, cmd := range node.Cmds {
			nodes = append(nodes, cmd)
		}
	case *parse.CommandNode:
		nodes = slices.Clone(node.Args)
	case *parse.ChainNode:
		nodes = append(nodes, node.Node)
	case *parse.TemplateNode:
		if node.Pipe != nil {
			nodes = append(nodes, node.Pipe)
		}
	case *parse.IfNode:
		branch(&node.BranchNode)
	case *parse.RangeNode:
		branch(&node.BranchNode)
	case *parse.WithNode:
		branch(&node.BranchNode)
	}
	return nodes
}
