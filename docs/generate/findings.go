package main

import "github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/doctor"

// findingsPage is the page of all that doctor can find.
func findingsPage() string {
	p := newPage("What kubectl externalsecret doctor finds")
	p.add("\nWhat is OK or UNKNOWN has the name of its check as its id. How doctor works is told [elsewhere](../doctor.md).\n\n")
	var rows [][]string
	for _, kind := range doctor.Catalog() {
		rows = append(rows, []string{code(kind.ID), code(kind.Check), string(kind.Severity), kind.Meaning, kind.Fix})
	}
	p.table([]string{"Id", "Check", "Severity", "Meaning", "What to do"}, rows)
	return p.String()
}
