package trace

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnErrorBelongsToTheStepNearestToTheFault(t *testing.T) {
	fault := errors.New("no such key")
	inner := fmt.Errorf("log in: %w", At(Credentials, fault))
	outer := fmt.Errorf("open the store: %w", At(Identity, inner))
	assert.Equal(t, Credentials, Of(outer))
	require.ErrorIs(t, outer, fault)
	assert.Equal(t, "open the store: log in: no such key", outer.Error(), "it reads as before")
}

func TestWhatHasNoStepHasNone(t *testing.T) {
	assert.Empty(t, Of(nil))
	assert.Empty(t, Of(errors.New("x")))
	require.NoError(t, At(Read, nil))
}

func TestTheStepsAreInOrder(t *testing.T) {
	for i, step := range Steps() {
		assert.Equal(t, i, step.Index(), step)
	}
	assert.Equal(t, -1, Step("Nap").Index())
	assert.Less(t, Property.Index(), Rewrite.Index())
}
