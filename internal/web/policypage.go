package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) policyRoutes() []route {
	return []route{
		{pattern: "GET /policy", who: member, page: "policy", read: s.policyPage},
		{pattern: "GET /policy/file", who: member, do: s.policyFile},
		{pattern: "GET /policy/change", who: admin, page: "policy-change", read: s.policyForm},
		{pattern: "POST /policy/change", who: admin, do: s.checkPolicy, upload: true},
		{pattern: "POST /policy/apply", who: admin, do: s.applyPolicy, upload: true},
	}
}

// policyView is the policy in force: what its steps and levels mean, and what it
// was before.
type policyView struct {
	*overview
	Default  bool
	Matrices []matrixView
	Levels   []policyLevel
	History  []policySet
}

type policyLevel struct {
	wardbook.Level
	Look levelView
}

// A policySet is an entry with which a policy came into force.
type policySet struct {
	wardbook.Entry
	Who, SHA256 string
}

func (s *Server) policyPage(q *request, tx *store.Tx) (any, error) {
	o, err := s.overview(tx)
	if err != nil {
		return nil, err
	}
	v := policyView{overview: o}
	if o.Policy != nil {
		v.Default = o.Policy.SHA256 == catalog.DefaultPolicyDigest()
		for _, k := range wardbook.KeyProperties {
			v.Matrices = append(v.Matrices, o.grid(k, func(cellOf) int { return 0 }))
		}
		for _, l := range o.Policy.Levels {
			v.Levels = append(v.Levels, policyLevel{l, o.level(l.ID)})
		}
	}
	names, err := memberNames(tx)
	if err != nil {
		return nil, err
	}
	set, err := tx.Entries(store.EntryFilter{Action: "policy.set", Limit: 100})
	for _, e := range set {
		v.History = append(v.History, policySet{e, nameOr(names, e.Actor), strings.TrimPrefix(e.Target, "policy/")})
	}
	return v, err
}

func (s *Server) policyFile(q *request) error {
	if err := q.when(); err != nil {
		return err
	}
	var text []byte
	err := q.view(func(tx *store.Tx) (err error) {
		text, err = app.PolicyText(tx)
		return err
	})
	if err != nil {
		return err
	}
	q.download("risk-policy.yaml", "application/yaml")
	_, _ = q.w.Write(text)
	return nil
}

// policyChange is the page where a policy is written: its text, the faults in
// it, and what it would change.
type policyChange struct {
	Text    string
	Faults  []wardbook.Problem // it cannot be used
	Remarks []wardbook.Problem // it can, but looks odd
	Replay  *app.PolicyReplay
	Moves   *table
	Fault   string
	Reason  string
}

func (s *Server) policyForm(q *request, tx *store.Tx) (any, error) {
	if !q.at.IsZero() {
		return nil, &refusal{http.StatusBadRequest, "The past takes no policy. Take the date off."}
	}
	text, err := app.PolicyText(tx)
	if errors.Is(err, wardbook.ErrNotFound) || errors.Is(err, store.ErrRedacted) {
		text, err = catalog.DefaultPolicy(), nil
	}
	return policyChange{Text: string(text)}, err
}

// postedPolicy reads the text, or the file that was chosen in its place.
func (q *request) postedPolicy() (v policyChange, err error) {
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, 4*app.MaxPolicyText)
	err = q.r.ParseMultipartForm(4 * app.MaxPolicyText)
	if err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return v, brokenUpload(badForm(err))
	}
	v.Text, v.Reason = q.r.PostForm.Get("text"), strings.TrimSpace(q.r.PostForm.Get("reason"))
	if f, _, err := q.r.FormFile("file"); err == nil {
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, app.MaxPolicyText+1))
		if err != nil {
			return v, brokenUpload(err)
		}
		if len(b) > 0 {
			v.Text = string(b)
		}
	}
	// Browsers send the lines of a text with CRLF; the bytes are to be those of
	// the file.
	v.Text = strings.ReplaceAll(strings.ToValidUTF8(v.Text, "\uFFFD"), "\r\n", "\n")
	if len(v.Text) > app.MaxPolicyText {
		return v, &refusal{http.StatusRequestEntityTooLarge, fmt.Sprintf("A policy has at most %s.", size(app.MaxPolicyText))}
	}
	return v, nil
}

// look lints the text and replays it.
func (v *policyChange) look(q *request) error {
	p, err := catalog.ReadPolicy([]byte(v.Text), "the text")
	var invalid *wardbook.Invalid
	if errors.As(err, &invalid) {
		v.Faults = invalid.Problems
		return nil
	}
	if err != nil {
		return err
	}
	v.Remarks = catalog.LintPolicy([]byte(v.Text), "the text")
	return q.view(func(tx *store.Tx) (err error) {
		if v.Replay, err = app.ReplayPolicy(tx, p); err == nil {
			v.Moves = q.moveList().of(v.Replay.First)
		}
		return err
	})
}

func (q *request) moveList() list[app.PolicyMove] {
	level := func(name string, ok wardbook.Ternary) cell {
		if name == "" {
			return known("")
		}
		c := cell{Text: name, Look: "chip", Tone: "good", Sub: &cell{Text: "acceptable"}}
		if ok != wardbook.Yes {
			c.Tone, c.Sub = "bad", &cell{Text: "not acceptable"}
		}
		return c
	}
	return list[app.PolicyMove]{
		Name: "moves", Label: "What it would change", Empty: "No risk changes its level or acceptability.",
		Columns: []column[app.PolicyMove]{
			{Head: "Risk", Class: "title", Cell: func(m app.PolicyMove) cell {
				return cell{Text: m.Title, Href: "/risks/" + m.Risk, Sub: &cell{Text: m.Short}}
			}},
			{Head: "For", Cell: func(m app.PolicyMove) cell {
				return cell{Text: keyTitle(m.Key), Sub: &cell{Text: fmt.Sprintf("severity %d, likelihood %d", m.Severity, m.Likelihood)}}
			}},
			{Head: "Was", Cell: func(m app.PolicyMove) cell { return level(m.Was, m.WasOK) }},
			{Head: "Would be", Cell: func(m app.PolicyMove) cell { return level(m.Is, m.IsOK) }},
		},
	}
}

func (s *Server) checkPolicy(q *request) error {
	v, err := q.postedPolicy()
	if err != nil {
		return err
	}
	if err := v.look(q); err != nil {
		return err
	}
	if v.Faults != nil {
		return q.again("policy-change", v)
	}
	return q.render(http.StatusOK, "policy-change", v)
}

func (s *Server) applyPolicy(q *request) error {
	im, err := s.importer()
	if err != nil {
		return err
	}
	v, err := q.postedPolicy()
	if err != nil {
		return err
	}
	job, err := app.SetPolicy(q.r.Context(), im, q.seat.Organization, wardbook.Event{Actor: q.session.User, Reason: v.Reason}, []byte(v.Text))
	if err == nil {
		return q.done("/jobs/"+job, "")
	}
	var invalid *wardbook.Invalid
	switch {
	case errors.Is(err, app.ErrPolicyHolds):
		v.Fault = "This policy is in force already."
	case errors.As(err, &invalid):
		v.Fault = sentence(invalid.Error())
	default:
		return refused(err)
	}
	if err := v.look(q); err != nil {
		return err
	}
	if v.Faults != nil {
		v.Fault = ""
	}
	return q.again("policy-change", v)
}
