package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// apiRoutes are the pages about the JSON API.
func (s *Server) apiRoutes() []route {
	return []route{
		{pattern: "GET /api", who: member, page: "api", read: s.apiPage},
		{pattern: "GET /tokens", who: admin, page: "tokens", read: s.tokenPage},
		{pattern: "POST /tokens", who: admin, do: s.createToken},
		{pattern: "POST /tokens/{id}/revoke", who: admin, do: s.revokeToken},
	}
}

// tokensView lists the tokens of the organization.
type tokensView struct {
	*table
	Form    *form
	Secret  string // of one that was just made
	Revokes []confirmation
}

func (s *Server) tokenPage(q *request, tx *store.Tx) (any, error) { return q.tokens(tx, nil) }

func (q *request) tokens(tx *store.Tx, f *form) (*tokensView, error) {
	type token = store.Stored[wardbook.Token]
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	used, err := tx.TokensUsed()
	if err != nil {
		return nil, err
	}
	var all []token
	for o := (store.ListOptions{Limit: 1000}); ; {
		page, err := store.List[wardbook.Token](tx, o)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if o.After = page.Next; page.Next == "" {
			break
		}
	}
	when := func(t time.Time, none string) cell {
		if t.IsZero() {
			return cell{Text: none, Look: "dim"}
		}
		return q.moment(t)
	}
	l := list[token]{
		Name: "tokens", Label: "Tokens", Empty: "There is no token.", All: slices.Values(all), ID: func(t token) string { return t.ID },
		Order: func(a, b token) int { return b.Time.Compare(a.Time) },
		Columns: []column[token]{
			{Head: "Token", Cell: func(t token) cell { return cell{Text: t.Value.Name, Look: "main"} }},
			{Head: "State", Class: "fit", Cell: func(t token) cell {
				state := t.Value.RecordState()
				if state == "active" && !t.Value.Expires.IsZero() && !t.Value.Expires.After(q.s.o.Clock()) {
					state = "ended"
				}
				return cell{Text: state, Look: "chip"}
			}},
			{Head: "Scopes", Cell: func(t token) cell { return cell{Text: strings.Join(t.Value.Scopes, ", ")} }},
			{Head: "In the name of", Cell: func(t token) cell { return cell{Text: nameOr(names, t.Value.User)} }},
			{Head: "Ends", Class: "nb", Wide: 2, Cell: func(t token) cell { return when(t.Value.Expires, "when it is revoked") }},
			{Head: "Last used", Class: "nb", Wide: 2, Cell: func(t token) cell { return when(used[t.ID], "never") }},
		},
	}
	v := &tokensView{Form: f}
	if v.table, err = l.show(q); err != nil || !q.at.IsZero() {
		return v, err
	}
	if v.Form == nil {
		if v.Form, err = q.tokenForm(tx); err != nil {
			return nil, err
		}
	}
	for _, t := range all {
		if !t.Value.Revoked {
			v.Revokes = append(v.Revokes, confirmation{ID: "revoke-" + t.ID, Label: "Revoke " + t.Value.Name, Question: "Programs that use it are let in no more.", Action: "/tokens/" + t.ID + "/revoke", Submit: "Revoke", Danger: true, Reason: true})
		}
	}
	return v, nil
}

// tokenForm asks for a token. One that assesses or decides is for oneself:
// nobody lets a program decide in somebody else's name.
func (q *request) tokenForm(tx *store.Tx) (*form, error) {
	who, err := readPeople(tx)
	if err != nil {
		return nil, err
	}
	var scopes []option
	for _, scope := range wardbook.Scopes {
		scopes = append(scopes, option{Value: scope, Label: scopeWords[scope]})
	}
	return &form{Action: "/tokens", Submit: "Make a token", Fields: []*field{
		{Name: "name", Label: "What it is for", Required: true, Max: 200},
		{Name: "user", Label: "In the name of", Type: "select", Required: true, Value: q.session.User, Options: who.all, Hint: "It has their roles and no more than the scopes. One that assesses or decides is for yourself."},
		{Name: "scopes", Label: "It may", Type: "checks", Options: scopes, Values: []string{wardbook.ScopeRead}},
		{Name: "until", Label: "Until the end of", Type: "date", Hint: "Empty: until it is revoked."},
		reasonField(false),
	}}, nil
}

var scopeWords = map[string]string{
	wardbook.ScopeRead: "read", wardbook.ScopeImport: "bring documents, act on sources, stop jobs",
	wardbook.ScopeAssess: "answer questions; confirm, estimate and treat risks", wardbook.ScopeDecide: "accept, move and reopen risks; make and withdraw decisions",
}

func (s *Server) createToken(q *request) error {
	var f *form
	err := q.view(func(tx *store.Tx) (err error) {
		f, err = q.tokenForm(tx)
		return err
	})
	if err != nil {
		return err
	}
	if err := q.fill(f); err != nil {
		return err
	}
	w := app.TokenWish{Organization: q.seat.Organization, Actor: q.session.User, Reason: f.Get("reason"), Name: f.Get("name"), User: f.Get("user"), Scopes: f.Field("scopes").Values, Until: f.Get("until")}
	if w.User != w.Actor && slices.ContainsFunc(w.Scopes, func(scope string) bool { return scope == wardbook.ScopeAssess || scope == wardbook.ScopeDecide }) {
		f.fault("scopes", "A token that assesses or decides is made by the person in whose name it does.")
	}
	secret, status := "", http.StatusUnprocessableEntity
	if f.OK() {
		if _, secret, err = app.CreateToken(q.r.Context(), s.store, w); err == nil {
			f, status = nil, http.StatusOK
		} else if err := f.take(err); err != nil {
			return err
		}
	}
	var v *tokensView
	err = q.view(func(tx *store.Tx) (err error) {
		v, err = q.tokens(tx, f)
		return err
	})
	if err != nil {
		return err
	}
	v.Secret = secret
	return q.render(status, "tokens", v)
}

func (s *Server) revokeToken(q *request) error {
	if err := q.parse(); err != nil {
		return err
	}
	err := app.RevokeToken(q.r.Context(), s.store, q.seat.Organization, q.session.User, q.r.PathValue("id"), q.r.PostForm.Get("reason"))
	var refused *app.Refused
	if asRefused(err, &refused) {
		return &refusal{http.StatusConflict, sentence(refused.Why)}
	}
	if err != nil {
		return err
	}
	return q.done("/tokens", "The token is revoked.")
}
