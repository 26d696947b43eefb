package conform

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// An expression that costs too much is stopped, and what it was asked of fails
// with the reason: it does not pass.
func TestCostLimit(t *testing.T) {
	c := own(t, statement+"each: file, must: \"work.all(a, work.all(b, work.all(c, work.all(d, a + b + c + d != ''))))\"}")
	f := file(t, "2026-06-30")
	for i := range 200 {
		if err := f.Put(Subject{Kind: "work", ID: fmt.Sprint(i)}, wardbook.Work{}); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	r, err := c.Run(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Results[0]
	if got.Outcome != Fail || !strings.Contains(got.Failing[0].Why, "cost limit") {
		t.Errorf("%+v", got)
	}
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("took %s", took)
	}
	double := "'aaaaaaaaaaaaaaaa'"
	for range 40 {
		double = "cel.bind(x, " + double + ", x + x)"
	}
	if r, err = own(t, statement+"each: file, must: \""+double+" != ''\"}").Run(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if got := r.Results[0]; got.Outcome != Fail || !strings.Contains(got.Failing[0].Why, "cost limit") {
		t.Errorf("a text of terabytes: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Run(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
}

// An expression that breaks on a record fails that record, with the reason.
func TestEvaluationError(t *testing.T) {
	c := own(t, statement+"each: work, must: \"self.devices[3].device != ''\"}")
	f := file(t, "2026-06-30")
	if err := f.Put(Subject{Kind: "work", ID: "w1"}, wardbook.Work{}); err != nil {
		t.Fatal(err)
	}
	r, err := c.Run(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Results[0]; got.Outcome != Fail || got.Failing[0].Why == "" {
		t.Errorf("%+v", got)
	}
}

// A reference is the record that it refers to; one that is not there is empty.
func TestReferences(t *testing.T) {
	c := own(t, statement+"each: work, must: \"self.risk.title == 'pump' && has(self.risk)\"}")
	f := file(t, "2026-06-30")
	for _, err := range []error{
		f.Put(Subject{Kind: "risk", ID: "r1"}, wardbook.Risk{Title: "pump"}),
		f.Put(Subject{Kind: "work", ID: "w1"}, wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: "r1"}}),
		f.Put(Subject{Kind: "work", ID: "w2"}, wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: "r2"}}),
		f.Put(Subject{Kind: "work", ID: "w3"}, wardbook.Work{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r, err := c.Run(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Results[0]; got.Asked != 3 || len(got.Passing) != 1 || got.Passing[0].ID != "w1" {
		t.Errorf("%+v", got)
	}
	if err := f.Put(Subject{Kind: "work", ID: "w4"}, wardbook.Risk{}); err == nil {
		t.Error("a risk was taken as work")
	}
	if err := f.Add(wardbook.Revision{Kind: "token", ID: "t", Data: []byte("{}")}); err != nil {
		t.Errorf("a kind that checks cannot ask: %v", err)
	}
	if err := f.Add(wardbook.Revision{Kind: "work", ID: "w5", Data: []byte("[")}); err == nil {
		t.Error("half a record was taken")
	}
}

// BenchmarkRun asks all checks of 10,000 records with 100,000 links.
func BenchmarkRun(b *testing.B) {
	c := compiled(b, "iec-80001-1")
	records := largeFile(b)
	for b.Loop() {
		f := file(b, "2026-06-30")
		for _, r := range records {
			if err := f.Add(r); err != nil {
				b.Fatal(err)
			}
		}
		r, err := c.Run(b.Context(), f)
		if err != nil {
			b.Fatal(err)
		}
		if n := r.Result("80001-1:6.1.2-d").Asked; n < 5000 {
			b.Fatalf("%d risks were asked", n)
		}
	}
}

// BenchmarkCompile is what a program pays once.
func BenchmarkCompile(b *testing.B) {
	s := compiled(b, "iec-80001-1").Standard
	for b.Loop() {
		if _, err := Compile(s); err != nil {
			b.Fatal(err)
		}
	}
}

// Whatever stands in a file of one's own: it compiles or has faults, and what
// compiles ends.
func FuzzCompile(f *testing.F) {
	f.Add("work", "self.risk.state == 'accepted'")
	f.Add("risk", "self.register.decided.exists(d, d.at < timestamp('2026-01-01T00:00:00Z'))")
	f.Add("file", "risk.all(k, v, v.title.matches('^(a+)+$'))")
	f.Add("file", "lists.range(1000000).all(i, i >= 0)")
	f.Add("risk", "cel.bind(x, self, x == self) || 'a'.replace('a', 'aaaa').size() > 0")
	f.Add("risk", "wardbook.Risk{title: 'a'} == self")
	f.Fuzz(func(t *testing.T, each, must string) {
		s := &catalog.Standard{ID: "own", Statements: []catalog.Statement{{ID: "s", Kind: catalog.Requirement, Each: each, Must: must}}}
		c, err := Compile(s)
		if err != nil {
			return
		}
		x := file(t, "2026-06-30")
		for _, err := range []error{
			x.Put(Subject{Kind: "risk", ID: "r1"}, wardbook.Risk{Title: strings.Repeat("a", 40), Register: &wardbook.Register{Decided: make([]wardbook.RiskDecision, 2)}}),
			x.Put(Subject{Kind: "work", ID: "w1"}, wardbook.Work{Risk: wardbook.Ref[wardbook.Risk]{ID: "r1"}}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if _, err := c.Run(ctx, x); err != nil {
			t.Fatalf("%s: %s: %v", each, must, err)
		}
	})
}
