//go:build unix

package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// TestMain is also the program that TestKill kills.
func TestMain(m *testing.M) {
	if dsn := os.Getenv("WARDBOOK_KILL_DSN"); dsn != "" {
		if err := writeForEver(dsn, os.Getenv("WARDBOOK_KILL_KEY"), os.Getenv("WARDBOOK_KILL_RUN")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// writeForEver edits, imports and enqueues, and says the number of each
// Update on standard output once it is acknowledged.
func writeForEver(dsn, key, run string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, dsn, store.KeyFile(key))
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		err := s.Update(ctx, "north", event, func(tx *store.Tx) error {
			name := fmt.Sprint(run, "-", n)
			if _, err := tx.Put("counter", store.AnyRevision, testRecord{Title: name}); err != nil {
				return err
			}
			if _, err := tx.Put(name, 0, testRecord{Title: name, Refs: []wardbook.Ref[testRecord]{{ID: "counter"}}}); err != nil {
				return err
			}
			if _, err := tx.AddEvidence(wardbook.Evidence{Name: name}, strings.NewReader(strings.Repeat(name, 20_000))); err != nil {
				return err
			}
			devices := make([]wardbook.Device, 150)
			for i := range devices {
				devices[i] = wardbook.Device{ID: strconv.Itoa(i), Version: fmt.Sprint((n + i) / 50)}
			}
			if _, err := tx.ReconcileDevices("cmms", store.All(devices)); err != nil {
				return err
			}
			_, err := tx.Enqueue(wardbook.Job{Kind: name})
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

// TestKill kills a program that writes, again and again. What it said was done
// is there, whole, and the book verifies. WARDBOOK_KILL_ROUNDS sets how often.
func TestKill(t *testing.T) {
	rounds := 10
	if n, err := strconv.Atoi(os.Getenv("WARDBOOK_KILL_ROUNDS")); err == nil {
		rounds = n
	}
	dbtest.EachDSN(t, func(t *testing.T, dsn string, _ ...store.Option) {
		key := filepath.Join(t.TempDir(), "key")
		s := dbtest.Open(t, dsn, store.KeyFile(key))
		org(t, s, "north")
		acknowledged := 0
		for round := range rounds {
			last := killOne(t, dsn, key, fmt.Sprint("run", round))
			acknowledged += last + 1
			view(t, s, "north", func(tx *store.Tx) error {
				for n := range last + 2 { // one more may be there: killed between commit and word
					name := fmt.Sprint("run", round, "-", n)
					_, err := tx.Revision("test", name)
					if err != nil && n <= last {
						t.Errorf("acknowledged and lost: %v", err)
					}
					if err != nil {
						continue
					}
					docs, err := tx.EvidenceList(store.ListOptions{Text: name})
					if err != nil || len(docs.Items) == 0 {
						t.Errorf("%s is half there: %v", name, err)
					}
				}
				return nil
			})
		}
		v, err := s.Verify(t.Context(), "north", store.VerifyOptions{})
		verified(t, v, err)
		t.Logf("%d rounds, %d updates acknowledged, %d entries", rounds, acknowledged, v.Entries)
		if acknowledged == 0 {
			t.Error("no program got far enough to be killed while writing")
		}
	})
}

// killOne starts the writer, kills it a little after its first word, or one time
// in four at any moment while it starts, and returns the last number that it
// said, -1 when it said none.
func killOne(t *testing.T, dsn, key, run string) int {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "WARDBOOK_KILL_DSN="+dsn, "WARDBOOK_KILL_KEY="+key, "WARDBOOK_KILL_RUN="+run)
	var complaint strings.Builder
	c.Stderr = &complaint
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	wait, early := 20*time.Second, rand.IntN(4) == 0
	if early {
		wait = time.Duration(rand.IntN(400)) * time.Millisecond
	}
	kill := time.AfterFunc(wait, func() { c.Process.Kill() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last < 0 && !early {
			kill.Reset(time.Duration(rand.IntN(120)) * time.Millisecond)
		}
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatalf("the writer said %q", lines.Text())
		}
	}
	c.Wait()
	if complaint.Len() > 0 {
		t.Fatalf("the writer failed: %s", complaint.String())
	}
	return last
}
