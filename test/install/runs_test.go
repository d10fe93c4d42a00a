package install_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const system = "externalsecret-system"

// never is a schedule by which nothing runs while a test does.
const never = "--schedule=0 0 1 1 *"

// fakeStore is a store that has the key a.
const fakeStore = `{apiVersion: external-secrets.io/v1, kind: SecretStore, metadata: {name: s}, spec: {provider: {fake: {data: [{key: a, value: canary}]}}}}
`

// externalSecret wants a key of it.
func externalSecret(name, key string) string {
	return fmt.Sprintf(`---
{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: %s}, spec: {secretStoreRef: {name: s}, data: [{secretKey: a, remoteRef: {key: %s}}]}}
`, name, key)
}

// told is a Run as `runs -o json` prints it.
type told struct {
	Kind, Name, State, Job, Message string
	Manual                          bool
	Report                          *struct {
		Total    int
		Outcomes map[string]int
	}
}

// runs are the Runs that are listed.
func (i installation) runs(t *testing.T) []told {
	t.Helper()
	var list struct {
		Kind  string
		Items []told
	}
	require.NoError(t, json.Unmarshal([]byte(i.well(t, "runs", "-o", "json")), &list))
	assert.Equal(t, "RunList", list.Kind)
	return list.Items
}

// started starts a run with a Job, whose Pods stay Pending here, and names the Job.
func (i installation) started(t *testing.T, args ...string) string {
	t.Helper()
	name, ok := strings.CutPrefix(strings.TrimSuffix(i.well(t, append([]string{"runs", "start"}, args...)...), " created\n"), "job.batch/")
	require.True(t, ok)
	return name
}

// pods are the names of a Job's Pods, once there are as many.
func (i installation) pods(t *testing.T, job string, n int) []string {
	t.Helper()
	var pods []string
	require.Eventually(t, func() bool {
		pods = strings.Fields(i.Kubectl(t, "", "get", "pods", "-n", system, "-l", "job-name="+job, "-o", "jsonpath={.items[*].metadata.name}"))
		return len(pods) == n
	}, time.Minute, 100*time.Millisecond)
	return pods
}

// work makes the pass of a Pod with the real runner, which leaves its report, and ends the Pod as a kubelet would.
func (i installation) work(t *testing.T, pod string, args ...string) {
	t.Helper()
	environment := []string{"KUBECONFIG=" + i.Kubeconfig(), "POD_NAME=" + pod, "POD_NAMESPACE=" + system}
	args = append([]string{"--report-to=" + system + "/externalsecret-runner", "--lease=" + system + "/externalsecret-runner"}, args...)
	code := harness.Run(t, environment, harness.Build(t, "./cmd/externalsecret-runner"), args...).Code
	i.end(t, pod, code)
}

// end ends a Pod with an exit code.
func (i installation) end(t *testing.T, pod string, code int) {
	t.Helper()
	phase := "Succeeded"
	if code != 0 {
		phase = "Failed"
	}
	i.Kubectl(t, "", "patch", "pod", pod, "-n", system, "--subresource=status", "--type=merge", "-p", fmt.Sprintf(
		`{"status":{"phase":%q,"containerStatuses":[{"name":"runner","image":"i","imageID":"i","ready":false,"restartCount":0,"state":{"terminated":{"exitCode":%d}}}]}}`,
		phase, code))
}

// ended waits until a Job has ended.
func (i installation) ended(t *testing.T, job, condition string) {
	t.Helper()
	i.Kubectl(t, "", "wait", "job/"+job, "-n", system, "--for=condition="+condition, "--timeout=1m")
}

func TestRunsAreListedAndToldOf(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", never)
	r := i.run(t, "runs")
	assert.Zero(t, r.Code)
	assert.Equal(t, "No runs found in externalsecret-system namespace.\n", r.Stderr)
	assert.Empty(t, i.runs(t))

	shop := i.Namespace(t)
	i.Kubectl(t, fakeStore+externalSecret("app", "a")+externalSecret("lost", "b"), "apply", "-n", shop, "-f", "-")
	first := i.started(t)
	assert.Equal(t, []told{{Kind: "Run", Name: first, Job: first, State: "Running", Manual: true}}, i.runs(t))
	i.work(t, i.pods(t, first, 1)[0])
	i.ended(t, first, "Failed")
	i.Kubectl(t, "", "delete", "externalsecret", "lost", "-n", shop)
	second := i.started(t)
	i.work(t, i.pods(t, second, 1)[0])
	i.ended(t, second, "Complete")

	runs := i.runs(t)
	require.Len(t, runs, 2)
	assert.Equal(t, []string{"Succeeded", second, "SomeFailed", first}, []string{runs[0].State, runs[0].Job, runs[1].State, runs[1].Job})
	assert.Equal(t, map[string]int{"created": 1, "failed": 1}, runs[1].Report.Outcomes)
	assert.Regexp(t, `^\d{8}t\d{6}\.\d{3}z-[a-z0-9]{5}$`, runs[0].Name)

	assert.Equal(t, runs[0].Name+"\n"+runs[1].Name+"\n", i.well(t, "runs", "-o", "name"))
	assert.Equal(t, runs[0].Name+" "+runs[1].Name, i.well(t, "runs", "-o", `jsonpath={.items[*].name}`))
	lines := strings.Split(i.well(t, "runs"), "\n")
	assert.Regexp(t, `^NAME +STATE +AGE +DURATION +TOTAL +CHANGED +UNCHANGED +SKIPPED +FAILED +REQUESTS$`, lines[0])
	assert.Regexp(t, `^`+runs[0].Name+` +Succeeded +\d+s +\d+m?s +1 +0 +0 +1 +0 +0$`, lines[1])
	assert.Regexp(t, `^`+runs[1].Name+` +SomeFailed +\d+s +\d+m?s +2 +1 +0 +0 +1 +\d$`, lines[2])
	assert.Regexp(t, `MESSAGE\n`+runs[0].Name+` .* +`+second+` +hand +<none>\n`, i.well(t, "runs", "-o", "wide"))
	assert.Regexp(t, `^`+runs[0].Name, i.well(t, "runs", "--no-headers"))

	page := i.well(t, "runs", runs[1].Name)
	assert.Regexp(t, `(?s)^Name: +`+runs[1].Name+`\nState: +SomeFailed\nJob: +`+first+`\nStarted: .*by hand\n.*`+
		`\nExternalSecrets: 2\n  created: +1\n  failed: +1\n.*\nFailures by cause\n.*\n  1 +ProviderError +`+shop+`/lost .*\nFailures\n  `+shop+`/lost: .*`+
		`\nDue and not synced, for the longest time first\n  `+shop+`/lost: +never synced`, page)
	ages := regexp.MustCompile(`\d+s( ago)?\b`) // go on between the two
	assert.Equal(t, ages.ReplaceAllString(page, "AGE"), ages.ReplaceAllString(i.well(t, "runs", first), "AGE"), "by the name of its Job")
	assert.NotContains(t, page, "canary")
	var one told
	require.NoError(t, json.Unmarshal([]byte(i.well(t, "runs", runs[1].Name, "-o", "json")), &one))
	assert.Equal(t, runs[1], one)
	assert.Contains(t, i.well(t, "runs", runs[1].Name, "-o", "yaml"), "\nkind: Run\n")

	completed := strings.Split(i.well(t, "__complete", "runs", ""), "\n")
	assert.Equal(t, []string{"resume\tLet the schedule go on", "start\tStart a run now", "suspend\tStop the schedule", runs[0].Name, runs[1].Name}, completed[:5])

	r = i.run(t, "runs", "nowhere")
	assert.Equal(t, 1, r.Code)
	assert.Equal(t, "error: there is no run \"nowhere\" in namespace \"externalsecret-system\": kubectl externalsecret runs lists those that are known\n", r.Stderr)
	i.Kubectl(t, "", "delete", "job", first, "-n", system)
	r = i.run(t, "runs", first, "--follow")
	assert.Equal(t, 1, r.Code)
	assert.Contains(t, r.Stderr, `the log of run "`+runs[1].Name+`" has gone with its Job`)

	third := i.started(t)
	i.end(t, i.pods(t, third, 1)[0], 0)
	i.ended(t, third, "Complete")
	assert.Equal(t, "Unreported", i.runs(t)[0].State)
}

func TestWhoFollowsIsToldWhatAPodWaitsFor(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", never)
	p := harness.Start(t, []string{"KUBECONFIG=" + i.Kubeconfig()}, i.plugin, "runs", "start", "--follow")
	saysSoon := func(text string) {
		t.Helper()
		require.Eventually(t, func() bool { return strings.Contains(p.Err(), text) }, time.Minute, 100*time.Millisecond, "%s: %s", text, p.Err())
	}
	saysSoon(" created\n")
	job := strings.TrimSuffix(strings.TrimPrefix(p.Err(), "job.batch/"), " created\n")
	pod := i.pods(t, job, 1)[0]
	saysSoon("pod \"" + pod + "\" has no node yet\n")
	i.Kubectl(t, "", "patch", "pod", pod, "-n", system, "--subresource=status", "--type=merge", "-p",
		`{"status":{"conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"0/3 nodes are available"}]}}`)
	saysSoon("pod \"" + pod + "\" has no node: Unschedulable: 0/3 nodes are available\n")
	i.end(t, pod, 0)
	r := p.Wait(t)
	assert.Equal(t, 3, strings.Count(r.Stderr, "\n"), "each once: %s", r.Stderr)
}

func TestWhoFollowsCanGiveUp(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", never)
	r := i.run(t, "runs", "start", "--follow", "--timeout=1s")
	assert.Equal(t, 124, r.Code, r.Stderr)
	said := strings.Split(strings.TrimSuffix(r.Stderr, "\n"), "\n")
	require.Len(t, said, 2, r.Stderr)
	job := strings.TrimSuffix(strings.TrimPrefix(said[0], "job.batch/"), " created")
	again := "kubectl externalsecret runs " + job + " --follow -n " + system
	assert.Equal(t, "error: timed out after 1s: job \""+job+"\" goes on, and is followed again by: "+again, said[1])
	i.end(t, i.pods(t, job, 1)[0], 0)
	i.ended(t, job, "Complete")
	assert.Contains(t, i.run(t, strings.Fields(again)[2:]...).Stderr, "following job.batch/"+job)
	assert.Contains(t, i.run(t, "runs", "start", "--timeout=1s").Stderr, "--timeout needs --follow")
	assert.Contains(t, i.run(t, "runs", "start", "-f", "--timeout=-1s").Stderr, "--timeout must not be negative")
	assert.Len(t, i.runs(t), 1, "a flag that is wrong starts nothing")
}

func TestShardsAreRunsOfOneJob(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", never, "--shards=2")
	job := i.started(t)
	assert.Equal(t, "6 2", i.Kubectl(t, "", "get", "job", job, "-n", system, "-o", "jsonpath={.spec.backoffLimitPerIndex} {.spec.completions}"),
		"each shard may be tried again while another run holds its lease")
	pods := i.pods(t, job, 2)
	shard := func(pod string) string { return strings.Split(strings.TrimPrefix(pod, job+"-"), "-")[0] }
	i.work(t, pods[0], "--shards=2", "--shard="+shard(pods[0]))
	require.Eventually(t, func() bool {
		return shard(pods[0]) == i.Kubectl(t, "", "get", "job", job, "-n", system, "-o", "jsonpath={.status.completedIndexes}")
	}, time.Minute, 100*time.Millisecond)
	var states []string
	for _, run := range i.runs(t) {
		assert.Equal(t, job, run.Job)
		states = append(states, run.State+" "+run.Message)
	}
	assert.ElementsMatch(t, []string{"Succeeded ", "Running 1 of 2 shards have yet to report"}, states)

	i.work(t, pods[1], "--shards=2", "--shard="+shard(pods[1]))
	i.ended(t, job, "Complete")
	both := i.well(t, "runs", job)
	assert.Regexp(t, `(?s)\nShard: +index \d of 2\n.*\nShard: +index \d of 2\n`, both)
	assert.Contains(t, i.well(t, "runs", job, "-o", "json"), `"kind": "RunList"`)
}

func TestARunIsStartedAndTheScheduleStoppedByHand(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", never, "--controller-class=ours")
	suspended := func() string {
		return i.Kubectl(t, "", "get", "cronjob", "externalsecret-runner", "-n", system, "-o", "jsonpath={.spec.suspend}")
	}
	for _, step := range [][]string{
		{"resume", "unchanged: it was resumed already", "false"}, {"suspend", "suspended", "true"},
		{"suspend", "unchanged: it was suspended already", "true"}, {"resume", "resumed", "false"}, {"suspend", "suspended", "true"},
	} {
		assert.Equal(t, "cronjob.batch/externalsecret-runner "+step[1]+"\n", i.well(t, "runs", step[0]))
		assert.Equal(t, step[2], suspended())
	}
	assert.Contains(t, i.well(t, "install", never, "--controller-class=ours"), "cronjob.batch/externalsecret-runner unchanged\n")
	assert.Equal(t, "true", suspended(), "installing again does not resume it")

	job := i.started(t, "--runner-flag=--force", "--runner-flag=--controller-class=theirs")
	var made struct {
		Metadata struct {
			Labels, Annotations map[string]string
			OwnerReferences     []struct{ Kind, Name string }
		}
		Spec struct {
			TTLSecondsAfterFinished, BackoffLimit int
			Template                              struct {
				Spec struct{ Containers []struct{ Args []string } }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(i.Kubectl(t, "", "get", "job", job, "-n", system, "-o", "json")), &made))
	assert.True(t, strings.HasPrefix(job, "externalsecret-runner-manual-"), job)
	assert.Equal(t, "externalsecret-runner", made.Metadata.Labels["app.kubernetes.io/name"])
	assert.Equal(t, "manual", made.Metadata.Annotations["cronjob.kubernetes.io/instantiate"])
	assert.Equal(t, []struct{ Kind, Name string }{{"CronJob", "externalsecret-runner"}}, made.Metadata.OwnerReferences)
	assert.Equal(t, []int{3600, 6}, []int{made.Spec.TTLSecondsAfterFinished, made.Spec.BackoffLimit})
	assert.Equal(t, []string{
		"--lease=$(POD_NAMESPACE)/externalsecret-runner", "--report-to=$(POD_NAMESPACE)/externalsecret-runner", "--termination-log=/dev/termination-log",
		"--force", "--controller-class=theirs",
	}, made.Spec.Template.Spec.Containers[0].Args)
}

func TestWhatRunsCanNotDoIsSaid(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	for _, args := range [][]string{{"runs"}, {"runs", "x"}, {"runs", "-o", "json"}, {"runs", "--follow"}, {"runs", "start"}, {"runs", "suspend"}, {"runs", "resume"}} {
		r := i.run(t, args...)
		assert.Equal(t, 1, r.Code, args)
		assert.Equal(t, "Error from server (NotFound): no runner is installed in namespace \"externalsecret-system\": see kubectl externalsecret install: "+
			"cronjobs.batch \"externalsecret-runner\" not found\n", r.Stderr, args)
		assert.Empty(t, r.Stdout)
	}
	i.well(t, "install", never, "--shards=3")
	account := i.ServiceAccountKubeconfig(t, "default", "nobody")
	for says, args := range map[string][]string{
		`read the runner's reports: configmaps "externalsecret-runner" is forbidden: User "system:serviceaccount:default:nobody" cannot get`: {"runs"},
		`read the runner's CronJob: cronjobs.batch "externalsecret-runner" is forbidden`:                                                     {"runs", "start"},
	} {
		r := i.run(t, append(args, "--kubeconfig", account)...)
		assert.Equal(t, 1, r.Code)
		assert.True(t, strings.HasPrefix(r.Stderr, "Error from server (Forbidden): "+says), r.Stderr)
	}
	for says, args := range map[string][]string{
		"runs takes one name":                  {"runs", "a", "b"},
		"--follow and --output cannot be used": {"runs", "-f", "-o", "json"},
		`unable to match a printer suitable`:   {"runs", "-o", "xml"},
		`--runner-flag "force" is not a flag`:  {"runs", "start", "--runner-flag=force"},
		`runs start takes no arguments: "now"`: {"runs", "start", "now"},
	} {
		r := i.run(t, args...)
		assert.Equal(t, 1, r.Code, args)
		assert.Contains(t, r.Stderr, says)
	}
}

func TestTheRightsForRunsAreThoseThatAreDocumented(t *testing.T) {
	i := fresh(t)
	defer i.clear(t)
	i.well(t, "install", never)
	account := i.ServiceAccountKubeconfig(t, "default", "operator")
	as := func(args ...string) harness.Result { return i.run(t, append(args, "--kubeconfig", account)...) }
	grant := func(name, rules string) {
		i.Kubectl(t, fmt.Sprintf(`
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: %[1]s}
rules: %[2]s
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: %[1]s}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %[1]s}
subjects: [{kind: ServiceAccount, name: operator, namespace: default}]`, name, rules), "apply", "-n", system, "-f", "-")
	}
	grant("look", `[{apiGroups: [""], resources: [configmaps], resourceNames: [externalsecret-runner], verbs: [get]}, {apiGroups: [batch], resources: [jobs], verbs: [list]}]`)
	require.Eventually(t, func() bool { return as("runs").Code == 0 }, 10*time.Second, 100*time.Millisecond)
	assert.Equal(t, "No runs found in externalsecret-system namespace.\n", as("runs").Stderr)
	assert.Equal(t, 1, as("runs", "suspend").Code)
	grant("stop", `[{apiGroups: [batch], resources: [cronjobs], resourceNames: [externalsecret-runner], verbs: [get, patch]}]`)
	require.Eventually(t, func() bool { return as("runs", "suspend").Code == 0 }, 10*time.Second, 100*time.Millisecond)
	assert.Equal(t, 1, as("runs", "start").Code)
	grant("start", `[{apiGroups: [batch], resources: [jobs], verbs: [create]}]`)
	require.Eventually(t, func() bool { return as("runs", "start").Code == 0 }, 10*time.Second, 100*time.Millisecond)
	job := i.runs(t)[0].Job
	i.end(t, i.pods(t, job, 1)[0], 0)
	i.ended(t, job, "Complete")
	assert.Contains(t, as("runs", "--follow").Stderr, `cannot get resource "jobs"`)
	grant("follow", `[{apiGroups: [batch], resources: [jobs], verbs: [get]}, {apiGroups: [""], resources: [pods], verbs: [list]}, {apiGroups: [""], resources: [pods/log], verbs: [get]}]`)
	require.Eventually(t, func() bool { return !strings.Contains(as("runs", "--follow").Stderr, "Forbidden") }, 10*time.Second, 100*time.Millisecond)
}
