package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/app"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/worklist"
)

// importWork keeps a work list that somebody filled in and shows what it would
// change.
func (s *Server) importWork(q *request) error {
	if t, _, err := mime.ParseMediaType(q.r.Header.Get("Content-Type")); err != nil || t != "multipart/form-data" {
		return &refusal{http.StatusBadRequest, "This is no form with a file."}
	}
	q.r.Body = http.MaxBytesReader(q.w, q.r.Body, worklist.MaxFile+maxForm)
	parts, err := q.r.MultipartReader()
	if err != nil {
		return &refusal{http.StatusBadRequest, "This is no form with a file."}
	}
	name, reason, b, err := readWorkFile(parts)
	if err != nil {
		return brokenUpload(err)
	}
	if name == "" {
		return s.workAgain(q, "Choose the file of a work list.")
	}
	sha, err := app.BringWork(q.r.Context(), s.store, q.workEdit(reason, 0), name, b)
	var invalid *wardbook.Invalid
	if errors.As(err, &invalid) {
		return s.workAgain(q, name+": "+invalid.Problems[0].Message+".")
	}
	if err != nil {
		return err
	}
	return q.done("/worklists/"+sha, "")
}

// readWorkFile reads the form of an upload of one file.
func readWorkFile(parts *multipart.Reader) (name, reason string, b []byte, err error) {
	for range maxFields {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return name, reason, b, nil
		}
		if err != nil {
			return "", "", nil, err
		}
		if p.FileName() == "" {
			text, err := io.ReadAll(io.LimitReader(p, maxTyped))
			if err != nil {
				return "", "", nil, err
			}
			if p.FormName() == "reason" {
				reason = strings.TrimSpace(strings.ToValidUTF8(string(text), "\uFFFD"))
			}
			continue
		}
		name = path.Base(strings.ToValidUTF8(strings.ReplaceAll(p.FileName(), `\`, "/"), "\uFFFD"))
		if b, err = io.ReadAll(p); err != nil {
			return "", "", nil, err
		}
	}
	return "", "", nil, &refusal{http.StatusBadRequest, "This form has too many fields."}
}

func (s *Server) workAgain(q *request, fault string) error {
	var v *workListView
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = s.workPage(q, tx, fault)
		return err
	})
	if err != nil {
		return err
	}
	return q.again("work", v)
}

// mergeView is the page of what a filled in list changes.
type mergeView struct {
	*app.WorkMerge
	List    string // SHA-256 of the file
	Rows    []mergeRow
	More    int // rows that are not shown
	Applies int // rows that change something without anybody choosing
	Form    *form
}

type mergeRow struct {
	app.WorkChange
	Was, Theirs, Is string
	File            bool // the file counts in the conflict
}

func (s *Server) mergePage(q *request, tx *store.Tx) (any, error) {
	if !q.at.IsZero() {
		return nil, &refusal{http.StatusBadRequest, "The past takes no work lists. Take the date off."}
	}
	return s.mergeView(q, tx, nil)
}

// takes are the conflicts in which the person chose the file.
func (q *request) takes() map[string]bool {
	out := map[string]bool{}
	for name, v := range q.r.PostForm {
		if key, ok := strings.CutPrefix(name, "take:"); ok && len(v) > 0 && v[0] == "file" {
			out[key] = true
		}
	}
	return out
}

func (s *Server) mergeView(q *request, tx *store.Tx, f *form) (*mergeView, error) {
	take := q.takes()
	m, err := app.MergeWork(tx, q.workEdit("", 0), q.r.PathValue("list"), nil)
	if err != nil {
		return nil, err
	}
	v := &mergeView{WorkMerge: m, List: q.r.PathValue("list"), Form: f, More: max(len(m.Changes)-maxMany, 0)}
	for _, c := range m.Changes {
		if !c.Conflict {
			v.Applies++
		}
	}
	for _, c := range m.Changes[:len(m.Changes)-v.More] {
		v.Rows = append(v.Rows, mergeRow{c, deviceWorkText(c.Base), deviceWorkText(c.Theirs), deviceWorkText(c.Now), take[c.Key()]})
	}
	if f == nil {
		v.Form = mergeForm()
	}
	v.Form.Hidden = [][2]string{{"seen", m.Seen}}
	return v, nil
}

func mergeForm() *form {
	return &form{Submit: "Apply", Fields: []*field{{Name: "reason", Label: "Why", Hint: "The book keeps it.", Required: true}}}
}

// applyMerge writes what a filled in list changes.
func (s *Server) applyMerge(q *request) error {
	f := mergeForm()
	if err := q.fill(f); err != nil {
		return err
	}
	status := http.StatusUnprocessableEntity
	if f.OK() {
		e := q.workEdit(f.Get("reason"), 0)
		n, err := app.ApplyWork(q.r.Context(), s.store, e, q.r.PathValue("list"), q.r.PostForm.Get("seen"), q.takes())
		if err == nil {
			return q.done("/work", plural(n, "device is", "devices are")+" changed as the list says.")
		}
		var no *app.Refused
		switch {
		case errors.Is(err, app.ErrSeen):
			status = conflictStatus
			f.fault("", "The book has moved on since you looked. Nothing was applied. Below is what the list changes now.")
		case errors.As(err, &no):
			f.fault("", sentence(no.Why))
		default:
			if err := f.take(err); err != nil {
				return err
			}
		}
	}
	var v *mergeView
	err := q.view(func(tx *store.Tx) (err error) {
		v, err = s.mergeView(q, tx, f)
		return err
	})
	if err != nil {
		return err
	}
	return q.render(status, "work-merge", v)
}
