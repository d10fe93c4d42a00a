package kubernetes

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRequestsThatAreMadeAgainAreCounted(t *testing.T) {
	refused := false
	c := serve(t, func(call) reply {
		if !refused {
			refused = true
			return reply{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"0"}}, Body: map[string]any{}}
		}
		return reply{Body: secretOf("db", nil)}
	})
	reader := c.open(t)
	assert.NoError(t, reader.Read(t.Context(), refs("db"))[0].Err)
	assert.NoError(t, reader.Read(t.Context(), refs("db"))[0].Err)
	stats := reader.Stats()
	assert.Equal(t, map[string]int{"Kubernetes.GetSecret": 3}, stats.Requests)
	assert.Equal(t, 1, stats.Retries)
	assert.Equal(t, 1, stats.Throttles)
	assert.GreaterOrEqual(t, stats.Latency.Total, stats.Latency.Max)
}
