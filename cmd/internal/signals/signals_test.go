package signals_test

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/cmd/internal/signals"
)

func TestWhatComesTogetherWithTheFirstSignalIsNoSecondOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		coming := make(chan os.Signal)
		go func() {
			coming <- syscall.SIGTERM
			coming <- syscall.SIGTERM
			time.Sleep(time.Second)
			coming <- syscall.SIGINT
		}()
		assert.Equal(t, syscall.SIGINT, signals.Second(coming))
	})
}
