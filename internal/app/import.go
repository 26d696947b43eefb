package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/inventory"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// ImportJob is the kind of the jobs that read documents, AssessJob that of the
// job that finds out what they mean.
const (
	ImportJob = "import"
	AssessJob = "assess"
)

// importArgs are what an import job is asked with.
type importArgs struct {
	Documents []importDocument `json:"documents"`
	Reason    string           `json:"reason,omitempty"`
	Origin    string           `json:"origin,omitempty"`
	// Before is what became of documents of the upload that need no reading.
	Before []Outcome `json:"before,omitempty"`
}

// importDocument is one document of an import; its bytes are evidence.
type importDocument struct {
	Kind   wardbook.InputKind `json:"kind"`
	File   string             `json:"file"`
	SHA256 string             `json:"sha256"`
	Size   int64              `json:"size"`
	// As is the name of the source that it becomes a revision of; empty: the
	// document tells.
	As string `json:"as,omitempty"`
	// Columns is a person's word on how an inventory is read (YAML).
	Columns string `json:"columns,omitempty"`
	Hold    bool   `json:"hold,omitempty"`  // wait for a person in any case
	Force   bool   `json:"force,omitempty"` // a person has looked: no review, and equal bytes count
}

// OutcomeKind says what became of one document.
type OutcomeKind string

const (
	WasNew      OutcomeKind = "new"      // a source that was not there before
	WasReplaced OutcomeKind = "replaced" // a newer state of one
	WasSame     OutcomeKind = "same"     // the same bytes are there and hold
	WasTwice    OutcomeKind = "twice"    // the same bytes were in the upload before
	WasOlder    OutcomeKind = "older"    // what is there is newer
	WasHeld     OutcomeKind = "held"     // waits for a person
	WasRefused  OutcomeKind = "refused"  // cannot be used
)

// An Outcome is what became of one document of an upload.
type Outcome struct {
	File     string                 `json:"file"`
	Kind     wardbook.InputKind     `json:"kind,omitempty"`
	SHA256   string                 `json:"sha256,omitempty"`
	What     OutcomeKind            `json:"what"`
	Source   string                 `json:"source,omitempty"` // id
	Name     string                 `json:"name,omitempty"`   // of the source
	Format   string                 `json:"format,omitempty"`
	Records  int                    `json:"records,omitempty"`
	Change   *wardbook.SourceChange `json:"change,omitempty"`
	Problems []wardbook.Problem     `json:"problems,omitempty"` // the first of them
	Faults   int                    `json:"faults,omitempty"`   // how many there are
}

// maxProblems is how many problems of a document are kept beside it.
const maxProblems = 50

func (o *Outcome) setProblems(ps []wardbook.Problem) {
	o.Faults, o.Problems = len(ps), ps[:min(len(ps), maxProblems)]
}

// importState is what a try of an import leaves for the next one, and for the
// page that shows the job.
type importState struct {
	Outcomes []Outcome `json:"outcomes"`
}

// Outcomes are what became of the documents of an import so far: first of those
// that needed no reading, then of the others in their order.
func Outcomes(j wardbook.Job) []Outcome {
	var args importArgs
	var st importState
	if j.Kind != ImportJob || json.Unmarshal(j.Args, &args) != nil {
		return nil
	}
	if len(j.Resume) > 0 && json.Unmarshal(j.Resume, &st) != nil {
		return args.Before
	}
	return append(args.Before, st.Outcomes...)
}

// Files are the names of the documents that an import reads.
func Files(j wardbook.Job) (names []string) {
	var args importArgs
	if j.Kind != ImportJob || json.Unmarshal(j.Args, &args) != nil {
		return nil
	}
	for _, d := range args.Documents {
		names = append(names, d.File)
	}
	return names
}

// batch bounds how many documents, and bytes of them, are read before they are
// written together: neither an entry of the book for each of a thousand
// advisories, nor all of them in memory.
const (
	batchDocuments = 100
	batchBytes     = 8 << 20
)

// Import is the Handler of ImportJob: it reads the documents outside of any
// transaction that writes, and makes sources of them. It goes on where an
// earlier try stopped.
func (im *Importer) Import(ctx context.Context, t *Task) error {
	var args importArgs
	if err := t.Args(&args); err != nil {
		return err
	}
	var st importState
	t.Resume(&st)
	for len(st.Outcomes) < len(args.Documents) {
		at := len(st.Outcomes)
		n := batchOf(args.Documents[at:])
		part := make([]*reading, 0, n)
		for i, d := range args.Documents[at : at+n] {
			t.Progress("reading "+d.File, int64(at+i), int64(len(args.Documents)))
			r, err := im.read(ctx, t.Job().Organization, d)
			if err != nil {
				return fmt.Errorf("%s: %w", d.File, err)
			}
			part = append(part, r)
		}
		t.Progress("writing "+args.Documents[at].File, int64(at), int64(len(args.Documents)))
		outcomes, err := im.write(ctx, t, args, part)
		if err != nil {
			return err
		}
		st.Outcomes = append(st.Outcomes, outcomes...)
		t.Progress("", int64(len(st.Outcomes)), int64(len(args.Documents)))
		if err := t.Save(ctx, st); err != nil {
			return err
		}
	}
	return nil
}

// batchOf is how many of the documents are written together. An inventory, a
// policy and vulnerability data stand alone.
func batchOf(docs []importDocument) int {
	n, size := 0, int64(0)
	for _, d := range docs {
		alone := d.Kind == wardbook.InputInventory || d.Kind == wardbook.InputPolicy || d.Kind == wardbook.InputVulnerabilities
		if n > 0 && (alone || size+d.Size > batchBytes) || n == batchDocuments {
			break
		}
		n++
		if size += d.Size; alone {
			break
		}
	}
	return n
}

// A reading is one document as it was read, with the source that it is to be.
type reading struct {
	importDocument
	doc  *gather.Document
	name string // of the source
	err  error  // it cannot be used
	// old is the source of that name, zero where there is none; held is what it
	// was when it last held, nil where it never did.
	old   store.Stored[wardbook.Source]
	held  *wardbook.Source
	newID string
	// Of an inventory and an SBOM: what the bytes would change.
	change *wardbook.SourceChange
	plan   *store.DevicePlan // of an inventory: what is to be written
	label  *assess.Labeller
}

// read decodes one document. The error is that of the database; what is wrong
// with the document is in the reading.
func (im *Importer) read(ctx context.Context, org string, d importDocument) (*reading, error) {
	r := &reading{importDocument: d}
	err := im.Store.View(ctx, org, func(tx *store.Tx) error {
		if d.Kind == wardbook.InputInventory {
			if r.name = d.As; r.name == "" {
				r.name = seriesOf(d.File)
			}
			if err := r.find(tx); err != nil {
				return err
			}
			if r.Columns == "" {
				r.Columns = r.old.Value.Columns
			}
		}
		if d.Kind == wardbook.InputInventory {
			return im.compareInventory(ctx, tx, r)
		}
		if err := im.decode(ctx, tx, r, nil); err != nil || r.err != nil {
			return err
		}
		if r.name = cleanName(nameOf(r.doc, d)); r.name == "" {
			r.name = seriesOf(d.File)
		}
		if err := r.find(tx); err != nil {
			return err
		}
		if d.Kind == wardbook.InputSBOM {
			return im.compareSBOM(tx, r)
		}
		return nil
	})
	if errors.Is(err, store.ErrRedacted) {
		r.err, err = err, nil
	}
	if err == nil && r.name == "" {
		r.name = seriesOf(d.File)
		err = im.Store.View(ctx, org, r.find)
	}
	return r, err
}

// decode reads the bytes of r out of the evidence. device takes the devices of
// an inventory.
func (im *Importer) decode(ctx context.Context, tx *store.Tx, r *reading, device func(*wardbook.Device) error) error {
	body, err := tx.OpenEvidence(r.SHA256)
	if err != nil {
		return err
	}
	file := r.File
	if r.Kind == wardbook.InputInventory {
		file = r.name // devices without an asset id are named by file and row: by the same one each time
	}
	body = &interruptible{ctx, body}
	if r.Kind == wardbook.InputVulnerabilities {
		r.doc, r.err = decodeRecords(file, body, r.Size)
	} else {
		o := gather.Options{Catalog: im.Catalog, Device: device}
		if o.Columns, r.err = parseColumns(r.Columns); r.err != nil {
			return nil
		}
		r.doc, r.err = gather.Decode(r.Kind, file, body, o)
	}
	return ctx.Err()
}

// interruptible ends with its context.
type interruptible struct {
	ctx context.Context
	r   io.Reader
}

func (i *interruptible) Read(p []byte) (int, error) {
	if err := i.ctx.Err(); err != nil {
		return 0, err
	}
	return i.r.Read(p)
}

// decodeRecords counts vulnerability data, also that of an archive.
func decodeRecords(name string, body io.Reader, size int64) (*gather.Document, error) {
	s, err := intake.Spool(name, body, size)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	d := &gather.Document{Input: wardbook.Input{Path: name, Kind: wardbook.InputVulnerabilities, SHA256: s.SHA256, Size: size}}
	err = s.Walk(intake.Limits{}, func(f *intake.File) error {
		r, err := f.Open()
		if err != nil {
			return err
		}
		defer r.Close()
		info, err := vulndb.DecodeRecords(r, vulndb.Options{}, func(v wardbook.Vulnerability) error {
			if d.ID == "" && len(v.Affected) > 0 {
				d.ID = ecosystemOf(v)
			}
			return nil
		})
		if err != nil {
			d.Input.Problems = append(d.Input.Problems, gather.ProblemsOf(fmt.Errorf("%s: %w", f.Name, err))...)
			return nil
		}
		in := &d.Input
		in.Format, in.Records, in.Problems = info.Format, in.Records+info.Records, append(in.Problems, info.Problems...)
		if info.Newest.After(d.Newest) {
			d.Newest = info.Newest
			in.AsOf = info.Newest.UTC().Format("2006-01-02")
		}
		return nil
	})
	if err == nil && d.Input.Records == 0 {
		err = errors.New("there is no record in it that could be read")
		if len(d.Input.Problems) > 0 {
			err = &wardbook.Invalid{Problems: d.Input.Problems}
		}
	}
	return d, err
}

// ecosystemOf names the ecosystem of an OSV record: its publisher calls the
// archive of each "all.zip".
func ecosystemOf(v wardbook.Vulnerability) string {
	name, _, _ := strings.Cut(v.Affected[0].Ecosystem, ":")
	return name
}

// find looks up the source that the reading is to be.
func (r *reading) find(tx *store.Tx) error {
	key := wardbook.Source{Kind: r.Kind, Name: r.name}.RecordKey()
	rev, err := tx.ByKey(wardbook.Source{}.RecordKind(), key)
	if errors.Is(err, wardbook.ErrNotFound) {
		return nil
	}
	if err == nil {
		r.old, err = store.Decode[wardbook.Source](rev)
	}
	if err == nil {
		r.held, err = LastHeld(tx, r.old)
	}
	return err
}

// LastHeld is the source as it counts: s itself when it is current, else, while
// newer bytes wait for a person, the revision before that. It is nil where the
// source does not count.
func LastHeld(tx *store.Tx, s store.Stored[wardbook.Source]) (*wardbook.Source, error) {
	if s.Value.State == wardbook.SourceCurrent {
		return &s.Value, nil
	}
	if s.Value.State != wardbook.SourceReview {
		return nil, nil
	}
	before := s.Revision.Revision
	for {
		page, err := tx.History(s.Value.RecordKind(), s.ID, before, 20)
		if err != nil || len(page) == 0 {
			return nil, err
		}
		for _, rev := range page {
			switch wardbook.SourceState(rev.State) {
			case wardbook.SourceCurrent:
				old, err := store.Decode[wardbook.Source](rev)
				return &old.Value, err
			case wardbook.SourceWithdrawn, wardbook.SourceRefused:
				return nil, nil
			}
			before = rev.Revision
		}
	}
}

// nameOf is the name of the source that a document is: what it calls itself,
// else its file. KEV, EPSS and the policy are one each.
func nameOf(d *gather.Document, in importDocument) string {
	switch in.Kind {
	case wardbook.InputKEV:
		return "KEV"
	case wardbook.InputEPSS:
		return "EPSS"
	case wardbook.InputPolicy:
		return "policy"
	case wardbook.InputSBOM:
		if s := d.SBOM; s != nil && s.Name != "" {
			maker := s.Manufacturer
			if strings.HasPrefix(strings.ToLower(s.Name), strings.ToLower(maker)) {
				maker = ""
			}
			return strings.Join(strings.Fields(maker+" "+s.Name+" "+s.Version), " ")
		}
	case wardbook.InputVulnerabilities:
		if base := path.Base(in.File); d.ID != "" && base == "all.zip" {
			return "OSV " + d.ID
		}
		return seriesOf(in.File)
	}
	if d.ID != "" {
		return d.ID
	}
	return seriesOf(in.File)
}

// maxName is how many characters of a name are kept.
const maxName = 300

// cleanName is a name that foreigners chose as one that can be kept and shown: on
// one line, without control characters, and not endless.
func cleanName(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	s = strings.TrimSpace(s)
	if r := []rune(s); len(r) > maxName {
		s = string(r[:maxName-1]) + "…"
	}
	return s
}

// dated are the parts of a file's name that change from one export to the next:
// a date, a time after it, and what browsers add to a second copy.
var dated = regexp.MustCompile(`[-_. (]*(?:(?:19|20)\d\d[-_.]?(?:0[1-9]|1[0-2])[-_.]?(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])[-_.](?:0[1-9]|1[0-2])[-_.](?:19|20)\d\d)(?:[-_T ]?\d\d[-_.:]?\d\d(?:[-_.:]?\d\d)?Z?)?\)?|[-_ ]*\(\d{1,3}\)`)

// seriesOf is the name of a file without its folder and without what changes
// from one export to the next: "cmms-2026-11-25 (1).csv" is "cmms.csv".
func seriesOf(file string) string {
	base := path.Base(strings.ReplaceAll(file, `\`, "/"))
	if name := strings.TrimLeft(dated.ReplaceAllString(base, ""), "-_ "); strings.Trim(strings.TrimSuffix(name, path.Ext(name)), ".") != "" {
		return name
	}
	return base
}

// parseColumns reads a columns file; empty text is none.
func parseColumns(yaml string) (*inventory.Columns, error) {
	if yaml == "" {
		return nil, nil
	}
	return inventory.ReadColumns(strings.NewReader(yaml), "columns.yaml")
}
