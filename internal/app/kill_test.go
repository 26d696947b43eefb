package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

const (
	childDSN = "WARDBOOK_TEST_CHILD_DSN"
	childKey = "WARDBOOK_TEST_CHILD_KEY"
)

// TestChild is the program that TestImportKilled kills: a worker on the same
// database.
func TestChild(t *testing.T) {
	dsn := os.Getenv(childDSN)
	if dsn == "" {
		t.Skip("runs as a process of another test")
	}
	s := dbtest.Open(t, dsn, store.KeyFile(os.Getenv(childKey)))
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	im := &app.Importer{Store: s, Catalog: cat}
	(&app.Worker{Store: s, Name: "child", Parallel: 1, Lease: time.Second, Handlers: map[string]app.Handler{app.ImportJob: im.Import}}).Run(t.Context())
}

// TestImportKilled: a process that is killed in the middle of an import loses
// the job when its lease ends; another goes on, and the end is as if nothing
// had happened.
func TestImportKilled(t *testing.T) {
	dbtest.EachDSN(t, func(t *testing.T, dsn string, opts ...store.Option) {
		key := t.TempDir() + "/child.key"
		s := dbtest.Open(t, dsn, append(opts, store.KeyFile(key))...)
		d := newDesk(t, s)
		u := d.im.NewUpload()
		defer u.Close()
		const n = 60
		for i := range n {
			if err := u.Add(fmt.Sprintf("inventory-%c%c.csv", 'a'+i/26, 'a'+i%26), strings.NewReader(table(1+100*i, 40, "1"))); err != nil {
				t.Fatal(err)
			}
		}
		up, err := u.Commit(t.Context(), d.org, ana)
		if err != nil {
			t.Fatal(err)
		}
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), childDSN+"="+dsn, childKey+"="+key)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		for i := 0; jobOf(t, s, d.org, up.Job).Done < 5; i++ {
			if time.Sleep(5 * time.Millisecond); i > 4000 {
				t.Fatal("the child does nothing")
			}
		}
		_ = child.Process.Kill()
		_ = child.Wait()
		at := jobOf(t, s, d.org, up.Job)
		if at.State != wardbook.JobRunning || at.Done >= n {
			t.Fatalf("killed too late: %+v", at)
		}
		running(t, d.w)
		j := waitFor(t, s, d.org, up.Job, wardbook.JobDone)
		if j.Attempt != 2 {
			t.Errorf("try %d", j.Attempt)
		}
		out := app.Outcomes(j)
		if len(out) != n || d.entries("source.import") != n || d.devices("") != 40*n {
			t.Errorf("%d outcomes, %d entries, %d devices", len(out), d.entries("source.import"), d.devices(""))
		}
		for _, o := range out {
			if o.What != app.WasNew {
				t.Errorf("%+v", o)
			}
		}
		d.verify()
	})
}
