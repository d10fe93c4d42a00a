package node_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRunsAreListedShownAndFollowed(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.many(t, 3)
	assert.Contains(t, i.run(t, "runs").Stderr, "No runs found in "+i.namespace+" namespace.")

	job := i.start(t)
	i.until(t, "the run's report", func() bool { return strings.Contains(i.well(t, "runs"), "Succeeded") })
	i.finish(t, job)
	table := i.well(t, "runs", "--output=wide")
	assert.Regexp(t, `(?m)^\S+ +Succeeded +\S+ +\S+ +3 +3 +0 +0 +0 +\d+ +`+job+` +hand +<none>`, table)
	shown := i.well(t, "runs", job)
	assert.Contains(t, shown, "ExternalSecrets: 3\n")
	assert.Regexp(t, `created: +3\n`, shown)
	assert.Regexp(t, `SecretsManager.BatchGetSecretValue: +1\n`, shown)
	assert.Contains(t, i.well(t, "runs", "--follow"), `"created":3`, "the log of a run that has ended")

	described := i.in(t, "describe", "pods", "--selector=batch.kubernetes.io/job-name="+job)
	assert.Regexp(t, `Message: +run \S+: 3 created in \S+ s`, described, "the termination message")

	i.apply(t, externalSecret("bad", "nowhere"))
	r := i.run(t, "runs", "start", "--follow")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stdout, "nowhere")
	assert.Contains(t, r.Stderr, "the Job failed")
	failed := strings.TrimSuffix(strings.TrimPrefix(strings.SplitAfterN(r.Stderr, "\n", 2)[0], "job.batch/"), " created\n")
	assert.Regexp(t, `(?m)^State: +SomeFailed$`, i.well(t, "runs", failed))
	assert.Regexp(t, `Message: +run \S+: 3 skipped, 1 failed in \S+ s; 1 x \S+, such as `+i.namespace+`/bad: `,
		i.in(t, "describe", "pods", "--selector=batch.kubernetes.io/job-name="+failed))
	assert.Len(t, strings.Fields(i.in(t, "get", "pods", "--selector=batch.kubernetes.io/job-name="+failed, "--output=name")), 1,
		"what failed is the next run's, not another Pod's")
}

func TestARunIsFollowedWhileItGoesOn(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.many(t, 1)
	i.slow(t, 10*time.Second)
	job := i.start(t)
	p := i.begin(t, "runs", "--follow")
	i.until(t, "the begin of the pass", func() bool { return strings.Contains(p.Out(), "pass begins") })
	assert.NotContains(t, p.Out(), `"created":1`)
	assert.Regexp(t, `(?m)^`+job+` +Running `, i.well(t, "runs"))
	r := p.Wait(t)
	assert.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, `"created":1`)
}

func TestTheScheduleIsSuspendedAndGoesOn(t *testing.T) {
	t.Parallel()
	i := install(t, "--schedule=* * * * *")
	assert.Equal(t, "cronjob.batch/externalsecret-runner suspended\n", i.well(t, "runs", "suspend"))
	assert.Equal(t, "cronjob.batch/externalsecret-runner unchanged: it was suspended already\n", i.well(t, "runs", "suspend"))
	before := i.in(t, "get", "jobs", "--output=name")
	next := time.Now().Truncate(time.Minute).Add(time.Minute + 10*time.Second)
	time.Sleep(time.Until(next))
	require.Equal(t, before, i.in(t, "get", "jobs", "--output=name"), "a minute has begun")
	assert.Equal(t, "cronjob.batch/externalsecret-runner resumed\n", i.well(t, "runs", "resume"))
	i.until(t, "a run by the schedule", func() bool { return i.in(t, "get", "jobs", "--output=name") != before })
}
