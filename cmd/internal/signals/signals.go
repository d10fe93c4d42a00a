// Package signals tells a second signal from the first one that comes twice. What a signal means is for the programs to say.
package signals

import (
	"os"
	"time"
)

// together is how long after the first signal others belong to it. GNU timeout, for one, signals its program and then the group that
// this program is in; nobody presses Ctrl-C twice as fast.
const together = 100 * time.Millisecond

// Second waits for a signal after the one that has just come, and returns it. What comes together with that one does not count.
func Second(signals <-chan os.Signal) os.Signal {
	for first := time.Now(); ; {
		if second := <-signals; time.Since(first) > together {
			return second
		}
	}
}
