package doctor

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/apimachinery/pkg/util/version"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/results"
)

const (
	// slack is how late a run may be besides: it has to be scheduled, to start and to end.
	slack = 10 * time.Minute
	// ahead is how far a schedule is looked at for the longest time between two firings: nights and weekends are in it.
	ahead = 8 * 24 * time.Hour
)

// judgeRunners tells whether runners are there, run, and succeed.
func judgeRunners(f *facts) []Finding {
	var findings []Finding
	for _, r := range f.runners.value {
		findings = append(findings, judgeRunner(f, r)...)
	}
	switch {
	case f.runners.err != nil && len(findings) == 0:
		return []Finding{unknown(checkRunner, "whether a runner is installed is not known: %v", f.runners.err)}
	case len(findings) == 0:
		return []Finding{fine(checkRunner, "no runner is installed")}
	default:
		return findings
	}
}

func judgeRunner(f *facts, r runner) []Finding {
	object := named("CronJob", r.NamespacedName, "")
	var findings []Finding
	if skewed(r.version, f.plugin) {
		findings = append(findings, found(Warning, idRunnerVersion, "CronJob %s runs version %s, and this is %s", r.NamespacedName, r.version, f.plugin).
			about(object).fix("update the older one; the image is set by:",
			fmt.Sprintf("kubectl set image cronjob/%s -n %s '*=IMAGE:%s'", r.Name, r.Namespace, f.plugin)))
	}
	findings = append(findings, judgeUnbegun(f, r)...)
	if r.suspended {
		return append(findings, found(Warning, idRunnerSuspended, "CronJob %s is suspended: no run begins; the last success was %s",
			r.NamespacedName, f.ago(r.succeeded)).about(object).fix("resume it:", resume(r)))
	}
	limit, err := patience(r.schedule, f.now)
	if err != nil {
		return append(findings, found(Warning, idRunnerSchedule, "the schedule %q of CronJob %s can't be read: %v", r.schedule, r.NamespacedName, err).
			about(object).fix("correct it:", fmt.Sprintf("kubectl edit cronjob %s -n %s", r.Name, r.Namespace)))
	}
	look := fmt.Sprintf("kubectl get jobs,pods -n %s", r.Namespace)
	switch last, ended := r.lastJob(); {
	case ended && last.failed:
		findings = append(findings, found(Problem, idRunnerFailing, "the last run of CronJob %s failed %s: %s; the last success was %s",
			r.NamespacedName, f.ago(last.ended), last.message, f.ago(r.succeeded)).about(object).fix("read its log:",
			fmt.Sprintf("kubectl logs job/%s -n %s", last.name, r.Namespace)))
	case r.scheduled.IsZero() && f.now.Sub(r.created) > limit:
		findings = append(findings, found(Problem, idRunnerNeverRan, "CronJob %s has never begun a run since it was made %s", r.NamespacedName, f.ago(r.created)).
			about(object).fix("look at its Events:", fmt.Sprintf("kubectl describe cronjob %s -n %s", r.Name, r.Namespace)))
	case !r.scheduled.IsZero() && f.now.Sub(later(r.succeeded, r.created)) > limit:
		findings = append(findings, found(Problem, idRunnerLate, "the last success of CronJob %s was %s, and its schedule %q allows %s",
			r.NamespacedName, f.ago(r.succeeded), r.schedule, duration.HumanDuration(limit)).about(object).fix("look at its Jobs:", look))
	}
	if len(findings) == 0 {
		findings = append(findings, fine(checkRunner, "CronJob %s%s runs at %q, %s; last success %s",
			r.NamespacedName, versionText(r.version), r.schedule, r.serves, f.ago(r.succeeded)))
	}
	return findings
}

// judgeUnbegun tells of a run that waits.
func judgeUnbegun(f *facts, r runner) []Finding {
	run := r.unbegun.value
	switch {
	case run == nil:
		return nil
	case r.unbegun.err != nil:
		return []Finding{unknown(checkRunner, "whether run %s of CronJob %s, which was made %s, has begun is not known: %v",
			run.name, r.NamespacedName, f.ago(run.made), r.unbegun.err)}
	default:
		return []Finding{found(Problem, idRunnerUnbegun, "run %s of CronJob %s was made %s and %s: %s",
			run.name, r.NamespacedName, f.ago(run.made), run.waits(), run.why).about(named("Job", types.NamespacedName{Namespace: r.Namespace, Name: run.name}, "")).
			fix("see to what it waits for, such as an image that can be pulled, a node that takes the Pod, or room in a quota; more is in the Events:",
				fmt.Sprintf("kubectl describe job %s -n %s", run.name, r.Namespace),
				fmt.Sprintf("kubectl describe pods -l job-name=%s -n %s", run.name, r.Namespace))}
	}
}

// waits says what of a run has not begun.
func (u *unbegun) waits() string {
	names := make([]string, len(u.shards))
	for i, shard := range u.shards {
		names[i] = strconv.Itoa(shard)
	}
	switch len(names) {
	case 0:
		return "has not begun"
	case 1:
		return "its shard " + names[0] + " has not begun"
	default:
		return "its shards " + results.List(names) + " have not begun; of shard " + names[0]
	}
}

// resume is what resumes a runner.
func resume(r runner) string {
	return fmt.Sprintf(`kubectl patch cronjob %s -n %s -p '{"spec":{"suspend":false}}'`, r.Name, r.Namespace)
}

// lastJob is the one that ended last.
func (r runner) lastJob() (job, bool) {
	if len(r.jobs.value) == 0 {
		return job{}, false
	}
	return r.jobs.value[len(r.jobs.value)-1], true
}

// patience is how long ago a success may be under a schedule: one run may be missed.
func patience(schedule string, now time.Time) (time.Duration, error) {
	parsed, err := cron.ParseStandard(schedule)
	if err != nil {
		return 0, err
	}
	var longest time.Duration
	last := parsed.Next(now)
	for end := last.Add(ahead); last.Before(end); {
		next := parsed.Next(last)
		if next.IsZero() {
			break // it never fires again
		}
		longest, last = max(longest, next.Sub(last)), next
	}
	return 2*longest + slack, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// skewed tells whether two versions are known and differ in more than the last number.
func skewed(one, other string) bool {
	a, knownA := released(one)
	b, knownB := released(other)
	return knownA && knownB && (a.Major() != b.Major() || a.Minor() != b.Minor())
}

// released reads the version of a release. That of a commit without a tag, v0.0.0-TIME-COMMIT, is older than none and newer than none.
func released(text string) (*version.Version, bool) {
	v, err := version.ParseSemantic(strings.TrimPrefix(text, "v"))
	return v, err == nil && (v.Major() > 0 || v.Minor() > 0 || v.Patch() > 0)
}
