package provider_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

func TestRetryAfter(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "3": 3 * time.Second, "0": 0, "-5": 0, "soon": 0, "1.5": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0, "99999999999999999999": 0,
	} {
		assert.Equal(t, want, provider.RetryAfter(http.Header{"Retry-After": {text}}), text)
	}
	at := time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)
	assert.InDelta(t, time.Minute, provider.RetryAfter(http.Header{"Retry-After": {at}}), float64(2*time.Second))
	assert.Zero(t, provider.RetryAfter(http.Header{}))
}
