package main

import (
	"fmt"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider/all"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/diff"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/exit"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/version"
)

// rootPage is the page of the plugin as a whole.
const rootPage = "kubectl-externalsecret.md"

// pluginPages are the pages of the plugin and of each of its commands.
func pluginPages() map[string]string {
	nothing := func(string) string { return "" }
	root := plugin.NewCommand(genericiooptions.NewTestIOStreamsDiscard(), all.Providers(nothing), version.Stamp{})
	pages := map[string]string{}
	commands := descendants(root)
	pages[rootPage] = overview(root, commands)
	for _, cmd := range commands {
		pages[fileOf(cmd)] = commandPage(root, cmd)
	}
	return pages
}

// descendants are the commands below cmd, each before its own. What only lists flags or is not for people is left out.
func descendants(cmd *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() && child.Name() != "options" {
			found = append(append(found, child), descendants(child)...)
		}
	}
	return found
}

// wordsOf are the words that call cmd, after those that call the plugin.
func wordsOf(cmd *cobra.Command) []string {
	if !cmd.HasParent() {
		return nil
	}
	return append(wordsOf(cmd.Parent()), cmd.Name())
}

func fileOf(cmd *cobra.Command) string { return strings.Join(wordsOf(cmd), "-") + ".md" }

// overview is the page of the root: its commands, and what they have in common.
func overview(root *cobra.Command, commands []*cobra.Command) string {
	p := newPage(root.DisplayName())
	p.add("\n%s", prose(root.Long))
	p.section("Commands")
	var rows [][]string
	for _, cmd := range commands {
		name := strings.Join(append([]string{root.DisplayName()}, wordsOf(cmd)...), " ")
		rows = append(rows, []string{fmt.Sprintf("[%s](%s)", code(name), fileOf(cmd)), cell(cmd.Short)})
	}
	p.table([]string{"Command", "Purpose"}, rows)
	p.flags("Flags of all commands", root.PersistentFlags(), func(*pflag.Flag) bool { return true })
	p.section("Environment")
	p.table([]string{"Variable", "Meaning"}, [][]string{
		{code("KUBECONFIG"), "kubeconfig files, as for kubectl; `--kubeconfig` wins"},
		{code("HTTPS_PROXY") + ", " + code("NO_PROXY"), "how to reach the API server and the provider"},
		{code(diff.ExternalDiff), "program that shows differences, see [diff](../diff.md#another-program)"},
		{code("AWS_*"), "credentials and endpoints, see [AWS](../providers/aws.md)"},
	})
	p.section("Exit codes")
	p.table([]string{"Code", "Meaning"}, [][]string{
		{"0", "all is well"},
		{fmt.Sprint(exit.Failed), "an error, or something failed for some of the objects"},
		{fmt.Sprint(exit.TimedOut), "`--timeout` passed before all were reached"},
		{fmt.Sprint(exit.Signal(syscall.SIGHUP).Code), "stopped by SIGHUP: the terminal went away"},
		{fmt.Sprint(exit.Signal(syscall.SIGINT).Code), "stopped by SIGINT (Ctrl-C)"},
		{fmt.Sprint(exit.Signal(syscall.SIGTERM).Code), "stopped by SIGTERM"},
	})
	return p.String()
}

// commandPage is the page of one command.
func commandPage(root, cmd *cobra.Command) string {
	p := newPage(strings.Join(append([]string{root.DisplayName()}, wordsOf(cmd)...), " "))
	p.add("\n%s\n\n%s\n", cell(cmd.Short)+".", fence(cmd.UseLine()))
	if cmd.Long != "" {
		p.add("\n%s", prose(cmd.Long))
	}
	if cmd.Example != "" {
		p.section("Examples")
		p.add("%s\n", fence(dedent(cmd.Example)))
	}
	inherited := cmd.InheritedFlags()
	p.flags("Flags", cmd.Flags(), func(f *pflag.Flag) bool { return inherited.Lookup(f.Name) == nil })
	p.add("\nSee also [the flags of all commands and the exit codes](%s).\n", rootPage)
	return p.String()
}

// dedent takes the indentation of an example away.
func dedent(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(lines, "\n")
}
