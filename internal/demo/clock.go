package demo

import (
	"sync"
	"time"
)

// A Clock is the time in the story: it stands until the story moves it on. The
// store of the demonstration is opened with its Now. It is safe for use by
// several goroutines.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock makes one that stands a year before the day on which the story ends,
// or less where it tells fewer months.
func NewClock(o Options) *Clock { return &Clock{now: o.start().Add(7 * time.Hour)} }

// Now is the time in the story, UTC.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// to moves the clock on to t; it never goes back.
func (c *Clock) to(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.After(c.now) {
		c.now = t
	}
}

// pass lets minutes go by.
func (c *Clock) pass(minutes int) { c.to(c.Now().Add(time.Duration(minutes) * time.Minute)) }
