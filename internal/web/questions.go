package web

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
)

func (s *Server) questionRoutes() []route {
	return []route{
		{pattern: "GET /questions", who: member, page: "questions", read: s.questions},
		{pattern: "GET /questions/{id}", who: member, page: "question", read: s.question},
		{pattern: "POST /questions/{id}", who: decider, do: s.answerQuestion},
		{pattern: "POST /questions/{id}/back", who: decider, do: s.takeAnswerBack},
	}
}

type askedRecord = store.Stored[wardbook.Asked]

// questionsView is a page of questions.
type questionsView struct {
	*table
	Open int64
}

func (s *Server) questions(q *request, tx *store.Tx) (any, error) {
	counts, err := tx.Count(wardbook.Asked{}.RecordKind(), store.ListOptions{})
	if err != nil {
		return nil, err
	}
	u := q.r.URL.Query()
	state, kind, text := cmp.Or(u.Get("state"), string(wardbook.QuestionOpen)), u.Get("kind"), strings.Fields(strings.ToLower(u.Get("q")))
	opts := store.ListOptions{Limit: 1000}
	if state != "every" {
		opts.States = []string{state}
	}
	var all []askedRecord
	for {
		page, err := store.List[wardbook.Asked](tx, opts)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if opts.After = page.Next; page.Next == "" {
			break
		}
	}
	var states, kinds []string
	for _, st := range wardbook.QuestionStates {
		states = append(states, string(st))
	}
	for _, k := range wardbook.QuestionKinds {
		kinds = append(kinds, string(k))
	}
	l := list[askedRecord]{
		Name: "questions", Label: "Questions", Search: "Words of the question", Empty: "No question fits.",
		ID: func(r askedRecord) string { return r.ID }, All: slices.Values(all),
		Fits: func(r askedRecord) bool {
			in := strings.ToLower(r.Value.Text + "\n" + r.Value.Key + "\n" + r.Short())
			return (kind == "" || string(r.Value.Kind) == kind) && !slices.ContainsFunc(text, func(w string) bool { return !strings.Contains(in, w) })
		},
		Order: func(a, b askedRecord) int {
			return cmp.Or(cmp.Compare(b.Value.Affected, a.Value.Affected), cmp.Compare(a.Number, b.Number))
		},
		Columns: []column[askedRecord]{
			{Head: "Question", Sub: "Number", Class: "title", Cell: func(r askedRecord) cell {
				return cell{Text: r.Value.Text, Href: q.link("/questions/" + url.PathEscape(r.ID)), Sub: &cell{Text: r.Short()}}
			}},
			{Head: "About", Class: "nb", Wide: 2, Cell: func(r askedRecord) cell { return cell{Text: words(string(r.Value.Kind))} }, Sort: "kind", Compare: by(func(r askedRecord) string { return string(r.Value.Kind) })},
			{Head: "Devices", Class: "r", Cell: func(r askedRecord) cell { return q.count(r.Value.Affected) }, Sort: "devices", Down: true, Compare: byNumber(func(r askedRecord) int { return r.Value.Affected })},
			{Head: "Findings", Class: "r", Wide: 2, Cell: func(r askedRecord) cell { return q.count(len(r.Value.Findings)) }, Sort: "findings", Down: true, Compare: byNumber(func(r askedRecord) int { return len(r.Value.Findings) })},
			{Head: "Since", Class: "nb", Wide: 3, Cell: func(r askedRecord) cell { return known(r.Value.Since) }, Sort: "since", Compare: by(func(r askedRecord) string { return r.Value.Since })},
			{Head: "State", Class: "fit", Wide: 2, Cell: func(r askedRecord) cell { return cell{Text: words(r.State), Look: "chip"} }},
		},
		Filters: []filter{
			{Name: "state", Label: "State", All: "open", Chips: true, Options: append(options(states[1:]), option{Value: "every", Label: "all"})},
			{Name: "kind", Label: "About", All: "About anything", Options: options(kinds)},
		},
	}
	t, err := l.show(q)
	return questionsView{t, counts[string(wardbook.QuestionOpen)]}, err
}

// questionView is one question: what it is about, who answered, and the form.
type questionView struct {
	Asked    askedRecord
	Answer   *store.Stored[wardbook.Answer]
	Devices  *table
	Findings *table
	Form     *form
	Back     *confirmation // takes the answer back
	History  []answerChange
}

// An answerChange is one revision of the answer.
type answerChange struct {
	wardbook.Revision
	Who    string
	Answer string
}

func (s *Server) question(q *request, tx *store.Tx) (any, error) {
	return s.questionPage(q, tx, nil)
}

func (s *Server) questionPage(q *request, tx *store.Tx, f *form) (*questionView, error) {
	asked, err := store.Get[wardbook.Asked](tx, q.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	v := &questionView{Asked: asked, Form: f}
	ids, err := tx.DeviceSet(asked.Value.DeviceSet)
	if err != nil && !isNotFound(err) {
		return nil, err
	}
	devices, err := devicesOf(tx, ids)
	if err != nil {
		return nil, err
	}
	v.Devices = q.deviceList().of(devices)
	if err := v.readFindings(s, q, tx); err != nil {
		return nil, err
	}
	if err := v.readAnswer(tx); err != nil {
		return nil, err
	}
	if v.Form == nil && q.at.IsZero() && decider.allows(q.seat.Roles) {
		v.Form = answerForm(asked.Value, v.Answer)
	}
	if v.Form != nil && v.Answer != nil && v.Answer.Value.Answer != "" {
		v.Back = &confirmation{ID: "back", Label: "Take the answer back", Question: "What it settled is a question again.", Action: "/questions/" + asked.ID + "/back", Submit: "Take it back", Danger: true, Reason: true}
	}
	return v, nil
}

func (v *questionView) readFindings(s *Server, q *request, tx *store.Tx) error {
	o, err := s.overview(tx)
	if err != nil {
		return err
	}
	in := map[string]bool{}
	for _, id := range v.Asked.Value.Findings {
		in[id] = true
	}
	var rows []findingRow
	for _, f := range o.All {
		if in[f.ID] && len(rows) < maxShown {
			rows = append(rows, f)
		}
	}
	v.Findings = q.findingList().of(rows)
	return nil
}

// readAnswer reads the answer and what it was before.
func (v *questionView) readAnswer(tx *store.Tx) error {
	key := wardbook.Answer{Kind: v.Asked.Value.Kind, Key: v.Asked.Value.Key}
	rev, err := tx.ByKey(key.RecordKind(), key.RecordKey())
	if errors.Is(err, wardbook.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a, err := store.Decode[wardbook.Answer](rev)
	if err != nil {
		return err
	}
	v.Answer = &a
	names, err := memberNames(tx)
	if err != nil {
		return err
	}
	revs, err := tx.History(rev.Kind, rev.ID, 0, 50)
	if err != nil {
		return err
	}
	for _, r := range revs {
		old, err := store.Decode[wardbook.Answer](r)
		if err != nil {
			return err
		}
		v.History = append(v.History, answerChange{Revision: r, Who: nameOr(names, r.Actor), Answer: old.Value.Answer})
	}
	return nil
}

// answerForm asks for the answer in the way of the question's kind.
func answerForm(asked wardbook.Asked, old *store.Stored[wardbook.Answer]) *form {
	x := &field{Name: "answer", Label: "Answer", Required: true}
	switch {
	case len(asked.Choices) > 0:
		x.Type, x.Options = "choice", options(asked.Choices)
	case asked.Kind == wardbook.AskClass:
		x.Label, x.Type = "Class of device", "select"
		if c, err := catalog.Load(); err == nil {
			for _, k := range c.DeviceClasses {
				x.Options = append(x.Options, option{Value: k.ID, Label: k.Name})
			}
		}
	case asked.Kind == wardbook.AskVersion:
		x.Label, x.Hint = "Version", "As the device or its maker writes it."
	case asked.Kind == wardbook.AskScore:
		x.Label, x.Hint = "CVSS vector", "Such as CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H."
	}
	f := &form{Submit: "Answer", Fields: []*field{x, {Name: "reason", Label: "How do you know?", Type: "textarea", Hint: "The book keeps it. It helps who asks later."}}}
	f.setRevision(0)
	if old != nil {
		x.Value = old.Value.Answer
		f.setRevision(old.Revision.Revision)
	}
	return f
}

func (s *Server) answerQuestion(q *request) error {
	ctx := context.WithoutCancel(q.r.Context())
	id := q.r.PathValue("id")
	var v *questionView
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = s.questionPage(q, tx, nil)
		return err
	})
	if err != nil {
		return err
	}
	if err := q.fill(v.Form); err != nil {
		return err
	}
	v.Form.setRevision(q.revision())
	if v.Form.OK() {
		cat, err := catalog.Load()
		if err != nil {
			return err
		}
		err = app.Answer(ctx, s.store, cat, app.Answering{Organization: q.seat.Organization, Actor: q.session.User, Question: id, Revision: q.revision(), Answer: v.Form.Get("answer"), Reason: v.Form.Get("reason")})
		if err == nil {
			return q.done("/questions", "Answered. The answer holds for every match of its kind, now and later.")
		}
		err = v.Form.conflict(err, func(id string) string { return "" }, func(r wardbook.Revision) (map[string]string, error) {
			a, err := store.Decode[wardbook.Answer](r)
			return map[string]string{"answer": a.Value.Answer, "reason": a.Value.Reason}, err
		})
		if err != nil {
			if err := v.Form.take(err); err != nil {
				return err
			}
		}
	}
	if v.Form.Conflict != nil {
		return q.render(conflictStatus, "question", v)
	}
	return q.again("question", v)
}

func (s *Server) takeAnswerBack(q *request) error {
	if err := q.parse(); err != nil {
		return err
	}
	id := q.r.PathValue("id")
	var revision int64
	err := q.view(func(tx *store.Tx) error {
		v, err := s.questionPage(q, tx, nil)
		if err == nil && v.Answer != nil {
			revision = v.Answer.Revision.Revision
		}
		return err
	})
	if err != nil {
		return err
	}
	err = app.TakeBack(context.WithoutCancel(q.r.Context()), s.store, app.Answering{Organization: q.seat.Organization, Actor: q.session.User, Question: id, Revision: revision, Reason: q.r.PostForm.Get("reason")})
	var invalid *wardbook.Invalid
	if errors.As(err, &invalid) {
		return &refusal{422, invalid.Error()}
	}
	if err != nil {
		return err
	}
	return q.done("/questions/"+id, "The answer is taken back.")
}
