package e2e_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// many makes count ExternalSecrets es-0000…, each of which reads one of the remote secrets bulk/0000… in turn.
func (w *world) many(t *testing.T, count, distinct int) {
	t.Helper()
	remote := make(map[string]string, distinct)
	for i := range distinct {
		remote[fmt.Sprintf("bulk/%04d", i)] = fmt.Sprintf("value-of-%04d", i)
	}
	w.aws.Seed(t, remote)
	w.apply(t, awsStore)
	manifests := make([]string, count)
	for i := range manifests {
		manifests[i] = externalSecret(fmt.Sprintf("es-%04d", i), dataOf(fmt.Sprintf("bulk/%04d", i%distinct)))
	}
	w.apply(t, manifests...)
}

// counted is what the API server and AWS have been asked for by a piece of work, which is to be the only one at the time. Reads of
// single ExternalSecrets are left out: the cluster's garbage collector makes them, one for each owner that it does not know yet,
// for minutes; so are those of namespaces, which the counting makes.
func (w *world) counted(t *testing.T, work func()) (harness.RequestCounts, harness.Counters) {
	t.Helper()
	w.aws.ResetCounters(t)
	before := w.cluster.Requests(t)
	until(t, "the garbage collector has looked at what was made last", func() bool {
		last := before.Count("GET", "secrets")
		time.Sleep(200 * time.Millisecond)
		before = w.cluster.Requests(t)
		return before.Count("GET", "secrets") == last
	})
	work()
	since := w.cluster.Requests(t).Sub(before).Only("externalsecrets", "secretstores", "clustersecretstores", "secrets", "events",
		"serviceaccounts")
	maps.DeleteFunc(since, func(kind harness.Request, _ int) bool {
		return kind.Verb == "GET" && kind.Resource == "externalsecrets"
	})
	return since, w.aws.Counters(t)
}

func TestAPassOverTwoThousandExternalSecretsKeepsToItsBudget(t *testing.T) {
	w := newWorld(t)
	const count, distinct = 2000, 500
	w.many(t, count, distinct)
	var p pass

	kube, aws := w.counted(t, func() { p = w.pass(t).synced(t) })
	require.Equal(t, map[string]int{"created": count}, p.Report.Outcomes)
	require.Equal(t, distinct/20, aws.Count(harness.OpBatchGetSecretValue), "full batches of 20")
	require.Equal(t, distinct, aws.IDs[harness.OpBatchGetSecretValue], "each distinct secret once")
	require.Equal(t, distinct/20, aws.Total(), "nothing but batches: %v", aws.Requests)
	require.Equal(t, map[string]int{"SecretsManager.BatchGetSecretValue": distinct / 20}, p.Report.Requests, "the report counts the same")
	require.Equal(t, count, kube.Count("POST", "secrets"))
	require.Equal(t, count, kube.Count("PATCH", "externalsecrets/status"))
	require.LessOrEqual(t, float64(kube.Total())/count, 3.1, "requests an object:\n%s", kube)
	require.Equal(t, map[string]string{"value": "value-of-0499"}, w.data(t, "es-1999"))

	kube, aws = w.counted(t, func() { p = w.pass(t).synced(t) })
	require.Equal(t, map[string]int{"skipped": count}, p.Report.Outcomes, "nothing is due")
	require.Zero(t, aws.Total())
	require.LessOrEqual(t, kube.Total(), 12, "lists only:\n%s", kube)
	require.Equal(t, kube.Total(), kube.Count("LIST", "externalsecrets")+kube.Count("LIST", "secretstores")+
		kube.Count("LIST", "clustersecretstores")+kube.Count("LIST", "secrets"), "lists only:\n%s", kube)

	var forced harness.Result
	kube, aws = w.counted(t, func() { forced = w.plugin(t, "refresh", "--all", "-o", "name") })
	require.Zero(t, forced.Code, forced.Stderr)
	require.Equal(t, count, strings.Count(forced.Stdout, "\n"))
	require.Equal(t, distinct/20, aws.Total())
	require.Equal(t, 2000, kube.Count("PATCH", "externalsecrets/status"))
	require.Zero(t, kube.Count("POST", "secrets")+kube.Count("PUT", "secrets")+kube.Count("PATCH", "secrets"), "%s", kube)
	require.Zero(t, kube.Count("POST", "events")+kube.Count("PATCH", "events"), "%s", kube)
	require.LessOrEqual(t, float64(kube.Total())/count, 1.1, "requests an object:\n%s", kube)

	var explained harness.Result
	kube, aws = w.counted(t, func() { explained = w.plugin(t, "explain", "es-0007") })
	require.Zero(t, explained.Code, explained.Stdout)
	require.Equal(t, map[string]int{harness.OpGetSecretValue: 1, "sts.GetCallerIdentity": 1}, aws.Requests)
	require.Equal(t, 3, kube.Total(), "its store, its Secret and its Events, and nothing of the others:\n%s", kube)
	require.Equal(t, 3, kube.Count("GET", "secretstores")+kube.Count("GET", "secrets")+kube.Count("LIST", "events"), "%s", kube)
	_, aws = w.counted(t, func() { explained = w.plugin(t, "explain", "es-0007", "--offline") })
	require.Zero(t, explained.Code, explained.Stdout)
	require.Zero(t, aws.Total())
	before := w.cluster.Requests(t)
	explained = w.plugin(t, "explain", "--all", "--offline")
	require.Zero(t, explained.Code, explained.Stdout)
	require.Contains(t, explained.Stdout, "All 2000 ExternalSecrets are healthy, 2000 of them with a warning.", "nobody refreshes them")
	kube = w.cluster.Requests(t).Sub(before)
	require.Equal(t, 2, kube.Only("deployments", "cronjobs").Total(), "who refreshes is looked for once for all:\n%s", kube)
	require.Zero(t, kube.Count("LIST", "events")+kube.Count("GET", "secrets"), "%s", kube)
}

func TestEqualReadsAreSharedWhoeverAsks(t *testing.T) {
	t.Parallel()
	const role = "role: arn:aws:iam::123456789012:role/reader"
	for name, test := range map[string]struct {
		arrange func(*testing.T, *world)
		want    map[string]int
	}{
		"many entries on one secret, whole and in parts": {func(t *testing.T, w *world) {
			w.apply(t, secretStore("store", role), externalSecret("app", "data: [{secretKey: a, remoteRef: {key: json, property: a}}, "+
				"{secretKey: b, remoteRef: {key: json, property: b}}, {secretKey: c, remoteRef: {key: json}}], "+
				"dataFrom: [{extract: {key: json}}]"))
		}, map[string]int{"secretsmanager.GetSecretValue": 1, "sts.AssumeRole": 1}},
		"the current version by its name and by none": {func(t *testing.T, w *world) {
			w.apply(t, secretStore("store", role), externalSecret("app", "data: [{secretKey: a, remoteRef: {key: json}}, {secretKey: b, remoteRef: {key: json, version: AWSCURRENT}}]"))
		}, map[string]int{"secretsmanager.GetSecretValue": 1, "sts.AssumeRole": 1}},
		"two stores of equal spec": {func(t *testing.T, w *world) {
			w.apply(t, secretStore("store", role), secretStore("twin", role), externalSecret("app", dataOf("json")),
				strings.Replace(externalSecret("app2", dataOf("json")), "name: store", "name: twin", 1))
		}, map[string]int{"secretsmanager.GetSecretValue": 1, "sts.AssumeRole": 1}},
		"two stores of equal spec, in two namespaces": {func(t *testing.T, w *world) {
			w.apply(t, secretStore("store", role), externalSecret("app", dataOf("json")), clusterStore("twin-"+w.namespace, role),
				strings.Replace(externalSecret("app2", dataOf("json")), "name: store", "kind: ClusterSecretStore, name: twin-"+w.namespace, 1))
		}, map[string]int{"secretsmanager.GetSecretValue": 1, "sts.AssumeRole": 1}},
		"but not those of two callers": {func(t *testing.T, w *world) {
			w.apply(t, secretStore("store", role), secretStore("ambient", "prefix: ''"), externalSecret("app", dataOf("json")),
				strings.Replace(externalSecret("app2", dataOf("json")), "name: store", "name: ambient", 1))
		}, map[string]int{"secretsmanager.GetSecretValue": 2, "sts.AssumeRole": 1}},
		"nor those of two versions": {func(t *testing.T, w *world) {
			w.aws.Put(t, "json", `{"a":"3"}`)
			w.apply(t, secretStore("store", role), externalSecret("app", "data: [{secretKey: a, remoteRef: {key: json}}, {secretKey: b, remoteRef: {key: json, version: AWSPREVIOUS}}]"))
		}, map[string]int{"secretsmanager.GetSecretValue": 2, "sts.AssumeRole": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.Put(t, "json", `{"a":"1","b":"2"}`)
			w.aws.Role(t, harness.AWSRole{ARN: roleARN("reader")})
			test.arrange(t, w)
			w.pass(t).synced(t)
			require.Equal(t, test.want, w.aws.Counters(t).Requests)
		})
	}
}
