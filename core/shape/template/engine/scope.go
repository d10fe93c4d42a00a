package engine

import "text/template/parse"

// scope is where a node stands: what dot and the variables are there.
type scope struct {
	outer *scope
	// dot is a variable that dot is the same as; nil for anything else.
	dot  *parse.VariableNode
	vars map[string]*parse.VariableNode
}

func (s *scope) inner(dot *parse.VariableNode) *scope {
	return &scope{outer: s, dot: dot, vars: map[string]*parse.VariableNode{}}
}

// variable is the one that a name means; nil for none.
func (s *scope) variable(name string) *parse.VariableNode {
	for ; s != nil; s = s.outer {
		if variable, ok := s.vars[name]; ok {
			return variable
		}
	}
	return nil
}

// source is the variable whose value a node is; nil for any other.
func source(node parse.Node, s *scope) *parse.VariableNode {
	switch node := node.(type) {
	case *parse.DotNode:
		return s.dot
	case *parse.VariableNode:
		if len(node.Ident) == 1 {
			return s.variable(node.Ident[0])
		}
	case *parse.PipeNode:
		if len(node.Cmds) == 1 && len(node.Cmds[0].Args) == 1 {
			return source(node.Cmds[0].Args[0], s)
		}
	}
	return nil
}

// declare declares the variables of a pipe, or gives those that are there another value. What was the map once may
// still be: an assignment can be in a branch that is not taken.
func (u *uses) declare(pipe *parse.PipeNode, s *scope) {
	from := source(pipe, s)
	for _, variable := range pipe.Decl {
		name := variable.Ident[0]
		if !pipe.IsAssign {
			s.vars[name] = variable
		}
		if to := s.variable(name); from != nil && to != nil {
			u.becomes[from] = append(u.becomes[from], to)
		}
	}
}

// spread finds what is whole.
func (u *uses) spread() {
	u.whole = map[*parse.VariableNode]bool{u.all: true}
	for next := []*parse.VariableNode{u.all}; len(next) > 0; {
		variable := next[len(next)-1]
		next = next[:len(next)-1]
		for _, other := range u.becomes[variable] {
			if !u.whole[other] {
				u.whole[other] = true
				next = append(next, other)
			}
		}
	}
}
