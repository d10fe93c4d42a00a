// Package blocks finds the fenced blocks of the documentation's pages, for the tests that apply or run them.
package blocks

import (
	"fmt"
	"os"
	"strings"
)

// Block is a fenced block of a page.
type Block struct {
	Page string
	// Line is where its text begins.
	Line int
	// Language is what follows the fence, such as yaml; it may be empty.
	Language string
	// Text is what is between the fences, without the spaces by which the fence is indented.
	Text string
}

// Of are the blocks of a page, in their order. A fence that is not closed is an error.
func Of(page string) ([]Block, error) {
	content, err := os.ReadFile(page)
	if err != nil {
		return nil, fmt.Errorf("read a page: %w", err)
	}
	var blocks []Block
	var open *Block
	indent := ""
	for i, line := range strings.Split(string(content), "\n") {
		text, fenced := strings.CutPrefix(strings.TrimLeft(line, " "), "```")
		switch {
		case open == nil && fenced:
			indent, _, _ = strings.Cut(line, "`")
			open = &Block{Page: page, Line: i + 2, Language: strings.TrimSpace(text)}
		case fenced:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.Text += strings.TrimPrefix(line, indent) + "\n"
		}
	}
	if open != nil {
		return nil, fmt.Errorf("%s:%d: the block is not closed", page, open.Line)
	}
	return blocks, nil
}
