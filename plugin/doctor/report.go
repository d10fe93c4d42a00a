package doctor

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
)

// report is the shape in which programs read what was found. It is versioned: fields are added, not changed.
type report struct {
	APIVersion string           `json:"apiVersion"`
	Kind       string           `json:"kind"`
	Namespace  string           `json:"namespace,omitempty"`
	Counts     map[Severity]int `json:"counts"`
	Findings   []Finding        `json:"findings"`
}

func reportOf(f *facts, findings []Finding) report {
	return report{
		APIVersion: document.APIVersion, Kind: "DoctorReport", Namespace: f.namespace, Counts: count(findings), Findings: findings,
	}
}

func severities() []Severity { return []Severity{OK, Warning, Problem, Unknown} }

// count counts findings by severity.
func count(findings []Finding) map[Severity]int {
	counts := map[Severity]int{}
	for _, severity := range severities() {
		counts[severity] = 0
	}
	for _, finding := range findings {
		counts[finding.Severity]++
	}
	return counts
}

func printDocument(printer printers.ResourcePrinter, r report, out io.Writer) error {
	object, err := document.Of(r)
	if err != nil {
		return err
	}
	return printer.PrintObj(object, out)
}

// indent is where the text of a finding begins, after its severity.
const indent = "            "

// render writes what was found for a person: checks in groups, a line for each finding, below it what to do and the objects.
func render(f *facts, findings []Finding, out io.Writer) error {
	var text bytes.Buffer
	if f.narrowed {
		fmt.Fprintf(&text, "Looked at namespace %s: you may not list all ExternalSecrets.\n\n", f.namespace)
	}
	for _, section := range sections() {
		begun := false
		for _, finding := range findings {
			if !slices.Contains(section.checks, finding.Check) {
				continue
			}
			if !begun {
				fmt.Fprintln(&text, section.title)
				begun = true
			}
			renderFinding(finding, &text)
		}
		if begun {
			fmt.Fprintln(&text)
		}
	}
	counts := count(findings)
	fmt.Fprintf(&text, "%s, %s, %d unknown, %d ok\n", counted(counts[Problem], "problem"), counted(counts[Warning], "warning"), counts[Unknown], counts[OK])
	_, err := out.Write(text.Bytes())
	return err
}

// renderFinding writes one finding to what can't fail.
func renderFinding(finding Finding, text *bytes.Buffer) {
	fmt.Fprintf(text, "  %-8s  %s\n", finding.Severity, finding.Message)
	for _, object := range finding.Objects {
		if finding.Count == 1 && object.Note == "" && strings.Contains(finding.Message, object.Name) {
			continue // it was named
		}
		name := object.Name
		if object.Namespace != "" {
			name = object.Namespace + "/" + name
		}
		line := indent + "- " + object.Kind + " " + name
		if object.Note != "" {
			line += ": " + object.Note
		}
		fmt.Fprintln(text, line)
	}
	if rest := finding.Count - len(finding.Objects); rest > 0 {
		fmt.Fprintf(text, "%sand %d more\n", indent, rest)
	}
	for i, line := range strings.Split(finding.Fix, "\n") {
		switch {
		case line == "":
		case i == 0:
			fmt.Fprintf(text, "%sFix: %s\n", indent, line)
		default:
			fmt.Fprintf(text, "%s  %s\n", indent, line)
		}
	}
}
