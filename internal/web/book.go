package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

// bookView is a page of the log.
type bookView struct {
	Entries    []entryRow
	Next       int64
	Size       int64
	Checkpoint string // empty when the page shows the past
	Key        string
	Filter     struct{ Actor, Action string }
	Verified   *store.Verification
}

// An entryRow is an entry with the name of who did it.
type entryRow struct {
	wardbook.Entry
	Who  string
	What string // where its target is shown, empty: nowhere
}

func (s *Server) book(q *request, tx *store.Tx) (any, error) {
	u := q.r.URL.Query()
	v := bookView{Key: s.store.Verifier()}
	v.Filter.Actor, v.Filter.Action = u.Get("actor"), u.Get("action")
	before, _ := strconv.ParseInt(u.Get("before"), 10, 64)
	entries, err := tx.Entries(store.EntryFilter{Actor: v.Filter.Actor, Action: v.Filter.Action, Before: before, Limit: pageSize})
	if err != nil {
		return nil, err
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		row := entryRow{Entry: e, Who: e.Actor}
		if n := names[e.Actor]; n != "" {
			row.Who = n
		}
		switch kind, id, _ := strings.Cut(e.Target, "/"); kind {
		case "risk":
			row.What = q.link("/risks/" + id)
		case "assessment":
			row.What = "/evidence/" + id
		}
		v.Entries = append(v.Entries, row)
	}
	if len(entries) == pageSize && entries[pageSize-1].Position > 0 {
		v.Next = entries[pageSize-1].Position
	}
	position, err := tx.Position()
	if err != nil {
		return nil, err
	}
	v.Size = position + 1
	if q.at.IsZero() {
		v.Checkpoint, err = tx.Checkpoint()
	}
	return v, err
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
type documentsView struct {
	Items []store.StoredEvidence
	Next  string
	Text  string
}

func (s *Server) evidence(q *request, tx *store.Tx) (any, error) {
	u := q.r.URL.Query()
	page, err := tx.EvidenceList(store.ListOptions{Text: u.Get("q"), Limit: pageSize, After: u.Get("after")})
	return documentsView{page.Items, page.Next, u.Get("q")}, err
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
	Items []store.Stored[wardbook.Membership]
	Roles []wardbook.Role
	Next  string
	Fault string
	Link  string // shown once to who invited
	Form  app.Invitation
}

func (s *Server) members(q *request, tx *store.Tx) (any, error) {
	page, err := store.List[wardbook.Membership](tx, store.ListOptions{Limit: 200, Sort: store.ByTitle, After: q.r.URL.Query().Get("after")})
	return membersView{Items: page.Items, Next: page.Next, Roles: wardbook.Roles}, err
}

func (s *Server) invite(q *request) error {
	if err := q.r.ParseForm(); err != nil {
		return badForm(err)
	}
	in := app.Invitation{
		Organization: q.seat.Organization, Actor: q.session.User,
		Name: q.r.PostForm.Get("name"), Email: q.r.PostForm.Get("email"), Reason: q.r.PostForm.Get("reason"),
	}
	for _, r := range q.r.PostForm["role"] {
		in.Roles = append(in.Roles, wardbook.Role(r))
	}
	key, inviteErr := app.Invite(q.r.Context(), s.store, in)
	fault := ""
	if inviteErr != nil {
		if fault = faultText(inviteErr); fault == "" {
			return inviteErr
		}
	}
	return q.view(func(tx *store.Tx) error {
		data, err := s.members(q, tx)
		if err != nil {
			return err
		}
		v := data.(membersView)
		status := http.StatusOK
		if v.Fault = fault; fault != "" {
			status, v.Form = http.StatusUnprocessableEntity, in
		} else if key != "" {
			v.Link = q.origin() + "/password/" + key
		}
		return q.render(status, "members", v)
	})
}
