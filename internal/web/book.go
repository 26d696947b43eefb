package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// bookView is a page of the log.
type bookView struct {
	*table
	Size       int64
	Checkpoint string // empty when the page shows the past
	Key        string
	Verified   *store.Verification
}

// An entryRow is an entry with the name of who did it.
type entryRow struct {
	wardbook.Entry
	Who  string
	What string // where its target is shown, empty: nowhere
}

func (s *Server) book(q *request, tx *store.Tx) (any, error) {
	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	l := q.entryList()
	l.Filters = []filter{
		{Name: "actor", Label: "Who", Linked: true, Show: names[u.Get("actor")]},
		{Name: "action", Label: "What", Linked: true, Show: verb(u.Get("action"))},
		{Name: "target", Label: "About", Linked: true},
	}
	l.Read = func(w window) (part[entryRow], error) {
		f := store.EntryFilter{Actor: u.Get("actor"), Action: u.Get("action"), Target: u.Get("target"), Limit: w.Limit + 1}
		f.Before, _ = strconv.ParseInt(w.After, 10, 64)
		f.After, _ = strconv.ParseInt(w.Before, 10, 64)
		return q.entries(tx, f, names, w.Limit)
	}
	t, err := l.show(q)
	if err != nil {
		return nil, err
	}
	v := bookView{table: t, Key: s.store.Verifier(), Size: position + 1}
	if q.at.IsZero() {
		v.Checkpoint, err = tx.Checkpoint()
	}
	return v, err
}

// entries reads a page of at most n entries; f asks for one more.
func (q *request) entries(tx *store.Tx, f store.EntryFilter, names map[string]string, n int) (part[entryRow], error) {
	p := part[entryRow]{Total: -1}
	f.Limit = min(f.Limit, 1000)
	n = min(n, 999)
	list, err := tx.Entries(f)
	if err != nil {
		return p, err
	}
	newer, older := f.Before > 0, len(list) > n
	if f.After > 0 {
		newer, older = len(list) > n, true
	}
	if len(list) > n && f.After > 0 {
		list = list[1:]
	}
	list = list[:min(len(list), n)]
	for _, e := range list {
		row := entryRow{Entry: e, Who: cmp.Or(names[e.Actor], e.Actor)}
		switch kind, id, _ := strings.Cut(e.Target, "/"); kind {
		case "risk":
			row.What = q.link("/risks/" + id)
		case "assessment":
			row.What = "/evidence/" + id
		}
		p.Items = append(p.Items, row)
	}
	if newer && len(list) > 0 {
		p.Prev = strconv.FormatInt(list[0].Position, 10)
	}
	if older && len(list) > 0 && list[len(list)-1].Position > 0 {
		p.Next = strconv.FormatInt(list[len(list)-1].Position, 10)
	}
	return p, nil
}

func (q *request) entryList() list[entryRow] {
	return list[entryRow]{
		Name: "entries", Label: "Log", Empty: "No entry fits.",
		Columns: []column[entryRow]{
			{Head: "Entry", Class: "r fit", Cell: func(e entryRow) cell { return cell{Text: strconv.FormatInt(e.Position, 10), Value: e.Position} }},
			{Head: "What", Sub: "About", Class: "clip", Cell: func(e entryRow) cell {
				return cell{Text: verb(e.Action), Href: q.link("/book", "action", e.Action), Sub: &cell{Text: e.Target, Href: e.What, Look: "id"}}
			}},
			{Head: "Who", Cell: func(e entryRow) cell {
				return cell{Text: e.Who, Href: q.link("/book", "actor", e.Actor), Look: "plain"}
			}},
			{Head: "When", Class: "when", Cell: func(e entryRow) cell { return q.moment(e.Time) }},
			{Head: "Why", Wide: 2, Cell: func(e entryRow) cell {
				if e.Reason == "" {
					return cell{Text: "no reason given", Look: "dim"}
				}
				return cell{Text: e.Reason}
			}},
			{Head: "Wrote", Wide: 3, Cell: func(e entryRow) cell { return cell{Text: e.wrote()} }},
		},
	}
}

// wrote says what an entry brought into the book.
func (e entryRow) wrote() string {
	var out []string
	for _, x := range []struct {
		n         int
		one, many string
	}{{len(e.Revisions), "revision", "revisions"}, {len(e.Evidence), "document", "documents"}, {len(e.Facts), "set of facts", "sets of facts"}} {
		if x.n > 0 {
			out = append(out, plural(x.n, x.one, x.many))
		}
	}
	return cmp.Or(strings.Join(out, ", "), "the entry only")
}

// memberNames are the names of all who are or were members, by id.
func memberNames(tx *store.Tx) (map[string]string, error) {
	names := map[string]string{"system": "Wardbook"}
	opts := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Membership](tx, opts)
		if err != nil {
			return nil, err
		}
		for _, m := range page.Items {
			names[m.Value.User] = m.Value.Name
		}
		if opts.After = page.Next; page.Next == "" {
			return names, nil
		}
	}
}

// verify checks the whole book. It reads all of it, so one runs at a time.
func (s *Server) verify(q *request) error {
	select {
	case s.verifying <- struct{}{}:
		defer func() { <-s.verifying }()
	default:
		return &refusal{http.StatusServiceUnavailable, "A verification is running. Try again when it is done."}
	}
	found, err := s.store.Verify(q.r.Context(), q.seat.Organization, store.VerifyOptions{})
	if err != nil {
		return err
	}
	var v bookView
	err = q.view(func(tx *store.Tx) error {
		data, err := s.book(q, tx)
		if err == nil {
			v = data.(bookView)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Verified = found
	return q.render(http.StatusOK, "book", v)
}

func (s *Server) checkpoint(q *request) error {
	return q.view(func(tx *store.Tx) error {
		c, err := tx.Checkpoint()
		if err != nil {
			return err
		}
		q.download("checkpoint.txt", "text/plain; charset=utf-8")
		_, _ = q.w.Write([]byte(c))
		return nil
	})
}

// download makes the answer a file that the browser keeps and does not show:
// what people bring must not run here.
func (q *request) download(name, mediaType string) {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\/;%`, r) {
			return '_'
		}
		return r
	}, name)
	q.w.Header().Set("Content-Type", mediaType)
	q.w.Header().Set("Content-Disposition", `attachment; filename="`+clean+`"`)
}

// export writes the whole book. An error on the way cuts the connection, so
// that half a book is not taken for a whole one.
func (s *Server) export(q *request) error {
	q.download("book.jsonl", "application/jsonl")
	if err := s.store.Export(q.r.Context(), q.seat.Organization, q.w); err != nil {
		s.o.Log.Error("export", "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// documentsView is a page of evidence.
type documentsView struct{ *table }

func (s *Server) evidence(q *request, tx *store.Tx) (any, error) {
	l := list[store.StoredEvidence]{
		Name: "documents", Label: "Documents", Search: "Name", Empty: "No document fits.",
		Columns: []column[store.StoredEvidence]{
			{Head: "Name", Sub: "Origin", Class: "clip", Cell: func(e store.StoredEvidence) cell {
				c := cell{Text: e.Name, Href: "/evidence/" + e.SHA256, Look: "download", Sub: &cell{Text: e.Origin}}
				if e.Redacted {
					c = cell{Text: e.Name, Look: "main", Sub: &cell{Text: "bytes taken out"}}
				}
				return c
			}},
			{Head: "Size", Class: "r nb", Cell: func(e store.StoredEvidence) cell { return cell{Text: size(e.Size), Value: e.Size} }},
			{Head: "SHA-256", Class: "fit", Wide: 2, Cell: func(e store.StoredEvidence) cell {
				return cell{Text: e.SHA256[:min(len(e.SHA256), 12)] + "…", Value: e.SHA256, Look: "id"}
			}},
			{Head: "Entry", Class: "r", Wide: 2, Cell: func(e store.StoredEvidence) cell {
				return cell{Text: strconv.FormatInt(e.Position, 10), Value: e.Position}
			}},
		},
		Read: func(w window) (part[store.StoredEvidence], error) {
			page, err := tx.EvidenceList(store.ListOptions{Text: w.Text, Limit: w.Limit, After: w.After, Before: w.Before})
			return part[store.StoredEvidence]{Items: page.Items, Prev: page.Prev, Next: page.Next, Total: -1}, err
		},
	}
	t, err := l.show(q)
	return documentsView{t}, err
}

func (s *Server) document(q *request) error {
	sha := q.r.PathValue("sha256")
	return q.view(func(tx *store.Tx) error {
		e, err := tx.Evidence(sha)
		if err != nil {
			return err
		}
		if e.Redacted {
			return &refusal{http.StatusGone, "The bytes of this document were taken out of the book. Its digest and the reason remain."}
		}
		r, err := tx.OpenEvidence(sha)
		if err != nil {
			return err
		}
		name := e.Name[strings.LastIndexAny(e.Name, "/!")+1:]
		q.download(name, "application/octet-stream")
		q.w.Header().Set("Content-Length", strconv.FormatInt(e.Size, 10))
		q.copy(r)
		return nil
	})
}

// membersView are the members of the organization.
type membersView struct {
	*table
	Form *form
	Link string // shown once to who invited
}

func (s *Server) members(q *request, tx *store.Tx) (any, error) { return q.members(tx, inviteForm()) }

func (q *request) members(tx *store.Tx, f *form) (membersView, error) {
	type member = store.Stored[wardbook.Membership]
	var all []member
	opts := store.ListOptions{Limit: 1000}
	for {
		page, err := store.List[wardbook.Membership](tx, opts)
		if err != nil {
			return membersView{}, err
		}
		all = append(all, page.Items...)
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	name := func(m member) string { return cmp.Or(m.Value.Name, m.Value.User) }
	role, text := wardbook.Role(q.r.URL.Query().Get("role")), strings.ToLower(q.r.URL.Query().Get("q"))
	l := list[member]{
		Name: "members", Label: "Members", Search: "Name", Empty: "No member fits.",
		All: slices.Values(all), ID: func(m member) string { return m.ID }, Order: by(func(m member) string { return strings.ToLower(name(m)) }), Sort: "name",
		Fits: func(m member) bool {
			return strings.Contains(strings.ToLower(name(m)), text) && (role == "" || m.Value.Has(role))
		},
		Filters: []filter{{Name: "role", Label: "Role", All: "all", Chips: true, Options: roleOptions()}},
		Columns: []column[member]{
			{Head: "Name", Cell: func(m member) cell { return cell{Text: name(m), Look: "main"} }, Sort: "name", Compare: by(func(m member) string { return strings.ToLower(name(m)) })},
			{Head: "Roles", Cell: func(m member) cell {
				if len(m.Value.Roles) == 0 {
					return cell{Text: "left", Look: "dim"}
				}
				var c cell
				for _, r := range m.Value.Roles {
					c.Parts = append(c.Parts, cell{Text: string(r), Look: "chip"})
				}
				return c
			}},
			{Head: "Since", Class: "nb", Wide: 2, Cell: func(m member) cell { return q.moment(m.Time) }, Sort: "since", Down: true, Compare: byNumber(func(m member) int64 { return m.Position })},
		},
	}
	t, err := l.show(q)
	return membersView{table: t, Form: f}, err
}

func roleOptions() []option {
	var out []option
	for _, r := range wardbook.Roles {
		out = append(out, option{Value: string(r), Label: string(r)})
	}
	return out
}

func inviteForm() *form {
	return &form{Action: "/members", Submit: "Invite", Fields: []*field{
		{Name: "name", Label: "Name", Required: true, Max: 200},
		{Name: "email", Label: "Mail address", Type: "email", Required: true, Max: 320, Hint: "Who has a way in already keeps it, and gets these roles."},
		{Name: "roles", Label: "Roles", Type: "checks", Options: roleOptions()},
		reasonField(false),
	}}
}

func (s *Server) invite(q *request) error {
	f := inviteForm()
	if err := q.fill(f); err != nil {
		return err
	}
	key := ""
	if f.OK() {
		in := app.Invitation{Organization: q.seat.Organization, Actor: q.session.User, Name: f.Get("name"), Email: f.Get("email"), Reason: f.Get("reason")}
		for _, r := range f.Field("roles").Values {
			in.Roles = append(in.Roles, wardbook.Role(r))
		}
		var err error
		key, err = app.Invite(q.r.Context(), s.store, in)
		if err == nil && key == "" {
			return q.done("/members", f.Get("name")+" has these roles now.")
		}
		if err != nil {
			if err := f.take(err); err != nil {
				return err
			}
		}
	}
	return q.view(func(tx *store.Tx) error {
		if f.OK() {
			v, err := q.members(tx, inviteForm())
			if err != nil {
				return err
			}
			// Shown at once and not after a redirect: the key is in no cookie.
			v.Link = q.origin() + "/password/" + key
			return q.render(http.StatusOK, "members", v)
		}
		v, err := q.members(tx, f)
		if err != nil {
			return err
		}
		return q.again("members", v)
	})
}
