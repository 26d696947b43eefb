package store

import (
	"reflect"
	"strings"

	"github.com/wardbook/wardbook"
)

// accounts holds the tables that project writes against the records.
func (l *live) accounts() error {
	err := l.compare("membership", `SELECT user_id, roles, '', '', '' FROM memberships WHERE organization = $1`, func(r wardbook.Revision) (string, error) {
		m, err := Decode[wardbook.Membership](r)
		return joinRoles(m.Value.Roles) + "|||", err
	})
	if err != nil {
		return err
	}
	err = l.compare("token", `SELECT id, user_id, scopes, name, CASE WHEN revoked > 0 THEN 'revoked' ELSE '' END FROM tokens
		WHERE organization = $1 AND kind = 'api'`, func(r wardbook.Revision) (string, error) {
		t, err := Decode[wardbook.Token](r)
		revoked := ""
		if t.Value.Revoked {
			revoked = "revoked"
		}
		return strings.Join([]string{t.Value.User, strings.Join(t.Value.Scopes, ","), t.Value.Name, revoked}, "|"), err
	})
	if err != nil || l.tx.org != System {
		return err
	}
	return l.compare("user", `SELECT id, email, name, CASE WHEN operator THEN 'operator' ELSE '' END,
		CASE WHEN disabled THEN 'disabled' ELSE '' END FROM users WHERE $1 <> ''`, func(r wardbook.Revision) (string, error) {
		u, err := Decode[wardbook.User](r)
		operator, disabled := "", ""
		if u.Value.Operator {
			operator = "operator"
		}
		if u.Value.Disabled {
			disabled = "disabled"
		}
		return strings.Join([]string{u.Value.RecordKey(), u.Value.Name, operator, disabled}, "|"), err
	})
}

// compare holds the records of a kind against the rows of a query: an id and
// four texts. row is the four texts of a record.
func (l *live) compare(kind, query string, row func(r wardbook.Revision) (string, error)) error {
	tx := l.tx
	want := map[string]string{}
	for o := (ListOptions{Limit: 1000}); ; {
		page, err := tx.Revisions(kind, o)
		if err != nil {
			return err
		}
		for _, r := range page.Items {
			text, err := row(r)
			if err != nil {
				l.problems.Add(kind+" "+r.ID, "cannot be read: %v", err)
			}
			want[r.ID] = text
		}
		if o.After = page.Next; o.After == "" {
			break
		}
	}
	rows, err := tx.tx.QueryContext(tx.ctx, query, tx.org)
	got := map[string]string{}
	_, err = collect(rows, err, func(s scanner) (struct{}, error) {
		var id, a, b, c, d string
		err := s.Scan(&id, &a, &b, &c, &d)
		got[id] = strings.Join([]string{a, b, c, d}, "|")
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(want, got) {
		l.differ(kind, want, got)
	}
	return nil
}

func (l *live) differ(kind string, want, got map[string]string) {
	for id, w := range want {
		if g, ok := got[id]; !ok {
			l.problems.Add(kind+" "+id, "is missing in the table that signing in reads")
		} else if g != w {
			l.problems.Add(kind+" "+id, "the table that signing in reads does not say what the record says")
		}
	}
	for id := range got {
		if _, ok := want[id]; !ok {
			l.problems.Add(kind+" "+id, "was inserted into the table that signing in reads")
		}
	}
}
