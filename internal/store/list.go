package store

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/wardbook/wardbook"
)

// Sort orders of List.
const (
	ByNumber  = "number"  // of the record, the default
	ByTitle   = "title"   //
	ByState   = "state"   //
	ByChanged = "changed" // by when the revision was written
)

var sortColumns = map[string]string{
	"": "r.number", ByNumber: "r.number", ByTitle: "r.title", ByState: "r.state", ByChanged: "r.from_pos",
}

// ListOptions pick records of one kind, put them in order and cut a page.
// Empty fields pick all.
type ListOptions struct {
	States   []string // any of these
	Text     string   // in the title or the key, case does not count
	LinkKind string   // only records that refer to the record of this kind …
	LinkID   string   // … and id
	Sort     string
	Desc     bool
	Limit    int    // 50 where 0, at most 1000
	After    string // Page.Next of the page before
	Before   string // Page.Prev of the page after; not together with After
}

// A Page is a part of a list.
type Page[T any] struct {
	Items []T
	Next  string // for ListOptions.After; empty: this is the last page
	Prev  string // for ListOptions.Before; empty: this is the first page
}

// edge is where a page begins or ends, as asked for.
func edge(after, before string) (c cursor, given, back bool, err error) {
	if after == "" && before == "" {
		return c, false, false, nil
	}
	text := after
	if text == "" {
		text, back = before, true
	}
	c, err = parseCursor(text)
	return c, true, back, err
}

// cut makes a page of n items out of what was read: one more where there are
// more, and in the opposite order when going back.
func cut[T any](items []T, n int, given, back bool, cursorOf func(T) cursor) Page[T] {
	more := len(items) > n
	if more {
		items = items[:n]
	}
	if back {
		slices.Reverse(items)
	}
	p := Page[T]{Items: items}
	if len(items) == 0 {
		return p
	}
	if back && more || given && !back {
		p.Prev = cursorOf(items[0]).String()
	}
	if more || back {
		p.Next = cursorOf(items[len(items)-1]).String()
	}
	return p
}

// cursor is where a page ends: the values of the sort column and the id.
type cursor struct {
	Number int64  `json:"n,omitempty"`
	Text   string `json:"t,omitempty"`
	ID     string `json:"i"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func parseCursor(s string) (cursor, error) {
	var c cursor
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		return c, &wardbook.Invalid{Problems: wardbook.Problems{{Place: "after", Message: "is not the end of a page"}}}
	}
	return c, nil
}

// listQuery gathers the conditions and arguments of a list.
type listQuery struct {
	where strings.Builder
	args  []any
}

// and adds a condition; each ? in it stands for one of the values.
func (q *listQuery) and(condition string, values ...any) {
	q.where.WriteString(" AND ")
	for i, part := range strings.Split(condition, "?") {
		if i > 0 {
			q.args = append(q.args, values[i-1])
			fmt.Fprintf(&q.where, "$%d", len(q.args)+1) // $1 is the organization
		}
		q.where.WriteString(part)
	}
}

// likeText is a pattern that finds s anywhere.
func likeText(s string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(strings.ToLower(s)) + "%"
}

// Revisions lists the records of a kind, each as the revision that holds.
func (tx *Tx) Revisions(kind string, o ListOptions) (Page[wardbook.Revision], error) {
	var page Page[wardbook.Revision]
	column, ok := sortColumns[o.Sort]
	if !ok {
		return page, &wardbook.Invalid{Problems: wardbook.Problems{{Place: "sort", Message: fmt.Sprintf("%q is no order", o.Sort)}}}
	}
	var q listQuery
	q.and("r.kind = ? AND "+tx.holds("r"), kind)
	q.filter(o)
	c, given, back, err := edge(o.After, o.Before)
	if err != nil {
		return page, err
	}
	direction, than := "", ">"
	if o.Desc != back {
		direction, than = " DESC", "<"
	}
	if given {
		var value any = c.Number
		if o.Sort == ByTitle || o.Sort == ByState {
			value = c.Text
		}
		q.and("("+column+", r.id) "+than+" (?, ?)", value, c.ID)
	}
	n := limit(o.Limit)
	q.args = append(q.args, n+1)
	rows, err := tx.rows(fmt.Sprintf(`SELECT %s%s WHERE r.organization = $1%s ORDER BY %s%s, r.id%s LIMIT $%d`,
		revisionColumns, revisionTables, q.where.String(), column, direction, direction, len(q.args)+1), q.args...)
	items, err := collect(rows, err, tx.scanRevision)
	if err != nil {
		return page, err
	}
	return cut(items, n, given, back, func(r wardbook.Revision) cursor { return edgeOf(r, o.Sort) }), nil
}

func edgeOf(r wardbook.Revision, sort string) cursor {
	switch sort {
	case ByTitle:
		return cursor{Text: r.Title, ID: r.ID}
	case ByState:
		return cursor{Text: r.State, ID: r.ID}
	case ByChanged:
		return cursor{Number: r.Position, ID: r.ID}
	}
	return cursor{Number: r.Number, ID: r.ID}
}

func (q *listQuery) filter(o ListOptions) {
	if len(o.States) > 0 {
		states := make([]any, len(o.States))
		for i, s := range o.States {
			states[i] = s
		}
		q.and("r.state IN (?"+strings.Repeat(", ?", len(states)-1)+")", states...)
	}
	if o.Text != "" {
		q.and(`(lower(r.title) LIKE ? ESCAPE '\' OR lower(r.record_key) LIKE ? ESCAPE '\')`, likeText(o.Text), likeText(o.Text))
	}
	if o.LinkKind != "" {
		q.and(`EXISTS (SELECT 1 FROM links l WHERE l.organization = r.organization AND l.kind = r.kind AND l.id = r.id
			AND l.revision = r.revision AND l.to_kind = ? AND l.to_id = ?)`, o.LinkKind, o.LinkID)
	}
}

// Count counts the records that Revisions would list, by state.
func (tx *Tx) Count(kind string, o ListOptions) (map[string]int64, error) {
	var q listQuery
	q.and("r.kind = ? AND "+tx.holds("r"), kind)
	q.filter(o)
	rows, err := tx.rows(`SELECT r.state, count(*) FROM revisions r WHERE r.organization = $1`+q.where.String()+` GROUP BY r.state`, q.args...)
	counts := map[string]int64{}
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var state string
		var n int64
		err := s.Scan(&state, &n)
		counts[state] = n
		return struct{}{}, err
	})
	return counts, err
}

// List reads a page of the records of type T.
func List[T wardbook.Record](tx *Tx, o ListOptions) (Page[Stored[T]], error) {
	var zero T
	var page Page[Stored[T]]
	rs, err := tx.Revisions(zero.RecordKind(), o)
	if err != nil {
		return page, err
	}
	page.Next, page.Prev = rs.Next, rs.Prev
	for _, r := range rs.Items {
		v, err := Decode[T](r)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, v)
	}
	return page, nil
}

// LinksFrom lists what a record refers to, in the order of the paths.
func (tx *Tx) LinksFrom(kind, id string) ([]wardbook.Link, error) {
	rows, err := tx.rows(`SELECT l.path, l.to_kind, l.to_id FROM links l
		JOIN revisions r ON r.organization = l.organization AND r.kind = l.kind AND r.id = l.id AND r.revision = l.revision
		WHERE l.organization = $1 AND l.kind = $2 AND l.id = $3 AND `+tx.holds("r")+` ORDER BY l.path`, kind, id)
	return collect(rows, err, scanLink)
}

func scanLink(s scanner) (l wardbook.Link, err error) {
	return l, s.Scan(&l.Path, &l.Kind, &l.ID)
}

// A Referrer is a record that refers to another.
type Referrer struct {
	wardbook.Revision
	Path string // of the field that refers
}

// LinksTo lists the records that refer to a record, by kind and number.
func (tx *Tx) LinksTo(kind, id string) ([]Referrer, error) {
	rows, err := tx.rows(`SELECT l.path, `+revisionColumns+` FROM links l
		JOIN revisions r ON r.organization = l.organization AND r.kind = l.kind AND r.id = l.id AND r.revision = l.revision
		LEFT JOIN events e ON e.organization = r.organization AND e.position = r.from_pos
		WHERE l.organization = $1 AND l.to_kind = $2 AND l.to_id = $3 AND `+tx.holds("r")+`
		ORDER BY r.kind, r.number, l.path`, kind, id)
	return collect(rows, err, func(s scanner) (Referrer, error) {
		var ref Referrer
		var err error
		ref.Revision, err = tx.scanRevision(prefixed{s, &ref.Path})
		return ref, err
	})
}

// prefixed scans a column in front of those that another function scans.
type prefixed struct {
	scanner
	first any
}

func (p prefixed) Scan(dest ...any) error { return p.scanner.Scan(append([]any{p.first}, dest...)...) }
