package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

// Moto was written by others than the fake: what both serve alike is not a mistake that client and fake have in common.
func TestTheBasicReadsWorkWithAnotherEmulatorToo(t *testing.T) {
	t.Parallel()
	moto := harness.Moto(t)
	w := newWorld(t)
	environment := append(moto.Env(), "KUBECONFIG="+w.cluster.Kubeconfig())
	const many = 45
	var entries []string
	want := map[string]string{}
	for i := range many {
		name := fmt.Sprintf("bulk/%d", i)
		moto.Put(t, name, fmt.Sprint("value ", i))
		entries = append(entries, fmt.Sprintf("{secretKey: k%d, remoteRef: {key: %s}}", i, name))
		want[fmt.Sprintf("k%d", i)] = fmt.Sprint("value ", i)
	}
	moto.Put(t, "json", `{"user":"app","nested":{"port":5432}}`)
	moto.Put(t, "rotated", "before")
	moto.Put(t, "rotated", "after")
	w.apply(t, awsStore, secretStore("role", "role: "+roleARN("reader")+", externalID: x"),
		externalSecret("many", "data: ["+strings.Join(entries, ", ")+"]"),
		externalSecret("property", "data: [{secretKey: port, remoteRef: {key: json, property: nested.port}}]"),
		externalSecret("extract", "dataFrom: [{extract: {key: json}}]"),
		externalSecret("previous", "data: [{secretKey: value, remoteRef: {key: rotated, version: AWSPREVIOUS}}]"),
		externalSecret("absent", dataOf("absent")),
		strings.Replace(externalSecret("role", dataOf("rotated")), "name: store", "name: role", 1))

	p := w.passIn(t, environment)
	require.Equal(t, 1, p.Code, "%s%s", p.Stdout, p.Stderr)
	require.Equal(t, map[string]int{"created": 5, "failed": 1}, p.Report.Outcomes, "%s", p.Stdout)
	assert.Equal(t, want, w.data(t, "many"))
	assert.Equal(t, map[string]string{"port": "5432"}, w.data(t, "property"))
	assert.Equal(t, map[string]string{"user": "app", "nested": `{"port":5432}`}, w.data(t, "extract"))
	assert.Equal(t, map[string]string{"value": "before"}, w.data(t, "previous"))
	assert.Equal(t, map[string]string{"value": "after"}, w.data(t, "role"))
	assert.Contains(t, p.of(t, "absent").Message, "ResourceNotFoundException")
	assert.Equal(t, map[string]int{"SecretsManager.BatchGetSecretValue": 3, "SecretsManager.GetSecretValue": 2, "STS.AssumeRole": 1}, p.Report.Requests)
}
