package e2e_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWhatASearchFindsIsReadTogetherWithWhatOthersName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Seed(t, map[string]string{"app/api": "1", "app/db": "2", "other": "3"})
	w.apply(t, awsStore,
		externalSecret("found", "dataFrom: [{find: {name: {regexp: ^app/}}, rewrite: [{regexp: {source: ^app/, target: ''}}]}]"),
		externalSecret("found-too", "dataFrom: [{find: {name: {regexp: ^app/}}}]"),
		externalSecret("named", "data: [{secretKey: db, remoteRef: {key: app/db}}, {secretKey: other, remoteRef: {key: other}}]"))
	p := w.pass(t).synced(t)
	assert.Equal(t, map[string]string{"api": "1", "db": "2"}, w.data(t, "found"))
	assert.Equal(t, map[string]string{"app_api": "1", "app_db": "2"}, w.data(t, "found-too"))
	assert.Equal(t, map[string]string{"db": "2", "other": "3"}, w.data(t, "named"))
	assert.Equal(t, map[string]int{"SecretsManager.ListSecrets": 1, "SecretsManager.BatchGetSecretValue": 1}, p.Report.Requests)
}

func TestASearchThatMatchesNothingIsAFailureUnderRetain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "good", "payload")
	w.apply(t, awsStore, externalSecret("healthy", dataOf("good")), externalSecret("lost", "dataFrom: [{find: {name: {regexp: ^nothing}}}]"))
	p := w.pass(t)
	require.Equal(t, 1, p.Code)
	failed := p.of(t, "lost")
	assert.Equal(t, "ProviderError", failed.Reason)
	assert.Contains(t, failed.Message, "spec.dataFrom[0].find: no remote secret matches")
	w.noSecret(t, "lost")
	assert.Equal(t, map[string]string{"value": "payload"}, w.data(t, "healthy"))
}

func TestParametersAreReadTenAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var entries []string
	for _, name := range strings.Split("abcdefghijkl", "") {
		w.aws.PutParameter(t, "/shop/"+name, "value of "+name)
		entries = append(entries, "{secretKey: "+name+", remoteRef: {key: /shop/"+name+"}}")
	}
	w.apply(t, strings.Replace(awsStore, "SecretsManager", "ParameterStore", 1), externalSecret("app", "data: ["+strings.Join(entries, ",")+"]"))
	p := w.pass(t).synced(t)
	assert.Len(t, w.data(t, "app"), 12)
	assert.Equal(t, "value of l", w.data(t, "app")["l"])
	assert.Equal(t, map[string]int{"SSM.GetParameters": 2}, p.Report.Requests)
}

func TestASyncWindowHoldsBackWhatIsDueAndNotAChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.aws.Put(t, "a", "1")
	w.apply(t, awsStore, externalSecret("app", "refreshInterval: 1ms, syncWindows: {kind: deny, windows: [{schedule: '* * * * *', duration: 1h}]}, "+dataOf("a")))
	assert.Equal(t, "created", w.pass(t).synced(t).of(t, "app").Outcome, "it was never synced")
	w.aws.Put(t, "a", "2")
	held := w.pass(t).synced(t).of(t, "app")
	assert.Equal(t, "NotDue", held.Reason)
	assert.Contains(t, held.Message, "a sync window of kind deny is open")
	w.patch(t, "app", `{"metadata":{"labels":{"changed":"yes"}}}`)
	assert.Equal(t, "updated", w.pass(t).synced(t).of(t, "app").Outcome, "a change goes through")
	assert.Equal(t, map[string]string{"value": "2"}, w.data(t, "app"))
}
