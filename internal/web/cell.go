package web

import (
	"cmp"
	"time"

	"github.com/wardbook/wardbook"
)

// count is a whole number, written for who asks.
func (q *request) count(n int) cell { return cell{Text: q.style().number(n), Value: n} }

// moment is a time, in the time zone of who asks.
func (q *request) moment(t time.Time) cell {
	if t.IsZero() {
		return cell{Text: "never", Look: "dim"}
	}
	return cell{Text: q.style().moment(t), Value: t}
}

// style is how who asks reads numbers and times.
func (q *request) style() style { return style{zone: q.user.TimeZone, format: q.user.Locale} }

// known is a text, or says that it is not known.
func known(s string) cell {
	if s == "" {
		return cell{Text: "unknown", Look: "unknown"}
	}
	return cell{Text: s}
}

// statusCell is a status with its colour.
func statusCell(s wardbook.Status) cell {
	return cell{Text: words(string(s)), Look: "status", Tone: vex(s)}
}

// by compares rows by a text.
func by[T any](of func(T) string) func(a, b T) int {
	return func(a, b T) int { return cmp.Compare(of(a), of(b)) }
}

// byNumber compares rows by a number.
func byNumber[T any, N cmp.Ordered](of func(T) N) func(a, b T) int {
	return func(a, b T) int { return cmp.Compare(of(a), of(b)) }
}
