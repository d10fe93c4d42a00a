package fetch_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/fetch"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// closing is a shelf that is closed.
type closing struct {
	shelf
	closed int
	err    error
}

func (c *closing) Close(ctx context.Context) error {
	c.closed++
	return errors.Join(c.err, ctx.Err())
}

func TestReadersAreClosed(t *testing.T) {
	good, bad, plain := &closing{}, &closing{err: errors.New("refused")}, &shelf{}
	readers := fetch.NewReaders(func(_ context.Context, identity string) (provider.Reader, error) {
		known := map[string]provider.Reader{"good": good, "bad": bad, "plain": plain}
		if known[identity] == nil {
			return nil, errors.New("no such store")
		}
		return known[identity], nil
	})
	for _, identity := range []string{"good", "good", "bad", "plain", "none"} {
		_, _ = readers.Open(t.Context(), identity) // that one fails is part of it
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	failed := readers.Close(stopped)
	require.Len(t, failed, 1)
	require.EqualError(t, failed["bad"], "refused")
	assert.Equal(t, 1, good.closed, "once, even when the pass was told to stop")
	assert.Equal(t, 1, bad.closed)
}
