package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
)

// groups are the beginnings of ids, in the order of the page.
func groups() [][2]string {
	return [][2]string{
		{"AWS", "AWS"}, {"VLT", "Vault"}, {"GCP", "Google Cloud"}, {"AZR", "Azure"}, {"THR", "Too many requests"}, {"STO", "Stores"},
		{"DAT", "Values and keys"}, {"TPL", "Templates"}, {"K8S", "Kubernetes"}, {"TLS", "Certificates"}, {"NET", "Network"},
		{"NBR", "Other programs"}, {"GEN", "Texts that wrap others"},
	}
}

// failuresPage is the page of all that can be diagnosed.
func failuresPage() (string, error) {
	causes, err := diagnose.Causes()
	if err != nil {
		return "", fmt.Errorf("read the causes: %w", err)
	}
	slices.SortFunc(causes, func(a, b diagnose.Diagnosis) int { return cmp.Compare(a.ID, b.ID) })
	p := newPage("Failures that are known")
	p.add("\nWhat [`kubectl externalsecret explain`](explain.md) says about each of them. A word in capitals stands for what a text tells, such as\n" +
		"the name of a role. What is not here is called unknown. Waiting helps: yes, no, or under a condition.\n")
	left := len(causes)
	for _, group := range groups() {
		p.section(group[1])
		for _, c := range causes {
			if strings.HasPrefix(c.ID, group[0]+"-") {
				left--
				p.failure(c)
			}
		}
	}
	if left != 0 {
		return "", fmt.Errorf("%d causes are of a group that has no title", left)
	}
	return p.String(), nil
}

// waiting is whether waiting helps, in words.
func waiting(retry string) string {
	return map[string]string{diagnose.Yes: "yes", diagnose.No: "no", diagnose.Conditional: "under a condition"}[retry]
}

func (p *page) failure(c diagnose.Diagnosis) {
	p.add("### %s\n\n", c.ID)
	p.add("%s\n\n", paragraphs(c.Cause))
	p.add("**Check.**%s\n\n", behind(paragraphs(c.Check)))
	p.add("**Fix.**%s\n\n", behind(paragraphs(c.Fix)))
	owner := c.Owner
	if owner == diagnose.Unsaid {
		owner = "can't be said"
	}
	p.add("Owner: %s. Waiting helps: %s.\n\n", owner, waiting(c.Retry))
}

// behind is a text behind words on the same line: a block can't be there.
func behind(text string) string {
	if strings.HasPrefix(text, "```") {
		return "\n\n" + text
	}
	return " " + text
}

// paragraphs is the text of a cause as Markdown: commands in blocks, placeholders in capitals.
func paragraphs(text string) string {
	text = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllStringFunc(text, func(name string) string {
		if name == "{end}" {
			return name // of a command
		}
		return strings.ToUpper(strings.Trim(name, "{}"))
	})
	var out strings.Builder
	block := false
	for line := range strings.SplitSeq(text, "\n") {
		command, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case isCommand && !block:
			out.WriteString("\n\n```\n")
		case !isCommand && block:
			out.WriteString("```\n\n")
		case !isCommand && out.Len() > 0:
			out.WriteString("\n")
		}
		block = isCommand
		if isCommand {
			out.WriteString(command + "\n")
		} else {
			out.WriteString(strings.NewReplacer("<", "&lt;", `\`, `\\`, "*", `\*`).Replace(line))
		}
	}
	if block {
		out.WriteString("```")
	}
	return strings.TrimSpace(out.String())
}
