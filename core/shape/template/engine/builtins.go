package engine

import (
	"fmt"
	"strings"
	"text/template"
)

// builtins are the functions of text/template. Those that print are given anew, so that they pay from the budget.
func builtins() map[string]any {
	return map[string]any{
		"and": nil, "or": nil, "not": nil, "len": nil, "index": nil, "call": nil,
		"eq": nil, "ne": nil, "lt": nil, "le": nil, "gt": nil, "ge": nil,
		"print":    fmt.Sprint,
		"println":  fmt.Sprintln,
		"printf":   printf,
		"html":     template.HTMLEscaper,
		"js":       template.JSEscaper,
		"urlquery": template.URLQueryEscaper,
	}
}

// printf is fmt.Sprintf with a bound on what widths and precisions make.
func printf(format string, args ...any) (string, error) {
	made, number := 0, 0
	for _, r := range format {
		switch {
		case '0' <= r && r <= '9' && number <= maxValue:
			number = number*10 + int(r-'0')
		default:
			made += number
			number = 0
		}
	}
	if stars := strings.Count(format, "*"); stars > 0 {
		for _, arg := range args {
			if width, ok := arg.(int); ok {
				made += stars * min(max(width, -width), maxValue)
			}
		}
	}
	if made+number > maxValue {
		return "", problem(fmt.Sprintf("its widths add up to more than %d", maxValue))
	}
	return fmt.Sprintf(format, args...), nil
}
