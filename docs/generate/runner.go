package main

import (
	"fmt"
	"io"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/runner"
)

// runnerPage is the page of the runner.
func runnerPage() (string, error) {
	variables, err := variablesOf()
	if err != nil {
		return "", err
	}
	p := newPage(runner.Component)
	p.add("\nOne pass over ExternalSecrets, made by a program without a person. What it prints is described in [the runner](../runner.md).\n")
	p.section("Flags and environment")
	p.add("A flag wins over its variable, and a variable over the default.\n\n")
	var settings runner.Settings
	var rows [][]string
	settings.Flags().VisitAll(func(f *pflag.Flag) {
		rows = append(rows, []string{flagName(f), code(variables[f.Name]), flagDefault(f), cell(f.Usage)})
	})
	p.table([]string{"Flag", "Variable", "Default", "Meaning"}, rows)
	p.add("\n`AWS_*` variables are described with [AWS](../providers/aws.md), `KUBECONFIG` is that of kubectl.\n")
	p.section("Exit codes")
	p.table([]string{"Code", "Meaning"}, [][]string{
		{fmt.Sprint(runner.ExitOK), "every ExternalSecret that was due is synced, or another run that holds the lease is at it"},
		{fmt.Sprint(runner.ExitSomeFailed), "the pass was made, and some ExternalSecrets failed"},
		{fmt.Sprint(runner.ExitMisconfigured), "no pass can be made until someone changes the flags, the rights or the installed CRDs"},
		{fmt.Sprint(runner.ExitUnavailable), "no pass could be made this time, or it was cut short; the next may succeed. With `--names` or `--force` also: another run holds the lease"},
		{fmt.Sprint(128 + int(syscall.SIGINT)), "stopped by SIGINT"},
		{fmt.Sprint(128 + int(syscall.SIGTERM)), "stopped by SIGTERM"},
	})
	return p.String(), nil
}

// variablesOf finds the environment variable of each flag by listening to what the runner looks up: in the order of the flags.
func variablesOf() (map[string]string, error) {
	var asked []string
	lookup := func(name string) (string, bool) {
		asked = append(asked, name)
		return "", false
	}
	var settings runner.Settings
	if err := settings.Parse(nil, lookup, io.Discard); err != nil {
		return nil, fmt.Errorf("parse no arguments: %w", err)
	}
	variables := map[string]string{}
	var names []string
	settings.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if len(names) != len(asked) {
		return nil, fmt.Errorf("%d flags have %d environment variables", len(names), len(asked))
	}
	for i, name := range names {
		variables[name] = asked[i]
	}
	return variables, nil
}
