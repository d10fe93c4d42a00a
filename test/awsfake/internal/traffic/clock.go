package traffic

import (
	"sync/atomic"
	"time"
)

// Clock is what time it is at the endpoint, which may differ from the time here: whoever signs a request has a wrong clock then. It is
// safe for concurrent use, and right at first.
type Clock struct {
	ahead atomic.Int64 // nanoseconds
}

// Now is the time at the endpoint.
func (c *Clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// Set puts the clock ahead of the one here, or behind it.
func (c *Clock) Set(ahead time.Duration) { c.ahead.Store(int64(ahead)) }
