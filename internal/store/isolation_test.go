package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/store"
)

// reads calls each method of a Tx that reads, asking for what is alpha's.
// Methods that write are in writes. TestIsolation fails when one is in
// neither, so a new method cannot forget the organization unseen.
var reads = map[string]func(tx *store.Tx, doc string) (any, error){
	"Organization": func(tx *store.Tx, _ string) (any, error) { return tx.Organization(), nil },
	"AsOf":         func(tx *store.Tx, _ string) (any, error) { return tx.AsOf(99).Revision("test", "alpha-a") },
	"AsOfTime": func(tx *store.Tx, _ string) (any, error) {
		past, err := tx.AsOfTime(time.Now().Add(time.Hour))
		if err != nil {
			return nil, err
		}
		return past.Revisions("test", store.ListOptions{})
	},
	"Past":       func(tx *store.Tx, _ string) (any, error) { return tx.AsOf(99).Past(), nil },
	"Position":   func(tx *store.Tx, _ string) (any, error) { return tx.Position() },
	"Time":       func(tx *store.Tx, _ string) (any, error) { return tx.Time(), nil },
	"Checkpoint": func(tx *store.Tx, _ string) (any, error) { return tx.Checkpoint() },
	"Entry":      func(tx *store.Tx, _ string) (any, error) { return tx.Entry(2) },
	"Entries":    func(tx *store.Tx, _ string) (any, error) { return tx.Entries(store.EntryFilter{Limit: 1000}) },
	"Proof": func(tx *store.Tx, _ string) (any, error) {
		b, proof, err := tx.Proof(0)
		return string(b) + fmt.Sprint(proof), err
	},
	"Revision":   func(tx *store.Tx, _ string) (any, error) { return tx.Revision("test", "alpha-a") },
	"RevisionAt": func(tx *store.Tx, _ string) (any, error) { return tx.RevisionAt("test", "alpha-a", 1) },
	"ByKey":      func(tx *store.Tx, _ string) (any, error) { return tx.ByKey("test", "alpha-key") },
	"ByNumber":   func(tx *store.Tx, _ string) (any, error) { return tx.ByNumber("test", 1) },
	"History":    func(tx *store.Tx, _ string) (any, error) { return tx.History("test", "alpha-a", 0, 0) },
	"Revisions":  func(tx *store.Tx, _ string) (any, error) { return tx.Revisions("test", store.ListOptions{}) },
	"Count":      func(tx *store.Tx, _ string) (any, error) { return tx.Count("test", store.ListOptions{Text: "alpha"}) },
	"LinksFrom":  func(tx *store.Tx, _ string) (any, error) { return tx.LinksFrom("test", "alpha-b") },
	"LinksTo":    func(tx *store.Tx, _ string) (any, error) { return tx.LinksTo("test", "alpha-a") },
	"Evidence":   func(tx *store.Tx, doc string) (any, error) { return tx.Evidence(doc) },
	"EvidenceList": func(tx *store.Tx, _ string) (any, error) {
		return tx.EvidenceList(store.ListOptions{})
	},
	"OpenEvidence": func(tx *store.Tx, doc string) (any, error) {
		r, err := tx.OpenEvidence(doc)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		return string(b), err
	},
	"CompareDevices": func(tx *store.Tx, _ string) (any, error) {
		return tx.CompareDevices("alpha-inventory", store.All[wardbook.Device](nil))
	},
	"PlanDevices": func(tx *store.Tx, _ string) (any, error) {
		p, err := tx.PlanDevices("alpha-inventory", store.PlanReview{}, store.All[wardbook.Device](nil))
		if err != nil {
			return nil, err
		}
		return p.Changes, nil
	},
	"CompareComponents": func(tx *store.Tx, _ string) (any, error) { return tx.CompareComponents("alpha-p", nil) },
	"Device":            func(tx *store.Tx, _ string) (any, error) { return tx.Device("alpha-d3") },
	"Devices":           func(tx *store.Tx, _ string) (any, error) { return tx.Devices(store.FactOptions{}) },
	"EachDevice":        func(tx *store.Tx, _ string) (any, error) { return gather(tx.EachDevice("")) },
	"DeviceHistory":     func(tx *store.Tx, _ string) (any, error) { return tx.DeviceHistory("alpha-d3") },
	"ChangedDevices":    func(tx *store.Tx, _ string) (any, error) { return gather(tx.ChangedDevices(0)) },
	"CountDevices":      func(tx *store.Tx, _ string) (any, error) { return tx.CountDevices() },
	"Products":          func(tx *store.Tx, _ string) (any, error) { return tx.Products(store.FactOptions{}) },
	"Product":           func(tx *store.Tx, _ string) (any, error) { return tx.Product("alpha-p") },
	"Components":        func(tx *store.Tx, _ string) (any, error) { return tx.Components(store.FactOptions{}) },
	"EachComponent":     func(tx *store.Tx, _ string) (any, error) { return gather(tx.EachComponent("")) },
	"Findings":          func(tx *store.Tx, _ string) (any, error) { return tx.Findings(store.FactOptions{}) },
	"EachFinding":       func(tx *store.Tx, _ string) (any, error) { return gather(tx.EachFinding("")) },
	"ChangedFindings":   func(tx *store.Tx, _ string) (any, error) { return gather(tx.ChangedFindings(0)) },
	"Finding":           func(tx *store.Tx, _ string) (any, error) { return tx.Finding("alpha-f") },
	"FindingHistory":    func(tx *store.Tx, _ string) (any, error) { return tx.FindingHistory("alpha-p", "alpha-f") },
	"DeviceSet": func(tx *store.Tx, _ string) (any, error) {
		return tx.DeviceSet(alphaSet)
	},
	"TokensUsed": func(tx *store.Tx, _ string) (any, error) { return tx.TokensUsed() },
	"Job":        func(tx *store.Tx, _ string) (any, error) { return tx.Job(alphaJob) },
	"Jobs": func(tx *store.Tx, _ string) (any, error) {
		page, err := tx.Jobs(store.ListOptions{})
		return page, err
	},
}

// What the methods that take an id of the program's are asked for.
var alphaSet, alphaJob string

// writes are the methods that write. They write under $1 too, or into the
// book of the installation; those that change what is there already are tried
// on what is alpha's, and must not.
var writes = map[string]func(tx *store.Tx, doc string) error{
	"Put":         func(tx *store.Tx, _ string) error { _, err := tx.Put("alpha-a", 2, testRecord{Title: "x"}); return err },
	"AddEvidence": nil,
	"Redact":      func(tx *store.Tx, doc string) error { return tx.Redact(doc) },
	"ApplyDevices": func(tx *store.Tx, _ string) error {
		_, err := tx.ApplyDevices(&store.DevicePlan{Changes: store.Changes{Gone: []string{"alpha-d3"}}}, store.All[wardbook.Device](nil))
		if errors.Is(err, store.ErrStale) { // as it is: a plan is of one moment of one organization
			return nil
		}
		return err
	},
	"KeepDeviceSet": func(tx *store.Tx, _ string) error {
		_, _, err := tx.KeepDeviceSet([]string{"south-d"})
		return err
	},
	"ReconcileDevices": func(tx *store.Tx, _ string) error {
		_, err := tx.ReconcileDevices("alpha-inventory", store.All[wardbook.Device](nil))
		return err
	},
	"ReconcileProducts":   func(tx *store.Tx, _ string) error { _, err := tx.ReconcileProducts("", nil); return err },
	"ReconcileComponents": func(tx *store.Tx, _ string) error { _, err := tx.ReconcileComponents("alpha-p", nil); return err },
	"ReconcileFindings":   func(tx *store.Tx, _ string) error { _, err := tx.ReconcileFindings("alpha-p", nil); return err },
	"Enqueue":             nil,
	"Finish": func(tx *store.Tx, _ string) error {
		return tx.Finish(&wardbook.Job{ID: alphaJob, Worker: "w", Attempt: 1})
	},
	"CancelJob":   func(tx *store.Tx, _ string) error { return tx.CancelJob(alphaJob) },
	"CreateToken": nil,
	"SetPassword": func(tx *store.Tx, _ string) error { return tx.SetPassword("alpha-user", "x") },
	"CreateLink": func(tx *store.Tx, _ string) error {
		_, err := tx.CreateLink(store.ResetLink, "alpha-user", time.Hour)
		return err
	},
	"UseLink": func(tx *store.Tx, _ string) error { _, err := tx.UseLink(store.ResetLink, "x"); return err },
}

func gather[T any](seq iter.Seq2[T, error]) (all []T, err error) {
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// marked reports whether anything of alpha's is in v, in bytes too.
func marked(v any) bool {
	text := fmt.Sprintf("%+v", v)
	walk := func(b []byte) { text += string(b) }
	var bytesOf func(reflect.Value)
	bytesOf = func(x reflect.Value) {
		switch x.Kind() {
		case reflect.Slice:
			if x.Type().Elem().Kind() == reflect.Uint8 {
				walk(x.Bytes())
				return
			}
			for i := range x.Len() {
				bytesOf(x.Index(i))
			}
		case reflect.Struct:
			for i := range x.NumField() {
				bytesOf(x.Field(i))
			}
		case reflect.Pointer, reflect.Interface:
			if !x.IsNil() {
				bytesOf(x.Elem())
			}
		}
	}
	if v != nil {
		bytesOf(reflect.ValueOf(v))
	}
	return strings.Contains(text, "alpha")
}

func TestIsolation(t *testing.T) {
	tx := reflect.TypeFor[*store.Tx]()
	for i := range tx.NumMethod() {
		name := tx.Method(i).Name
		_, read := reads[name]
		_, write := writes[name]
		if name != "Raw" && !read && !write {
			t.Errorf("Tx.%s is in neither table of this test", name)
		}
	}
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		north, south := org(t, s, "north"), org(t, s, "south")
		fill(t, s, north, "alpha")
		update(t, s, store.System, func(tx *store.Tx) error { return nil })
		var doc string
		view(t, s, north, func(tx *store.Tx) error {
			docs, err := tx.EvidenceList(store.ListOptions{Text: "alpha-0"})
			if err != nil {
				return err
			}
			doc = docs.Items[0].SHA256
			findings, err := tx.Findings(store.FactOptions{})
			if err != nil {
				return err
			}
			alphaSet = findings.Items[0].Value.DeviceSet
			jobs, err := tx.Jobs(store.ListOptions{})
			alphaJob = jobs.Items[0].ID
			return err
		})
		for name, read := range reads {
			view(t, s, south, func(tx *store.Tx) error {
				got, err := read(tx, doc)
				if err != nil && !errors.Is(err, wardbook.ErrNotFound) {
					t.Errorf("Tx.%s: %v", name, err)
				}
				if marked(got) {
					t.Errorf("Tx.%s reads another organization: %+v", name, got)
				}
				return nil
			})
			view(t, s, north, func(tx *store.Tx) error { // the question has an answer where it belongs
				got, err := read(tx, doc)
				if err != nil {
					t.Errorf("Tx.%s at home: %v", name, err)
				}
				switch name {
				case "Organization", "Past", "Position", "Time", "Checkpoint", "Proof", "Count", "TokensUsed":
				default:
					if !marked(got) {
						t.Errorf("Tx.%s at home reads nothing: %+v", name, got)
					}
				}
				return nil
			})
		}
		before := bookOf(t, s, north)
		for name, write := range writes {
			if write != nil {
				s.Update(t.Context(), south, event, func(tx *store.Tx) error { return write(tx, doc) })
			}
			if bookOf(t, s, north) != before {
				t.Fatalf("Tx.%s changed another organization", name)
			}
		}
		var out bytes.Buffer
		if err := s.Export(t.Context(), south, &out); err != nil || strings.Contains(out.String(), "alpha") {
			t.Errorf("the exported book of south: %v, alpha's in it: %t", err, strings.Contains(out.String(), "alpha"))
		}
	})
}

// bookOf is all of an organization: its book, jobs and tokens.
func bookOf(t *testing.T, s *store.Store, org string) string {
	t.Helper()
	var out bytes.Buffer
	if err := s.Export(t.Context(), org, &out); err != nil {
		t.Fatal(err)
	}
	view(t, s, org, func(tx *store.Tx) error {
		jobs, err := tx.Jobs(store.ListOptions{})
		fmt.Fprintf(&out, "%+v", jobs)
		return err
	})
	v, err := s.Verify(t.Context(), org, store.VerifyOptions{})
	verified(t, v, err)
	return out.String()
}

// TestRowSecurity asks PostgreSQL itself: a statement that names no
// organization sees the rows of its own only.
func TestRowSecurity(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		if s.Engine() != "postgres" {
			t.Skip("SQLite has no row-level security")
		}
		if on, err := s.RowSecurity(t.Context()); err != nil || !on {
			t.Fatalf("row security is %t, %v", on, err)
		}
		north, south := org(t, s, "north"), org(t, s, "south")
		fill(t, s, north, "alpha")
		var tables []string
		rows, err := s.RawDB().Query(`SELECT table_name FROM information_schema.columns
			WHERE table_schema = 'public' AND column_name = 'organization' ORDER BY table_name`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			tables = append(tables, name)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		open := map[string]bool{"jobs": true, "memberships": true, "sessions": true, "tokens": true}
		for _, table := range tables {
			count := func(org string) (n int) {
				view(t, s, org, func(tx *store.Tx) error {
					return tx.Raw().QueryRow(`SELECT count(*) FROM ` + table + ` WHERE organization = 'north'`).Scan(&n)
				})
				return n
			}
			if open[table] {
				continue
			}
			if count(north) == 0 {
				t.Errorf("%s: nothing there to be seen", table)
			}
			if n := count(south); n != 0 {
				t.Errorf("%s: %d rows of another organization are seen", table, n)
			}
			var n int
			if err := s.RawDB().QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d rows are seen without an organization, %v", table, n, err)
			}
		}
		_, err = s.Tamper(t.Context(), south, store.VerifyOptions{}, func(tx *sql.Tx) error {
			_, err := tx.Exec(`INSERT INTO device_sets VALUES ('north', 'x', 0, '')`)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "row-level security") {
			t.Errorf("a row for another organization: %v", err)
		}
	})
}
