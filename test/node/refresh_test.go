package node_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// refresh is the command that has the runner refresh.
func (i *installed) refresh(args ...string) []string {
	return append([]string{"refresh", "--via=runner", "--runner-namespace=" + i.namespace}, args...)
}

func TestTheRunnerRefreshesForAPerson(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.many(t, 2)

	r := i.run(t, i.refresh("--all")...)
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	assert.Regexp(t, `(?m)^externalsecret.external-secrets.io/e0 created`, r.Stdout)
	assert.Regexp(t, `(?m)^externalsecret.external-secrets.io/e1 created`, r.Stdout)
	assert.Contains(t, r.Stderr, "started in namespace "+i.namespace)
	i.requireAll(t, 2)
	assert.Equal(t, 1, i.aws.Counters(t).Count(harness.OpAssumeRoleWithWebIdentity), "as whom the store names, with a token that the runner has asked for")

	r = i.run(t, "refresh", "--all", "--runner-namespace="+i.namespace)
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	assert.Contains(t, r.Stderr, "started in namespace "+i.namespace, "it is found by itself: its stores are of its class")
	assert.Regexp(t, `(?m)^externalsecret.external-secrets.io/e0 unchanged`, r.Stdout)

	i.apply(t, externalSecret("bad", "nowhere"))
	r = i.run(t, i.refresh("bad", "e1")...)
	assert.Equal(t, 1, r.Code)
	assert.Regexp(t, `(?m)^externalsecret.external-secrets.io/e1 unchanged`, r.Stdout)
	assert.Regexp(t, `(?m)^externalsecret.external-secrets.io/bad failed.*nowhere`, r.Stdout, "the runner's own message")
	assert.NotContains(t, r.Stdout+r.Stderr, "e0", "what was not named")
	assert.NotContains(t, r.Stdout+r.Stderr, "value of")
}

func TestResultsAreToldAsTheyCome(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.aws.Put(t, "quick", "1")
	i.aws.PutParameter(t, "/slow", "2")
	i.aws.Latency(t, harness.OpGetParameters, 15*time.Second)
	i.aws.Latency(t, harness.OpGetParameter, 15*time.Second)
	i.apply(t, externalSecret("first", "quick")+`---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: slow}
spec:
  controller: `+i.namespace+`
  provider: {aws: {service: ParameterStore, region: us-east-1, auth: {jwt: {serviceAccountRef: {name: app}}}}}
---
`+strings.Replace(externalSecret("second", "/slow"), "name: store", "name: slow", 1))
	p := i.begin(t, i.refresh("--all")...)
	i.until(t, "the first result", func() bool { return strings.Contains(p.Out(), "first created") })
	assert.NotContains(t, p.Out(), "second created", "AWS has not answered yet")
	r := p.Wait(t)
	require.Zero(t, r.Code, r.Stderr)
	assert.Contains(t, r.Stdout, "second created")
}

func TestAnInterruptEndsTheJob(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.many(t, 1)
	i.slow(t, time.Minute)
	p := i.begin(t, i.refresh("--all")...)
	i.untilAsked(t)
	p.Signal(t, os.Interrupt)
	began := time.Now()
	r := p.Wait(t)
	assert.Equal(t, 130, r.Code, r.Stderr)
	assert.Less(t, time.Since(began), 10*time.Second)
	i.until(t, "the end of Job and Pod", func() bool { return i.in(t, "get", "jobs,pods", "--output=name") == "" })
	assert.Empty(t, i.secrets(t))
	assert.Empty(t, i.in(t, "get", "lease", "externalsecret-runner", "--output=jsonpath={.spec.holderIdentity}"), "the lease is given back")
}

func TestAnImageThatIsNotThereIsToldAtOnce(t *testing.T) {
	t.Parallel()
	const missing = "localhost/nowhere:1"
	i := install(t, "--image="+missing)
	i.many(t, 1)
	began := time.Now()
	r := i.run(t, i.refresh("--all")...)
	assert.Less(t, time.Since(began), 45*time.Second)
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, "can't start")
	assert.Contains(t, r.Stderr, "ImagePull")
	assert.Contains(t, r.Stderr, missing)
	i.until(t, "the end of Job and Pod", func() bool { return i.in(t, "get", "jobs,pods", "--output=name") == "" })

	r = i.run(t, "runs", "start", "--follow")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, missing)
}

func TestARefreshMeetsARunThatGoesOn(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.many(t, 2)
	i.slow(t, 15*time.Second)
	job := i.start(t)
	i.untilAsked(t)

	r := i.run(t, i.refresh("--all")...)
	require.Zero(t, r.Code, r.Stdout+r.Stderr)
	assert.ElementsMatch(t, []string{"externalsecret.external-secrets.io/e0 unchanged\n", "externalsecret.external-secrets.io/e1 unchanged\n"},
		slices.Collect(strings.Lines(r.Stdout)), "it has waited until the other had ended, which does what is due, and then refreshed all")
	assert.NotEmpty(t, i.reports(t, job), "the other has ended")
	i.requireAll(t, 2)
}
