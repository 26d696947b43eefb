package web

import (
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/store"
)

type entryQuery struct {
	Paging
	Actor  string `query:"actor" doc:"Id of a user."`
	Action string `query:"action" doc:"The whole action, or its beginning with a dot at the end, such as risk."`
	Target string `query:"target"`
}

// CheckpointText is the signed end of the book.
type CheckpointText struct {
	Checkpoint string `json:"checkpoint" doc:"A signed note (C2SP). Kept elsewhere, it shows later that nothing before it was changed or cut off."`
	Key        string `json:"key" doc:"The public key that checks it."`
}

type verifyBody struct {
	Checkpoint string `json:"checkpoint,omitempty" doc:"One that was kept elsewhere: without it a cut-off end cannot be seen."`
}

// VerificationOf is what was found in the book.
type VerificationOf struct {
	OK           bool               `json:"ok"`
	Organization string             `json:"organization"`
	Entries      int64              `json:"entries"`
	Revisions    int64              `json:"revisions"`
	Evidence     int64              `json:"evidence"`
	Facts        int64              `json:"facts"`
	Root         string             `json:"root"`
	Key          string             `json:"key"`
	Problems     []wardbook.Problem `json:"problems,omitempty"`
	Notes        []string           `json:"notes,omitempty"`
}

func bookOperations(a *api) {
	op := operation{tag: "Book", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-entries", "GET /book/entries", "Entries of the book, the newest first"
	answers(a, op, func(c *call, tx *store.Tx, in *entryQuery) (*listed[wardbook.Entry], error) {
		n := min(in.Limit, 999)
		f := store.EntryFilter{Actor: in.Actor, Action: in.Action, Target: in.Target, Limit: n + 1}
		if in.After != "" {
			var err error
			if f.Before, err = strconv.ParseInt(in.After, 10, 64); err != nil || f.Before < 1 {
				return nil, problemOf(400, "after is not the end of a page.")
			}
		}
		list, err := tx.Entries(f)
		next := ""
		if len(list) > n {
			list = list[:n]
			next = strconv.FormatInt(list[n-1].Position, 10)
		}
		return listing(c, list, next, -1), err
	})
	op.id, op.pattern, op.summary = "get-checkpoint", "GET /book/checkpoint", "The signed end of the book"
	answers(a, op, func(c *call, tx *store.Tx, _ *struct{}) (*one[CheckpointText], error) {
		text, err := tx.Checkpoint()
		return &one[CheckpointText]{CheckpointText{text, c.s.store.Verifier()}}, err
	})
	op.id, op.pattern, op.summary = "verify-book", "POST /book/verify", "Check the whole book"
	does(a, op, func(ctx context.Context, c *call, in *struct{ Body verifyBody }) (*one[VerificationOf], error) {
		select {
		case c.s.verifying <- struct{}{}:
			defer func() { <-c.s.verifying }()
		default:
			return nil, problemOf(503, "The book is being checked. Try again in a moment.")
		}
		v, err := c.s.store.Verify(ctx, c.seat.Organization, store.VerifyOptions{Checkpoint: in.Body.Checkpoint})
		if err != nil {
			return nil, err
		}
		return &one[VerificationOf]{VerificationOf{v.OK(), v.Organization, v.Entries, v.Revisions, v.Evidence, v.Facts, v.Root, v.Key, v.Problems, v.Notes}}, nil
	})
	op.id, op.pattern, op.summary, op.who = "export-book", "GET /book/export", "The whole book, as wardbook verify reads it: JSON lines", admin
	sends(a, op, "application/jsonl", func(c *call, _ *struct{}, w io.Writer, _ func(string)) error {
		return c.s.store.Export(c.r.Context(), c.seat.Organization, w)
	})
	evidenceOperations(a)
}

// EvidenceItem is a document that was kept.
type EvidenceItem struct {
	wardbook.Evidence
	Position int64 `json:"position" doc:"Of the entry that brought it."`
	Redacted bool  `json:"redacted,omitempty" doc:"The bytes were taken out."`
}

func evidenceOperations(a *api) {
	op := operation{tag: "Evidence", scope: wardbook.ScopeRead, who: member}
	op.id, op.pattern, op.summary = "list-evidence", "GET /evidence", "List documents, the newest first"
	answers(a, op, func(c *call, tx *store.Tx, in *struct {
		Paging
		Q string `query:"q" doc:"Stands in the name."`
	}) (*listed[EvidenceItem], error) {
		p, err := tx.EvidenceList(store.ListOptions{Text: in.Q, Limit: in.Limit, After: in.After})
		var out []EvidenceItem
		for _, e := range p.Items {
			out = append(out, EvidenceItem{e.Evidence, e.Position, e.Redacted})
		}
		return listing(c, out, p.Next, -1), err
	})
	op.id, op.pattern, op.summary = "get-evidence", "GET /evidence/{sha256}", "The bytes of a document"
	sends(a, op, "application/octet-stream", func(c *call, in *struct {
		AsOf
		SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$"`
	}, w io.Writer, begin func(string)) error {
		return c.view(func(tx *store.Tx) error {
			e, err := tx.Evidence(in.SHA256)
			if err != nil {
				return err
			}
			if e.Redacted {
				return problemOf(410, "The bytes of this document were taken out.")
			}
			r, err := tx.OpenEvidence(in.SHA256)
			if err != nil {
				return err
			}
			begin(strconv.FormatInt(e.Size, 10))
			_, err = io.Copy(w, r)
			return err
		})
	})
}

// sends registers an operation that sends a file. What goes wrong before the
// first byte is told as a problem; after it the connection is cut, so that
// nobody takes a part for the whole.
func sends[I any](a *api, op operation, media string, fn func(c *call, in *I, w io.Writer, begin func(length string)) error) {
	d := a.describe(op)
	d.Responses = map[string]*huma.Response{"200": {Description: "The file.", Content: map[string]*huma.MediaType{media: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}}
	huma.Register(a.huma, d, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		c := callOf(ctx)
		return &huma.StreamResponse{Body: func(huma.Context) {
			err := c.whileSending(func() error {
				f := &fileWriter{c: c, media: media}
				err := fn(c, in, f, func(length string) { f.length = length })
				if err != nil && f.begun && c.r.Context().Err() == nil {
					c.s.o.Log.Error("file", "route", c.r.Pattern, "error", err)
					cutOff()
				}
				if f.begun {
					return nil
				}
				return err
			})
			if err != nil {
				c.s.apiFault(c.r, err)
				writeProblem(c.w, toProblem(err))
			}
		}}, nil
	})
}

// A fileWriter sends the headers of a file with its first byte.
type fileWriter struct {
	c             *call
	media, length string
	begun         bool
}

func (f *fileWriter) Write(b []byte) (int, error) {
	if !f.begun {
		f.begun = true
		h := f.c.w.Header()
		h.Set("Content-Type", f.media)
		h.Set("Content-Disposition", "attachment")
		if f.length != "" {
			h.Set("Content-Length", f.length)
		}
	}
	return f.c.w.Write(b)
}

// nameOf is a product in words.
func nameOf(p wardbook.Product) string {
	return strings.TrimSpace(p.Manufacturer + " " + p.Name + " " + p.Version)
}
