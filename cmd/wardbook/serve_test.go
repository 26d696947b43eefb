package main

import (
	"testing"

	"github.com/wardbook/wardbook/internal/app"
)

// TestFeedAges: where there is no feed folder nothing is told of it, and a
// source that was never fetched has no age.
func TestFeedAges(t *testing.T) {
	if feedAges(t.TempDir()+"/none") != nil {
		t.Error("ages of a folder that is not there")
	}
	dir := t.TempDir()
	if code := run([]string{"feeds", "add", "kev", "--feeds", dir}, t.Output(), t.Output()); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	ages, err := feedAges(dir)(t.Context())
	if err != nil || len(ages) != 0 {
		t.Errorf("%v %v", ages, err)
	}
}

// TestJobsCheck: a worker that gave a sign of life a moment ago is well.
func TestJobsCheck(t *testing.T) {
	w := &app.Worker{}
	check := jobsCheck(w)
	w.Beat()
	if err := check.Err(t.Context()); err != nil {
		t.Error(err)
	}
}
