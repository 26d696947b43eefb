package web

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

// todayView is the start page: the posture, what to do first, and how old the
// data is.
type todayView struct {
	*overview
	Waits    []waitView // what waits for who asks
	Matrices []matrixView
	First    []riskRow
	Open     int
	Refused  int
	Overdue  int
	Unknown  int // open risks without any level
	Inbox    int // matters that wait
	Late     int // of them overdue
	Age      []ageRow
}

// A waitView is one kind of thing that waits for somebody: the first of them,
// and where all are.
type waitView struct {
	Title, Why, Link string
	N                int
	Rows             []waitRow
}

type waitRow struct {
	riskRow
	Note string
	Late bool
	Tile levelView
}

// shownWaits is how many of each kind Today shows.
const shownWaits = 4

// waits lists what waits for who asks: what is theirs, and what their roles let
// them decide.
func (q *request) waits(o *overview) []waitView {
	today := q.today()
	var out []waitView
	add := func(who access, title, why string, note func(riskRow) string, pairs ...string) {
		if !who.allows(q.seat.Roles) {
			return
		}
		f := q.riskFilter(url.Values(pairsOf(pairs)))
		w := waitView{Title: title, Why: why, Link: q.link("/risks", pairs...)}
		for _, r := range o.Risks {
			if !f.fits(r, today) {
				continue
			}
			if w.N++; w.N <= shownWaits {
				w.Rows = append(w.Rows, waitRow{r, note(r), r.Overdue(today), worst(r)})
			}
		}
		if w.N > 0 {
			out = append(out, w)
		}
	}
	dueNote := func(r riskRow) string {
		if r.Due == "" {
			return "no date"
		}
		return "due " + r.Due
	}
	add(member, "Yours", "you answer for them", dueNote, "show", "todo", "owner", "me")
	add(approver, "To decide", "somebody else estimated them, and the policy lets them be accepted", dueNote, "show", "decide")
	add(analyst, "Changed since decided", "the program proposes other values: take them, or say why not", dueNote, "show", "newer")
	add(decider, "Acceptance ends", fmt.Sprintf("within %d days; then they are open again", endingDays), func(r riskRow) string { return "until " + r.Accepted }, "show", "ending")
	add(decider, "Overdue", "their date has passed", dueNote, "show", "overdue")
	add(analyst, "Proposals", "confirm or dismiss them", dueNote, "state", string(wardbook.RiskProposed))
	return out
}

// pairsOf makes parameters of names and values.
func pairsOf(pairs []string) map[string][]string {
	out := map[string][]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i]] = []string{pairs[i+1]}
	}
	return out
}

// An ageRow says how old a source is at the date of the page.
type ageRow struct {
	Source, AsOf, Note string
	Days               string
	Feed               string // up to when a feed is known, in words; empty: it is none
	Stale, Unknown     bool
}

// staleDays is from when data is called old.
const staleDays = 30

func (s *Server) today(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	v := todayView{overview: o, Matrices: o.matrices(slices.Values(o.Risks), func(pairs ...string) string { return q.link("/risks", pairs...) })}
	v.Waits = q.waits(o)
	v.Inbox, v.Late = o.waiting(q.today())
	for _, r := range o.Risks {
		if !r.Open {
			continue
		}
		v.Open++
		if r.Refused {
			v.Refused++
		}
		if r.Overdue(q.today()) {
			v.Overdue++
		}
		if r.Worst == 0 {
			v.Unknown++
		}
		if len(v.First) < 10 {
			v.First = append(v.First, r)
		}
	}
	if v.Age, err = q.feedAges(); err != nil || o.Assessment == nil {
		return v, err
	}
	for _, a := range o.Assessment.Summary.DataAge {
		row := ageRow{Source: a.Source, AsOf: a.AsOf, Note: a.Note}
		if days, ok := daysBetween(a.AsOf, q.today()); ok {
			row.Days, row.Stale = fmt.Sprintf("%s old", plural(days, "day", "days")), days > staleDays
		} else {
			row.Unknown = true
		}
		v.Age = append(v.Age, row)
	}
	return v, nil
}

// daysBetween counts the days from one date to another, not below 0.
func daysBetween(from, to string) (int, bool) {
	if len(from) > len(time.DateOnly) {
		from = from[:len(time.DateOnly)]
	}
	a, errA := time.Parse(time.DateOnly, from)
	b, errB := time.Parse(time.DateOnly, to)
	if errA != nil || errB != nil {
		return 0, false
	}
	return max(0, int(b.Sub(a).Hours()/24)), true
}
