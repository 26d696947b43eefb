package web

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// TestPick: the pages of a list, forth and back, are the sorted list cut into
// pieces, whatever the order, the filter and the size of a page.
func TestPick(t *testing.T) {
	type row struct {
		id string
		n  int
	}
	id := func(r row) string { return r.id }
	for round := range 300 {
		rnd := rand.New(rand.NewPCG(1, uint64(round)))
		var rows []row
		for i := range rnd.IntN(200) {
			rows = append(rows, row{fmt.Sprintf("%04d", i), rnd.IntN(20)})
		}
		rnd.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		compare := func(a, b row) int { return cmp.Compare(a.n, b.n) }
		fits := func(r row) bool { return r.n%3 > 0 }
		if round%3 == 0 {
			compare = nil
		}
		var want []row
		for _, r := range rows {
			if fits(r) {
				want = append(want, r)
			}
		}
		if compare != nil {
			slices.SortFunc(want, func(a, b row) int { return cmp.Or(compare(a, b), strings.Compare(a.id, b.id)) })
		}
		limit := 1 + rnd.IntN(30)
		var got []row
		var pages [][]row
		w := window{Limit: limit}
		last := ""
		for {
			p := pick(slices.Values(rows), w, compare, fits, id)
			if p.From != len(got) || p.Total != len(want) || (p.Prev == "") != (len(got) == 0 || len(p.Items) == 0) {
				t.Fatalf("round %d: from %d of %d, want %d of %d, prev %q", round, p.From, p.Total, len(got), len(want), p.Prev)
			}
			got = append(got, p.Items...)
			pages = append(pages, p.Items)
			if last = p.Prev; p.Next == "" {
				break
			}
			w.After = p.Next
		}
		if !slices.Equal(got, want) {
			t.Fatalf("round %d: got %v, want %v", round, got, want)
		}
		for i := len(pages) - 2; i >= 0; i-- {
			p := pick(slices.Values(rows), window{Limit: limit, Before: last}, compare, fits, id)
			if !slices.Equal(p.Items, pages[i]) || p.From != i*limit {
				t.Fatalf("round %d: page %d going back: %v, want %v", round, i, p.Items, pages[i])
			}
			last = p.Prev
		}
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "pump": "pump", "=1+1": "'=1+1", "+49 30": "'+49 30", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "＝1": "'＝1", "a=b": "a=b",
	} {
		if got := harmless(in); got != want {
			t.Errorf("harmless(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestExport: a file has the rows, order and columns of the page; what others
// wrote does not run as a formula.
func TestExport(t *testing.T) {
	h := newHouse(t)
	h.update(h.org, func(tx *store.Tx) error {
		var devices []wardbook.Device
		for i := range 120 {
			devices = append(devices, wardbook.Device{ID: fmt.Sprintf("SE-%03d", i), Model: fmt.Sprintf("=cmd|' /C calc'!A%d", i%7), Manufacturer: "Zetamed", Location: "Ward", Service: wardbook.InService})
		}
		_, err := tx.ReconcileDevices("assessment", store.All(devices))
		return err
	})
	w := h.ask("viewer", http.MethodGet, "/inventory?as=csv&sort=-model&q=zetamed", nil)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	rows, err := csv.NewReader(w.Body).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := []string{"Asset", "Device", "Maker", "Version", "Ward", "Site", "Class", "Service", "Address"}
	if diff := gocmp.Diff(head, rows[0]); diff != "" || len(rows) != 121 {
		t.Fatalf("%d rows, head %s", len(rows), diff)
	}
	if rows[1][1] != "'=cmd|' /C calc'!A6" {
		t.Errorf("a formula: %q", rows[1][1])
	}
	w = h.ask("viewer", http.MethodGet, "/inventory?as=xlsx&sort=-model&q=zetamed", nil)
	f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	sheet, err := f.GetRows(f.GetSheetName(0))
	if err != nil || len(sheet) != 121 || sheet[1][1] != rows[1][1] || sheet[120][0] != rows[120][0] {
		t.Fatalf("%d rows, %v", len(sheet), err)
	}
	if w := h.ask("", http.MethodGet, "/inventory?as=csv", nil); w.Code != http.StatusSeeOther {
		t.Errorf("a file for anybody: %d", w.Code)
	}
}

// TestExportLimit: a file says where it was cut off.
func TestExportLimit(t *testing.T) {
	tt := &table{Head: []heading{{Text: "N"}}, subs: []string{""}}
	tt.each = func(yield func([]cell, error) bool) {
		if yield([]cell{{Text: "1", Value: 1}}, nil) {
			yield(nil, errOver)
		}
	}
	var b bytes.Buffer
	if err := tt.writeCSV(&b); err != nil || !strings.HasSuffix(strings.ReplaceAll(b.String(), "\r\n", "\n"), "1\n\""+overNote+"\"\n") && !strings.Contains(b.String(), overNote) {
		t.Errorf("%v %q", err, b.String())
	}
}

// TestInventoryPages: a page of the fleet, forth and back, filtered.
func TestInventoryPages(t *testing.T) {
	h := newHouse(t)
	h.update(h.org, func(tx *store.Tx) error {
		var devices []wardbook.Device
		for i := range 120 {
			devices = append(devices, wardbook.Device{ID: fmt.Sprintf("SE-%03d", i), Model: fmt.Sprint("M", i%3), Manufacturer: "Zetamed", Location: "Ward"})
		}
		_, err := tx.ReconcileDevices("assessment", store.All(devices))
		return err
	})
	read := func(target string) (body, prev, next string) {
		t.Helper()
		w := h.ask("viewer", http.MethodGet, target, nil)
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d", target, w.Code)
		}
		body = w.Body.String()
		link := func(rel string) string {
			_, rest, ok := strings.Cut(body, `rel="`+rel+`" href="`)
			if !ok {
				return ""
			}
			href, _, _ := strings.Cut(rest, `"`)
			return strings.ReplaceAll(href, "&amp;", "&")
		}
		return body, link("prev"), link("next")
	}
	first, prev, next := read("/inventory?q=zetamed&sort=-model")
	if prev != "" || next == "" || !strings.Contains(first, "1–50 of 120 rows") {
		t.Fatalf("the first page: prev %q, next %q", prev, next)
	}
	second, prev, next := read(next)
	third, _, end := read(next)
	if prev == "" || end != "" || strings.Contains(third, `rel="next"`) {
		t.Errorf("the second page: prev %q, next %q, then %q", prev, next, end)
	}
	again, _, _ := read(prev)
	rows := func(body string) []string {
		var out []string
		for _, part := range strings.Split(body, `href="/inventory/`)[1:] {
			id, _, _ := strings.Cut(part, `"`)
			out = append(out, id)
		}
		return out
	}
	if len(rows(second)) != 50 || !slices.Equal(rows(first), rows(again)) {
		t.Errorf("back again: %v, want %v", rows(again), rows(first))
	}
	past, _, _ := read("/inventory?q=zetamed&at=2026-03-01T11:59:59Z")
	if !strings.Contains(past, "No device fits.") {
		t.Error("the past knows of later devices")
	}
}

// TestForms: what is wrong stands beside its field, and what was typed is kept.
func TestForms(t *testing.T) {
	h := newHouse(t)
	w := h.ask("viewer", http.MethodPost, "/account", url.Values{"time_zone": {"Mars/Olympus"}, "locale": {"de"}, "theme": {"dark"}, "keys": {"off"}})
	if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "is no time zone") || !strings.Contains(body, `value="Mars/Olympus"`) {
		t.Errorf("a time zone that is none: %d", w.Code)
	}
	w = h.ask("viewer", http.MethodPost, "/account", url.Values{"time_zone": {"Europe/Berlin"}, "locale": {"de"}, "theme": {"dark"}, "keys": {"off"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account" || len(w.Result().Cookies()) != 1 {
		t.Fatalf("saving: %d %v", w.Code, w.Header())
	}
	body := h.ask("viewer", http.MethodGet, "/book", nil).Body.String()
	for _, want := range []string{`data-theme="dark"`, `data-keys="off"`, "13:00 CET"} {
		if !strings.Contains(body, want) {
			t.Errorf("the preferences do not show: %s", want)
		}
	}
	if body := h.ask("analyst", http.MethodGet, "/book", nil).Body.String(); !strings.Contains(body, "12:00 UTC") {
		t.Error("the preferences of one show for another")
	}
}

func TestStyle(t *testing.T) {
	for _, c := range []struct{ format, whole, part string }{
		{"", "1,234,567", "1,234.5"}, {"de", "1.234.567", "1.234,5"}, {"fr", "1\u202F234\u202F567", "1\u202F234,5"}, {"de-CH", "1’234’567", "1’234.5"},
	} {
		s := style{format: c.format}
		if got := s.number(1234567); got != c.whole {
			t.Errorf("%s: %s", c.format, got)
		}
		if got := s.decimal(1234.5, 1); got != c.part {
			t.Errorf("%s: %s", c.format, got)
		}
	}
	if got := number(-1234); got != "-1,234" {
		t.Error(got)
	}
}

// TestConflict: the form of who comes second keeps what they typed, shows what
// the first saved, and starts from there.
func TestConflict(t *testing.T) {
	f := &form{Fields: []*field{{Name: "title", Label: "Title", Value: "mine"}, {Name: "due", Label: "Due", Value: "2026-05-01"}}}
	f.setRevision(3)
	err := fmt.Errorf("save: %w", &wardbook.EditConflict{
		Kind: "risk", ID: "R-1", Expected: 3,
		Base:    &wardbook.Revision{Data: []byte(`{"title":"old","due":"2026-05-01","wards":["A"]}`)},
		Current: &wardbook.Revision{Revision: 4, Actor: "u1", Data: []byte(`{"title":"theirs","due":"2026-05-01","wards":["A","B"]}`)},
	})
	who := func(string) string { return "Ana" }
	err = f.conflict(err, who, func(wardbook.Revision) (map[string]string, error) {
		return map[string]string{"title": "theirs", "due": "2026-05-01"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	title, due := f.Field("title"), f.Field("due")
	if f.OK() || title.Value != "mine" || title.Theirs != "theirs" || due.Differs || f.Conflict.Who != "Ana" {
		t.Errorf("%+v %+v %+v", f.Conflict, title, due)
	}
	want := []change{{"title", "old", "theirs"}, {"wards", "A", "A, B"}}
	if diff := gocmp.Diff(want, f.Conflict.Changes); diff != "" {
		t.Error(diff)
	}
	if diff := gocmp.Diff([][2]string{{"revision", "4"}}, f.Hidden); diff != "" {
		t.Error(diff)
	}
}

// TestEvents: a browser that listens hears of the book, and of nothing else's.
func TestEvents(t *testing.T) {
	h := newHouse(t)
	w := h.ask("viewer", http.MethodGet, "/events", nil)
	if !strings.Contains(w.Body.String(), "event: book\ndata: ") || w.Header().Get("Content-Type") != "text/event-stream" {
		t.Errorf("%d %q", w.Code, w.Body.String())
	}
}
