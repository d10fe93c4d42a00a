package restart

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// What is done on an API server is seen by the end-to-end tests.
func TestNothingIsBegunOnceTheRefreshWasStopped(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("timed out after 1s"))
	var told []Result
	config := Config{Kube: &rest.Config{Host: "http://127.0.0.1:1"}, Observe: func(r Result) { told = append(told, r) }}
	results, err := Run(ctx, config, []core.Result{
		{Namespace: "shop", Outcome: core.Updated, Secret: "db", Changes: write.Changes{Changed: []string{"a"}}},
		{Namespace: "bank", Outcome: core.Unchanged, Secret: "db"}, {Namespace: "other", Outcome: core.Failed, Secret: "db"},
	})
	require.NoError(t, err)
	assert.Equal(t, []Result{
		{Namespace: "bank", Outcome: Failed, Message: "timed out after 1s"}, {Namespace: "shop", Outcome: Failed, Message: "timed out after 1s"},
	}, results)
	assert.Equal(t, results, told)
}

func TestNothingRefreshedAsksForNothing(t *testing.T) {
	results, err := Run(t.Context(), Config{Kube: &rest.Config{Host: "http://127.0.0.1:1"}}, nil)
	require.NoError(t, err)
	assert.Empty(t, results)
}
