package demo

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wardbook/wardbook/internal/store"
)

func TestYear(t *testing.T) {
	o := Options{Until: time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC), Program: "wardbook test", Cache: t.TempDir()}
	o.Progress = func(what string, done, total int) {
		t.Logf("%v %d/%d %s", time.Now().Format("05.000"), done, total, what)
	}
	clock := NewClock(o)
	s, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "demo.db"), store.Clock(clock.Now))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Make(t.Context(), s, clock, os.DirFS("../../examples/st-example"), o); err != nil {
		t.Fatal(err)
	}
}
