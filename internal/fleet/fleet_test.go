package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/wardbook/wardbook"
)

func draw(t *rapid.T) Row {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	return Row{
		Inventory: pick("inventory", "a.csv", "b.xlsx"),
		Device: wardbook.Device{
			ID: fmt.Sprintf("A%d", rapid.IntRange(0, 30).Draw(t, "id")), Manufacturer: pick("maker", "Philips", "PHILIPS", "Baxter", ""), Model: pick("model", "MX450", "mx 450", "Spectrum", "Évita"),
			Version: pick("version", "1.0", "2.0", ""), Site: pick("site", "North", "", "South"), Location: pick("location", "ICU", "", "Ward / 3"),
			Serial: pick("serial", "S-1", "s-22", "", "x\ny"), IP: pick("ip", "10.0.0.1", ""), Product: pick("product", "P1", "P2", "P3", ""), DeviceClass: pick("class", "pump", "monitor", ""),
		},
	}
}

// known is what the index keeps of a row.
func known(r Row) Row {
	r.Serial, r.UDI, r.IP, r.MAC, r.Criticality = "", "", "", "", ""
	return r
}

// naive answers a query by looking at every row.
func naive(rows map[string]Row, q Query) (out []Row) {
	for _, r := range rows {
		v := values(&r)
		ok := q.Products == nil || q.Products[r.Product]
		for c, is := range q.Is {
			ok = ok && (len(is) == 0 || slices.Contains(is, v[c]))
		}
		all := strings.ToLower(strings.Join([]string{r.ID, r.Manufacturer, r.Model, r.ModelNumber, r.Version, r.Type, r.Site, WardOf(&r.Device), r.Zone, string(r.Service), string(r.LifeSupport), r.OS, r.Serial, r.UDI, r.IP, r.MAC, r.Criticality}, "\x1f"))
		for _, w := range strings.Fields(strings.ToLower(q.Text)) {
			ok = ok && strings.Contains(all, w)
		}
		if ok {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b Row) int {
		x, y := values(&a)[q.Sort], values(&b)[q.Sort]
		by := cmp.Or(cmp.Compare(strings.ToLower(x), strings.ToLower(y)), cmp.Compare(x, y))
		if (x == "") != (y == "") {
			by = cmp.Compare(y, x)
		}
		if q.Sort == ID {
			by = 0
		}
		n := cmp.Or(by, cmp.Compare(a.ID, b.ID))
		if q.Desc {
			n = -n
		}
		return cmp.Or(cmp.Compare(q.Rank[b.Product], q.Rank[a.Product])*sign(q.Desc), n)
	})
	return out
}

func sign(desc bool) int {
	if desc {
		return -1
	}
	return 1
}

// A snapshot after any sequence of changes answers any query as a look at every
// row would, page by page, and older snapshots still answer as they did.
func TestQueryEqualsLookingAtEveryRow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := map[string]Row{}
		s, err := Build(1, func(func(Row, error) bool) {})
		if err != nil {
			t.Fatal(err)
		}
		type state struct {
			s    *Snapshot
			rows map[string]Row
		}
		var states []state
		for step := range rapid.IntRange(1, 5).Draw(t, "steps") {
			var changes []Change
			for range rapid.IntRange(0, 20).Draw(t, "changes") {
				c := Change{Row: draw(t), Gone: rapid.IntRange(0, 3).Draw(t, "gone") == 0}
				changes = append(changes, c)
				if delete(rows, c.ID); !c.Gone {
					rows[c.ID] = c.Row
				}
			}
			s = s.Apply(int64(step), changes)
			kept := map[string]Row{}
			for k, v := range rows {
				kept[k] = v
			}
			states = append(states, state{s, kept})
			if rapid.Bool().Draw(t, "fork") {
				s.Apply(99, []Change{{Row: draw(t)}, {Row: draw(t)}}) // is dropped, and must not be seen
			}
		}
		q := Query{
			Text: rapid.SampledFrom([]string{"", "mx", "s-2 icu", "10.0", "é", "a1", "nothing"}).Draw(t, "text"),
			Sort: Column(rapid.IntRange(0, int(columns)-1).Draw(t, "sort")), Desc: rapid.Bool().Draw(t, "desc"), Limit: rapid.IntRange(1, 7).Draw(t, "limit"),
		}
		if rapid.Bool().Draw(t, "is") {
			q.Is = map[Column][]string{Manufacturer: {"Philips", ""}, Site: nil}
		}
		if rapid.Bool().Draw(t, "products") {
			q.Products = map[string]bool{"P1": true, "": true}
		}
		if rapid.Bool().Draw(t, "rank") {
			q.Rank = map[string]int{"P1": 2, "P2": 5}
		}
		for _, st := range states {
			check(t, st.s, st.rows, q)
		}
	})
}

func check(t *rapid.T, s *Snapshot, rows map[string]Row, q Query) {
	want := naive(rows, q)
	var got []Row
	for {
		r := s.Query(q)
		if r.Total != len(want) {
			t.Fatalf("%+v: total %d, want %d", q, r.Total, len(want))
		}
		if len(r.Rows) > q.Limit {
			t.Fatalf("%d rows on a page of %d", len(r.Rows), q.Limit)
		}
		got = append(got, r.Rows...)
		if r.Next == "" || len(got) > len(want) {
			break
		}
		q.After = r.Next
	}
	for i := range want {
		want[i] = known(want[i])
	}
	if d := gocmp.Diff(want, got); d != "" {
		t.Fatalf("%+v:\n%s", q, d)
	}
	n := 0
	for _, c := range s.Counts(q, Model) {
		n += c.N
	}
	if len(q.Is[Model]) == 0 && n != len(want) {
		t.Fatalf("%d devices by model, want %d", n, len(want))
	}
	if ids := s.IDs(q); len(ids) != len(want) || !slices.IsSorted(ids) {
		t.Fatalf("ids %v, want %d", ids, len(want))
	}
	for _, p := range []string{"P1", "P2", "P3", "", "P9"} {
		have := 0
		for id := range s.OfProduct(p) {
			if rows[id].Product != p {
				t.Fatalf("%s is not of %q", id, p)
			}
			have++
		}
		if have != s.CountOfProduct(p) {
			t.Fatalf("%d devices of %q, counted %d", have, p, s.CountOfProduct(p))
		}
	}
}

// A device that left while somebody turned pages by id: the next page goes on
// where it stood.
func TestPageAfterADeviceThatLeft(t *testing.T) {
	var changes []Change
	for _, id := range []string{"a", "b", "c", "d"} {
		changes = append(changes, Change{Row: Row{Device: wardbook.Device{ID: id}}})
	}
	s := empty().Apply(1, changes).Apply(2, []Change{{Row: Row{Device: wardbook.Device{ID: "b"}}, Gone: true}})
	for _, tt := range []struct {
		desc bool
		want string
	}{{false, "c"}, {true, "a"}} {
		if r := s.Query(Query{After: "b", Desc: tt.desc, Limit: 1}); len(r.Rows) != 1 || r.Rows[0].ID != tt.want {
			t.Errorf("desc %v: %+v, want %s", tt.desc, r.Rows, tt.want)
		}
	}
}
