package refresh

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fanout"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/refresh/controller"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/runs/jobs"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/serving"
)

// byRunner has a Job of the cluster's runner refresh what is in scope, and follows its log.
func (o *Options) byRunner(
	ctx context.Context, scope resolve.Scope, begin func(int), observe func(core.Result),
) (core.Report, error) {
	runner, err := jobs.New(o.Config.Kube, o.RunnerNamespace)
	if err != nil {
		return core.Report{}, err
	}
	cron, err := runner.CronJob(ctx)
	if err != nil {
		return core.Report{}, err
	}
	if lingers, err := serving.Lingers(ctx, runner, cron); err != nil {
		return core.Report{}, err
	} else if lingers {
		// It holds the lease nearly all the time, so that no other Job gets it, and sees what changes within seconds.
		return controller.Sync(ctx, o.asking(scope, true, begin, observe))
	}
	job, err := runner.Start(ctx, cron, flagsOf(scope)...)
	if err != nil {
		return core.Report{}, err
	}
	fmt.Fprintf(o.Streams.ErrOut, "job.batch/%s started in namespace %s\n", job.Name, job.Namespace)
	log := runnerLog{begin: begin, observe: observe, report: core.Report{Started: time.Now()}}
	err = runner.Follow(ctx, job, log.line, func(text string) { fmt.Fprintln(o.Streams.ErrOut, secret.Printable(text)) })
	if ctx.Err() != nil {
		return log.report, errors.Join(context.Cause(ctx), runner.Stop(context.WithoutCancel(ctx), job))
	}
	if errors.Is(err, jobs.ErrCantStart) {
		err = errors.Join(err, runner.Stop(ctx, job)) // nobody waits for it any more
	}
	return log.outcome(job.Namespace, job.Name, err)
}

// outcome is what came of a Job that has ended, or could not begin, with err.
func (l *runnerLog) outcome(namespace, name string, err error) (core.Report, error) {
	switch {
	case l.reported && (err == nil || l.report.Failed()): // a run that has failures to report fails
		return l.report, nil
	case l.reported:
		return core.Report{}, fmt.Errorf("job %q in namespace %q has not reported all that it did: %w%s", name, namespace, err, l.trouble())
	case err != nil:
		return core.Report{}, fmt.Errorf("job %q in namespace %q has left no report: %w%s", name, namespace, err, l.trouble())
	default:
		return core.Report{}, fmt.Errorf("job %q in namespace %q has left no report%s", name, namespace, cmp.Or(l.trouble(), ": see its log"))
	}
}

// flagsOf are the runner's flags for a scope.
func flagsOf(scope resolve.Scope) []string {
	flags := []string{"--force", "--report=full", "--linger=0s"}
	if len(scope.Names) > 0 {
		names := make([]string, len(scope.Names))
		for i, name := range scope.Names {
			names[i] = name.String()
		}
		return append(flags, "--names="+strings.Join(names, ","))
	}
	if len(scope.Namespaces) > 0 {
		flags = append(flags, "--namespaces="+strings.Join(scope.Namespaces, ","))
	}
	if scope.Selector.Labels != "" {
		flags = append(flags, "--selector="+scope.Selector.Labels)
	}
	if scope.Selector.Fields != "" {
		flags = append(flags, "--field-selector="+scope.Selector.Fields)
	}
	return flags
}

// runnerLog reads what the runner logs and, as its last line, its report. There are several of both where there are shards.
type runnerLog struct {
	begin   func(int)
	observe func(core.Result)

	report   core.Report
	reported bool
	problems []string
}

// logLine is a line of the log, or the report: the fields that are read of both.
type logLine struct {
	Message         string `json:"msg"`
	Error           string `json:"error"`
	ExternalSecrets int    `json:"externalSecrets"`

	Started  time.Time            `json:"started"`
	Outcomes map[core.Outcome]int `json:"outcomes"`
	Requests map[string]int       `json:"requests"`
	Notes    []string             `json:"notes"`
	Results  []core.Result        `json:"results"`

	ClusterExternalSecrets []fanout.Result `json:"clusterExternalSecrets"`
}

func (l *runnerLog) line(text []byte) {
	var line logLine
	if json.Unmarshal(text, &line) != nil {
		l.problems = append(l.problems, string(text)) // a mistake in flags is plain text
		return
	}
	switch {
	case line.Message == "pass begins":
		l.begin(line.ExternalSecrets)
	case line.Message == "externalsecret":
		var result core.Result
		if json.Unmarshal(text, &result) == nil && result.Outcome != "" {
			l.observe(result)
		}
	case line.Error != "":
		l.problems = append(l.problems, line.Message+": "+line.Error)
	case line.Message == "" && line.Outcomes != nil:
		l.add(line)
	}
}

// add takes a report in: that of a shard, or the only one. A run that left the work to another has none.
func (l *runnerLog) add(line logLine) {
	if len(line.Results) == 0 && len(line.Outcomes) == 0 && len(line.Notes) > 0 {
		l.problems = append(l.problems, line.Notes...)
		return
	}
	l.reported = true
	l.report.Finished = time.Now()
	l.report.Results = append(l.report.Results, line.Results...)
	l.report.ClusterExternalSecrets = append(l.report.ClusterExternalSecrets, line.ClusterExternalSecrets...)
	for _, note := range line.Notes {
		if !slices.Contains(l.report.Notes, note) {
			l.report.Notes = append(l.report.Notes, note)
		}
	}
	if l.report.Requests == nil {
		l.report.Requests = map[string]int{}
	}
	for _, operation := range slices.Sorted(maps.Keys(line.Requests)) {
		l.report.Requests[operation] += line.Requests[operation]
	}
}

// trouble is what the runner has said went wrong.
func (l *runnerLog) trouble() string {
	if len(l.problems) == 0 {
		return ""
	}
	return "\n" + strings.Join(l.problems, "\n")
}
