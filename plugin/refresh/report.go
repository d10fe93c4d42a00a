package refresh

import (
	"fmt"
	"io"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/document"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/controller"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/restart"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/scope"
)

// refreshReport is the shape of a report in the formats that programs read.
type refreshReport struct {
	APIVersion string               `json:"apiVersion"`
	Kind       string               `json:"kind"`
	DryRun     string               `json:"dryRun"`
	Counts     map[core.Outcome]int `json:"counts"`
	core.Report
	Restarts []restart.Result `json:"restarts,omitempty"`
}

// documentPrinter prints a report as a RefreshReport.
func documentPrinter(printer printers.ResourcePrinter) Printer {
	return func(report core.Report, restarts []restart.Result, dryRun string, out io.Writer) error {
		if report.Results == nil {
			report.Results = []core.Result{}
		}
		object, err := document.Of(refreshReport{
			APIVersion: document.APIVersion, Kind: "RefreshReport", DryRun: dryRun, Counts: report.Counts(), Report: report,
			Restarts: restarts,
		})
		if err != nil {
			return err
		}
		return printer.PrintObj(object, out)
	}
}

// printNames names those that did not fail and were not skipped.
func printNames(report core.Report, _ []restart.Result, _ string, out io.Writer) error {
	for _, r := range report.Results {
		switch r.Outcome {
		case core.Created, core.Updated, core.Unchanged, controller.Refreshed:
			if _, err := fmt.Fprintln(out, scope.Display(r.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}
