package app_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/dbtest"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/store"
)

// A desk is where documents are brought to.
type desk struct {
	t   *testing.T
	s   *store.Store
	im  *app.Importer
	w   *app.Worker
	org string
}

func newDesk(t *testing.T, s *store.Store) *desk {
	t.Helper()
	cat, err := catalog.Load()
	if err != nil {
		t.Fatal(err)
	}
	im := &app.Importer{Store: s, Catalog: cat}
	return &desk{t: t, s: s, im: im, org: newOrganization(t, s), w: &app.Worker{Store: s, Handlers: map[string]app.Handler{app.ImportJob: im.Import}}}
}

var ana = wardbook.Event{Actor: "ana", Reason: "monthly export"}

// bring uploads files (name, text, name, text, …), waits for the job, and gives
// all outcomes.
func (d *desk) bring(set func(*app.Upload), files ...string) []app.Outcome {
	d.t.Helper()
	u := d.im.NewUpload()
	defer u.Close()
	if set != nil {
		set(u)
	}
	for i := 0; i < len(files); i += 2 {
		if err := u.Add(files[i], strings.NewReader(files[i+1])); err != nil {
			d.t.Fatal(err)
		}
	}
	up, err := u.Commit(d.t.Context(), d.org, ana)
	if err != nil {
		d.t.Fatal(err)
	}
	if up.Job == "" {
		return up.Outcomes
	}
	return d.finish(up.Job)
}

// finish does the jobs and gives the outcomes of one.
func (d *desk) finish(job string) []app.Outcome {
	d.t.Helper()
	if job == "" {
		return nil
	}
	if err := d.w.Drain(d.t.Context()); err != nil {
		d.t.Fatal(err)
	}
	j := jobOf(d.t, d.s, d.org, job)
	if j.State != wardbook.JobDone {
		d.t.Fatalf("job: %+v", j)
	}
	return app.Outcomes(j)
}

func (d *desk) source(kind wardbook.InputKind, name string) store.Stored[wardbook.Source] {
	d.t.Helper()
	var src store.Stored[wardbook.Source]
	d.view(func(tx *store.Tx) error {
		rev, err := tx.ByKey("source", string(kind)+"/"+name)
		if err == nil {
			src, err = store.Decode[wardbook.Source](rev)
		}
		return err
	})
	return src
}

func (d *desk) view(fn func(*store.Tx) error) {
	d.t.Helper()
	if err := d.s.View(d.t.Context(), d.org, fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) act(src store.Stored[wardbook.Source], act app.SourceAct) []app.Outcome {
	d.t.Helper()
	job, err := d.im.Act(d.t.Context(), d.org, src.ID, src.Revision.Revision, act, ana)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.finish(job)
}

func (d *desk) devices(inventory string) (n int) {
	d.t.Helper()
	d.view(func(tx *store.Tx) error {
		for _, err := range tx.EachDevice(inventory) {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n
}

func (d *desk) entries(action string) (n int) {
	d.t.Helper()
	d.view(func(tx *store.Tx) error {
		e, err := tx.Entries(store.EntryFilter{Action: action, Limit: 1000})
		n = len(e)
		return err
	})
	return n
}

// inventory is a table of n devices from the first asset number on.
func table(first, n int, version string) string {
	var b strings.Builder
	b.WriteString("Asset ID;Manufacturer;Model;Software version;Ward\n")
	for i := first; i < first+n; i++ {
		fmt.Fprintf(&b, "A-%04d;Exampla;Infusia %d;%s;ICU\n", i, i%3, version)
	}
	return b.String()
}

func what(outcomes []app.Outcome) (out []app.OutcomeKind) {
	for _, o := range outcomes {
		out = append(out, o.What)
	}
	return out
}

func expect(t *testing.T, got []app.Outcome, want ...app.OutcomeKind) {
	t.Helper()
	if !slices.Equal(what(got), want) {
		t.Fatalf("outcomes %v, want %v: %+v", what(got), want, got)
	}
}

// TestInventoryLives: the same table again changes nothing; one with a few
// differences is applied; one that surprises waits, holds nothing up, and is
// applied or refused by a person.
func TestInventoryLives(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		got := d.bring(nil, "cmms-2026-01-31.csv", table(1, 100, "1.0"))
		expect(t, got, app.WasNew)
		if got[0].Change.New != 100 || got[0].Name != "cmms.csv" || got[0].Records != 100 {
			t.Errorf("%+v", got[0])
		}
		expect(t, d.bring(nil, "cmms-2026-02-28.csv", table(1, 100, "1.0")), app.WasSame)
		if n := d.entries("source.import"); n != 1 {
			t.Errorf("%d entries for one change", n)
		}

		got = d.bring(nil, "cmms-2026-03-31.csv", table(4, 100, "1.0")) // 3 gone, 3 new
		expect(t, got, app.WasReplaced)
		if c := got[0].Change; c.New != 3 || c.Gone != 3 || c.Same != 97 || c.Changed != 0 {
			t.Errorf("%+v", c)
		}
		got = d.bring(nil, "cmms-2026-04-30.csv", table(2, 102, "1.0"))
		expect(t, got, app.WasReplaced)
		if c := got[0].Change; c.Back != 2 || c.New != 0 {
			t.Errorf("%+v", c)
		}

		got = d.bring(nil, "cmms-2026-05-31.csv", table(2, 30, "2.0"))
		expect(t, got, app.WasHeld)
		if c := got[0].Change; c.Gone != 72 || c.Changed != 30 || len(c.Surprises) != 3 || d.devices("") != 102 {
			t.Errorf("%+v, %d devices", c, d.devices(""))
		}
		if c := got[0].Change; !slices.Contains(c.Samples, wardbook.ChangeSample{What: "changed", Name: "A-0002", Text: "version 1.0 → 2.0"}) {
			t.Errorf("samples %+v", c.Samples)
		}
		src := d.source(wardbook.InputInventory, "cmms.csv")
		d.view(func(tx *store.Tx) error {
			held, err := app.LastHeld(tx, src)
			if err == nil && (held == nil || held.File != "cmms-2026-04-30.csv") {
				t.Errorf("what holds meanwhile: %+v", held)
			}
			return err
		})
		if _, err := d.im.Act(t.Context(), d.org, src.ID, src.Revision.Revision, app.Refuse, wardbook.Event{Actor: "ana"}); err == nil {
			t.Error("refused without a reason")
		}
		if out := d.act(src, app.Refuse); out != nil {
			t.Errorf("%+v", out)
		}
		if src = d.source(wardbook.InputInventory, "cmms.csv"); src.Value.State != wardbook.SourceCurrent || src.Value.File != "cmms-2026-04-30.csv" || d.devices("") != 102 {
			t.Errorf("%+v", src.Value)
		}

		expect(t, d.bring(nil, "cmms-2026-05-31.csv", table(2, 30, "2.0")), app.WasHeld)
		src = d.source(wardbook.InputInventory, "cmms.csv")
		expect(t, d.act(src, app.Apply), app.WasReplaced)
		if d.devices("") != 30 {
			t.Errorf("%d devices", d.devices(""))
		}
		var conflict *wardbook.EditConflict
		if _, err := d.im.Act(t.Context(), d.org, src.ID, src.Revision.Revision, app.Apply, ana); !errors.As(err, &conflict) {
			t.Errorf("an old page: %v", err)
		}

		src = d.source(wardbook.InputInventory, "cmms.csv")
		d.act(src, app.Withdraw)
		if src = d.source(wardbook.InputInventory, "cmms.csv"); src.Value.State != wardbook.SourceWithdrawn || src.Value.Change.Gone != 30 || d.devices("") != 0 {
			t.Errorf("%+v", src.Value)
		}
		out := d.act(src, app.BringBack)
		expect(t, out, app.WasReplaced)
		if out[0].Change.Back != 30 || d.devices("cmms.csv") != 30 {
			t.Errorf("%+v", out[0].Change)
		}
		d.verify()
	})
}

func (d *desk) verify() {
	d.t.Helper()
	v, err := d.s.Verify(d.t.Context(), d.org, store.VerifyOptions{})
	if err != nil || !v.OK() {
		d.t.Errorf("the book: %v %+v", err, v)
	}
}

// TestInventorySurprises: what else a person should see first.
func TestInventorySurprises(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	for _, c := range []struct{ name, file, text, want string }{
		{"another maker behind an id", "a.csv", strings.Replace(table(1, 40, "1.0"), "A-0007;Exampla", "A-0007;Otherly", 1), "another maker or model than before, such as A-0007"},
		{"a spelling is none", "a.csv", strings.Replace(table(1, 40, "1.0"), "A-0007;Exampla", "A-0007;EXAMPLA Inc.", 1), ""},
		{"a column that is not read any more", "a.csv", strings.Replace(table(1, 40, ""), "Software version", "X9", 1), "No column is read as version any more; before it was “Software version”."},
		{"another inventory", "b.csv", table(30, 20, "1.0"), "11 devices are in another inventory (a.csv)"},
		{"not the other way", "b.csv", table(300, 20, "1.0"), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk(t, s)
			expect(t, d.bring(nil, "a.csv", table(1, 40, "1.0")), app.WasNew)
			got := d.bring(nil, c.file, c.text)
			all := strings.Join(got[0].Change.Surprises, "\n")
			if c.want == "" && got[0].What == app.WasHeld || !strings.Contains(all, c.want) {
				t.Errorf("%s: %q", got[0].What, all)
			}
		})
	}
}

// TestColumns: a person sees how columns are read, corrects it, and the next
// export is read so too.
func TestColumns(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	d := newDesk(t, s)
	text := strings.NewReplacer("Software version", "Stand X", "Ward", "Ward;Zustand").Replace(table(1, 30, "V 1.0;"))
	text = strings.ReplaceAll(text, "V 1.0;;ICU", "V 1.0;ICU;x")
	got := d.bring(func(u *app.Upload) { u.Hold = true }, "a.csv", text)
	expect(t, got, app.WasHeld)
	src := d.source(wardbook.InputInventory, "a.csv")
	var cols *app.Columns
	d.view(func(tx *store.Tx) (err error) {
		cols, err = d.im.ColumnsOf(t.Context(), tx, src.Value)
		return err
	})
	var fields []string
	for _, c := range cols.Columns {
		fields = append(fields, c.Field)
	}
	if len(fields) != 6 || fields[0] != "asset_id" || !slices.Equal(cols.Columns[3].Samples, []string{"V 1.0"}) {
		t.Fatalf("%+v", cols)
	}
	fields[3], fields[5] = "version", "nonsense"
	if _, err := d.im.Remap(t.Context(), d.org, src.ID, src.Revision.Revision, fields, ana); err == nil {
		t.Error("a field that is none")
	}
	fields[5] = "ignore"
	job, err := d.im.Remap(t.Context(), d.org, src.ID, src.Revision.Revision, fields, ana)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, d.finish(job), app.WasHeld)
	src = d.source(wardbook.InputInventory, "a.csv")
	expect(t, d.act(src, app.Apply), app.WasReplaced)
	expect(t, d.bring(nil, "a-2026-06-30.csv", strings.Replace(text, "V 1.0", "V 2.0", 1)), app.WasReplaced)
	d.view(func(tx *store.Tx) error {
		for id, want := range map[string]string{"A-0001": "2.0", "A-0002": "1.0"} {
			x, err := tx.Device(id)
			if err != nil {
				return err
			}
			if !strings.Contains(x.Value.Version, want) {
				t.Errorf("%s has version %q", id, x.Value.Version)
			}
		}
		return nil
	})
	if src := d.source(wardbook.InputInventory, "a.csv"); !strings.Contains(src.Value.Columns, "version") {
		t.Errorf("columns %q", src.Value.Columns)
	}
	// The file that the page offers does the same elsewhere.
	e := newDesk(t, s)
	expect(t, e.bring(nil, "columns.yaml", src.Value.Columns, "a.csv", text), app.WasNew)
	if got := e.source(wardbook.InputInventory, "a.csv"); got.Value.Columns != src.Value.Columns {
		t.Errorf("columns %q", got.Value.Columns)
	}
}

func bom(serial string, components ...string) string {
	var list []string
	for _, c := range components {
		name, version, _ := strings.Cut(c, "@")
		list = append(list, fmt.Sprintf(`{"type":"library","name":%q,"version":%q,"purl":"pkg:npm/%s@%s"}`, name, version, name, version))
	}
	return fmt.Sprintf(`{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":%q,"version":1,"metadata":{"component":{"type":"device","name":"Infusia","version":"2.1","manufacturer":{"name":"Exampla"}}},"components":[%s]}`, serial, strings.Join(list, ","))
}

func TestSBOMReplaces(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		expect(t, d.bring(nil, "infusia.json", bom("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", "a@1", "b@1", "c@1", "c@2")), app.WasNew)
		got := d.bring(nil, "infusia-new.json", bom("urn:uuid:4e671687-395b-41f5-a30f-a58921a69b79", "a@1", "b@2", "c@2", "d@1"))
		expect(t, got, app.WasReplaced)
		c := got[0].Change
		want := []wardbook.ChangeSample{{What: "changed", Name: "pkg:npm/b", Text: "version 1 → 2"}, {What: "gone", Name: "pkg:npm/c", Text: "1"}, {What: "new", Name: "pkg:npm/d", Text: "1"}}
		if c.New != 1 || c.Gone != 1 || c.Changed != 1 || c.Same != 2 || !slices.Equal(c.Samples, want) {
			t.Errorf("%+v", c)
		}
		if got[0].Name != "Exampla Infusia 2.1" {
			t.Errorf("name %q", got[0].Name)
		}
	})
}

func example(t *testing.T, pattern string) string {
	t.Helper()
	b, err := os.ReadFile("../../" + pattern)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestMixed: a zip and files of all kinds at once become a source each; what
// cannot be used is named and costs nothing else.
func TestMixed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		var z bytes.Buffer
		zw := zip.NewWriter(&z)
		for i := range 3 {
			w, _ := zw.Create(fmt.Sprintf("sub/%d.json", i))
			fmt.Fprint(w, csaf(fmt.Sprintf("EX-%d", i), "2026-02-01"))
		}
		w, _ := zw.Create("sub/broken.json")
		fmt.Fprint(w, `{"document":{"category":"csaf_security_advisory"`)
		zw.Close()
		var osv bytes.Buffer
		zw = zip.NewWriter(&osv)
		for i := range 3 {
			w, _ := zw.Create(fmt.Sprintf("GHSA-%d.json", i))
			fmt.Fprintf(w, `{"schema_version":"1.6.0","id":"GHSA-%d","modified":"2026-02-0%dT00:00:00Z","affected":[{"package":{"ecosystem":"npm","name":"x"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}]}`, i, i+1)
		}
		zw.Close()
		got := d.bring(nil, "advisories.zip", z.String(), "all.zip", osv.String(), "kev.json", kev, "notes.txt", "hello there\n", "empty.csv", "",
			"answers.yaml", "answers:\n- kind: product\n  key: exampla infusia\n  answer: \"yes\"\n  reason: seen\n")
		by := map[string]app.Outcome{}
		for _, o := range got {
			by[o.File] = o
		}
		for file, want := range map[string]app.OutcomeKind{
			"advisories.zip!sub/0.json": app.WasNew, "advisories.zip!sub/2.json": app.WasNew, "advisories.zip!sub/broken.json": app.WasRefused,
			"all.zip": app.WasNew, "kev.json": app.WasNew, "notes.txt": app.WasRefused, "empty.csv": app.WasRefused, "answers.yaml": app.WasNew,
		} {
			if o := by[file]; o.What != want {
				t.Errorf("%s: %+v, want %s", file, o, want)
			}
		}
		if src := d.source(wardbook.InputVulnerabilities, "OSV npm"); src.Value.Records != 3 || src.Value.AsOf != "2026-02-03" {
			t.Errorf("OSV: %+v", src.Value)
		}
		if src := d.source(wardbook.InputAdvisory, "EX-1"); src.Value.File != "advisories.zip!sub/1.json" || src.Value.Origin != "upload" {
			t.Errorf("advisory: %+v", src.Value)
		}
		d.view(func(tx *store.Tx) error {
			a, err := store.List[wardbook.Answer](tx, store.ListOptions{})
			if err == nil && (len(a.Items) != 1 || a.Items[0].Value.By != "ana" || a.Items[0].Value.Answer != "yes") {
				t.Errorf("answers: %+v", a.Items)
			}
			jobs, err2 := tx.Jobs(store.ListOptions{Text: app.AssessJob})
			if err2 == nil && len(jobs.Items) != 1 {
				t.Errorf("%d jobs assess", len(jobs.Items))
			}
			return errors.Join(err, err2)
		})
		// An older state of an advisory does not replace a newer one.
		expect(t, d.bring(nil, "old.json", csaf("EX-1", "2025-01-01")), app.WasOlder)
		expect(t, d.bring(nil, "new.json", csaf("EX-1", "2026-03-01"), "again.json", csaf("EX-1", "2026-03-01")), app.WasTwice, app.WasReplaced)
		d.verify()
	})
}

const kev = `{"title":"CISA Catalog of Known Exploited Vulnerabilities","catalogVersion":"2026.02.01","dateReleased":"2026-02-01T00:00:00.000Z","count":1,"vulnerabilities":[{"cveID":"CVE-2020-0001","vendorProject":"E","product":"I","vulnerabilityName":"x","dateAdded":"2026-01-01","shortDescription":"x","requiredAction":"x","dueDate":"2026-02-01"}]}`

func csaf(id, updated string) string {
	return fmt.Sprintf(`{"document":{"category":"csaf_security_advisory","csaf_version":"2.0","publisher":{"category":"vendor","name":"E","namespace":"https://example.org"},"title":"T","tracking":{"current_release_date":"%[2]sT00:00:00Z","id":%[1]q,"initial_release_date":"%[2]sT00:00:00Z","revision_history":[{"date":"%[2]sT00:00:00Z","number":"1","summary":"x"}],"status":"final","version":"1"}},"product_tree":{"full_product_names":[{"name":"Exampla Infusia 1.0","product_id":"P1"}]},"vulnerabilities":[{"cve":"CVE-2026-0001","product_status":{"known_affected":["P1"]}}]}`, id, updated)
}

// TestPolicy: only who may set the policy brings one; a policy with faults is
// refused with all of them, and what held before goes on to hold.
func TestPolicy(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	d := newDesk(t, s)
	good := example(t, "catalog/policy-default.yaml")
	got := d.bring(nil, "p.yaml", good)
	expect(t, got, app.WasRefused)
	if !strings.Contains(got[0].Problems[0].Message, "approver") {
		t.Errorf("%+v", got[0])
	}
	may := func(u *app.Upload) { u.Policy = true }
	expect(t, d.bring(may, "p.yaml", good), app.WasNew)
	bad := strings.Replace(strings.Replace(good, `acceptable: "yes"`, `acceptable: "perhaps"`, 2), "authority: Risk board", `authority: ""`, 1)
	got = d.bring(may, "q.yaml", bad)
	expect(t, got, app.WasRefused)
	if len(got[0].Problems) < 2 {
		t.Errorf("%+v", got[0].Problems)
	}
	if src := d.source(wardbook.InputPolicy, "policy"); src.Value.State != wardbook.SourceCurrent || src.Value.File != "p.yaml" || d.entries("policy.set") != 1 {
		t.Errorf("%+v, %d entries", src.Value, d.entries("policy.set"))
	}
}

// TestHostile: what is too large, or unpacks to too much, is refused while
// nothing is written.
func TestHostile(t *testing.T) {
	s := dbtest.Open(t, t.TempDir()+"/wardbook.db")
	d := newDesk(t, s)
	d.im.Limits = app.Limits{File: 1 << 20, Unpacked: 2 << 20, Files: 5}
	u := d.im.NewUpload()
	defer u.Close()
	if err := u.Add("big.csv", bytes.NewReader(make([]byte, 1<<20+1))); !errors.Is(err, intake.ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
	pack := func(files map[string][]byte) string {
		var z bytes.Buffer
		zw := zip.NewWriter(&z)
		for name, b := range files {
			w, _ := zw.Create(name)
			w.Write(b)
		}
		zw.Close()
		return z.String()
	}
	many := map[string][]byte{}
	for i := range 7 {
		many[fmt.Sprint(i, ".json")] = []byte(csaf(fmt.Sprint("M-", i), "2026-01-01"))
	}
	bomb := append([]byte(table(1, 5, "1")), bytes.Repeat([]byte("A-1;x;y;z;w\n"), 1<<18)...)
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"bomb.zip":   {pack(map[string][]byte{"a.csv": bomb}), "unpacks to more than the limit"},
		"many.zip":   {pack(many), "more than 5"},
		"nested.zip": {pack(map[string][]byte{"in.zip": []byte(pack(map[string][]byte{"a.csv": []byte(table(1, 5, "1"))}))}), "a zip within a zip"},
		"cut.zip":    {pack(many)[:200], "zip"},
		"x.pdf":      {"%PDF-1.7 ...", "none of: inventory"},
		"x.exe":      {"MZ\x00\x00\x01\x02", "none of: inventory"},
	} {
		got := d.bring(nil, name, c.text)
		last := got[0]
		for _, o := range got {
			if o.What == app.WasRefused {
				last = o
			}
		}
		if last.What != app.WasRefused || len(last.Problems) == 0 || !strings.Contains(last.Problems[0].Message, c.want) {
			t.Errorf("%s: %+v", name, last)
		}
	}
	for kind, text := range map[wardbook.InputKind]string{wardbook.InputSBOM: table(1, 3, "1"), wardbook.InputInventory: kev, wardbook.InputVulnerabilities: "\x00\x01", wardbook.InputKEV: "[[[[["} {
		expect(t, d.bring(func(u *app.Upload) { u.Kind = kind }, "wrong", text), app.WasRefused)
		if src := d.source(kind, "wrong"); src.Value.State != wardbook.SourceRefused {
			t.Errorf("%s: %+v", kind, src.Value)
		}
	}
}

// TestHostileNames: names and values that a database does not take hold up
// nothing.
func TestHostileNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		odd := strings.Replace(bom("urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79", "a@1"), `"name":"Infusia"`, `"name":"Inf\u0000usia\nx"`, 1)
		long := strings.Replace(csaf("EX-9", "2026-01-01"), "EX-9", strings.Repeat("E", 5000), 1)
		table := strings.Replace(table(1, 40, "1"), "A-0030;Exampla", "A-00\x0030;Exam\x00pla\xff", 1)
		got := d.bring(nil, "a\x00\n\xffb.json", odd, "long.json", long, "t.csv", table, "last.json", csaf("EX-1", "2026-01-01"))
		expect(t, got, app.WasNew, app.WasNew, app.WasNew, app.WasNew)
		if got[0].File != "a  \uFFFDb.json" || got[0].Name != "Exampla Inf usia x 2.1" {
			t.Errorf("%q, %q", got[0].File, got[0].Name)
		}
		if n := len([]rune(got[1].Name)); n != 300 {
			t.Errorf("a name of %d characters", n)
		}
		if d.devices("t.csv") != 40 {
			t.Errorf("%d devices", d.devices("t.csv"))
		}
		d.verify()
	})
}
