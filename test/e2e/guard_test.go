package e2e_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAStoreThatLosesEverythingTakesNoSecretWithIt(t *testing.T) {
	t.Parallel()
	const count = 40
	w := newWorld(t)
	remote := map[string]string{}
	manifests := []string{awsStore}
	for i := range count {
		remote[fmt.Sprintf("guard/%d", i)] = "v"
		manifests = append(manifests, externalSecret(fmt.Sprintf("es-%d", i), "refreshInterval: 1ms, target: {deletionPolicy: Delete}, "+dataOf(fmt.Sprintf("guard/%d", i))))
	}
	w.aws.Seed(t, remote)
	w.apply(t, manifests...)
	w.pass(t).synced(t)
	require.Len(t, w.leftIn(t), count)

	w.aws.Delete(t, "guard/0")
	one := w.pass(t).synced(t)
	assert.Equal(t, map[string]int{"deleted": 1, "unchanged": count - 1}, one.Report.Outcomes, "one is no accident")
	assert.Len(t, w.leftIn(t), count-1)

	for name := range remote {
		w.aws.Delete(t, name)
	}
	all := w.pass(t)
	assert.Equal(t, 1, all.Code)
	assert.Len(t, w.leftIn(t), count-1, "not one was deleted")
	assert.Equal(t, map[string]int{"failed": count - 1, "unchanged": 1}, all.Report.Outcomes)
	require.Len(t, all.Report.Causes, 1)
	assert.Equal(t, "GuardRail", all.Report.Causes[0].Reason)
	assert.Equal(t, count-1, all.Report.Causes[0].Count)
	assert.Equal(t, count-1, all.Report.Removals.Refused)
	require.Len(t, all.Report.Notes, 1)
	assert.Contains(t, all.Report.Notes[0], "39 of 39 Secrets would be deleted or emptied, and no more than 7 may be")
	ready := w.ready(t, "es-1")
	assert.EqualValues(t, "False", ready.Status)
	assert.Contains(t, ready.Message, "--max-removals")

	refused := w.plugin(t, "refresh", "--all")
	assert.Equal(t, 1, refused.Code)
	assert.Contains(t, refused.Stderr, "39 of 39 Secrets would be deleted or emptied")
	assert.Len(t, w.leftIn(t), count-1)

	meant := w.plugin(t, "refresh", "--all", "--max-removals", "100%")
	assert.Zero(t, meant.Code, "%s%s", meant.Stdout, meant.Stderr)
	assert.Empty(t, w.leftIn(t), "who means it says so")
}
