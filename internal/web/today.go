package web

import (
	"fmt"
	"slices"
	"time"

	"github.com/wardbook/wardbook/internal/store"
)

// todayView is the start page: the posture, what to do first, and how old the
// data is.
type todayView struct {
	*overview
	Matrices []matrixView
	First    []riskRow
	Open     int
	Refused  int
	Overdue  int
	Unknown  int // open risks without any level
	Age      []ageRow
}

// An ageRow says how old a source is at the date of the page.
type ageRow struct {
	Source, AsOf, Note string
	Days               string
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
	if o.Assessment == nil {
		return v, nil
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
