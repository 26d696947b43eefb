package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/store"
)

// Limits bound what one upload brings. A zero field means the default.
type Limits struct {
	File     int64 // bytes of one file as it comes; default 256 MiB
	Unpacked int64 // bytes of one document after decompression, unless it is vulnerability data; default 256 MiB
	Files    int   // documents in one upload; default 20,000
}

func (l Limits) withDefaults() Limits {
	if l.File == 0 {
		l.File = 256 << 20
	}
	if l.Unpacked == 0 {
		l.Unpacked = 256 << 20
	}
	if l.Files == 0 {
		l.Files = 20_000
	}
	return l
}

// maxRecords bounds vulnerability data after decompression: it is read as a
// stream and never held whole.
const maxRecords = 16 << 30

// An Importer takes in documents and makes sources of them.
type Importer struct {
	Store   *store.Store
	Catalog *catalog.Catalog
	Limits  Limits
}

// NewImporter makes one with the default limits.
func NewImporter(s *store.Store) (*Importer, error) {
	cat, err := catalog.Load()
	return &Importer{Store: s, Catalog: cat}, err
}

// An Upload is a set of files that somebody brings together. Files are added
// one after the other as they come in, which touches no database, and taken in
// by Commit. Close it in any case.
type Upload struct {
	// Kind says what all files are; empty: it is told by the content of each.
	Kind wardbook.InputKind
	// As is the name of the inventory that the file is a newer state of; empty:
	// it is told by the name of the file.
	As string
	// Origin is where the files come from, such as an address; empty: a person
	// brings them.
	Origin string
	// Hold keeps inventories back until a person has looked at the columns and
	// at what would change.
	Hold bool
	// Force applies inventories whatever they change.
	Force bool
	// Policy says that the person may set the risk policy.
	Policy bool

	im      *Importer
	limits  Limits
	spooled []*intake.Spooled
	docs    []brought
	refused []Outcome
	columns string // YAML: how the inventories among the files are read
}

// brought is one document of an upload.
type brought struct {
	importDocument
	open func() (io.ReadCloser, error)
}

// MaxFile is the largest file that is taken in, in bytes.
func (im *Importer) MaxFile() int64 { return im.Limits.withDefaults().File }

// NewUpload begins an upload.
func (im *Importer) NewUpload() *Upload {
	return &Upload{im: im, limits: im.Limits.withDefaults()}
}

// Close takes away what was spooled.
func (u *Upload) Close() error {
	var err error
	for _, s := range u.spooled {
		err = errors.Join(err, s.Close())
	}
	u.spooled = nil
	return err
}

// Add takes in the bytes of one file: a document, or a zip of documents. What
// cannot be used is told by Commit; an error says that the bytes could not be
// read, and is an intake.ErrTooLarge where there are too many.
func (u *Upload) Add(name string, r io.Reader) error {
	if name = cleanName(name); name == "" {
		name = "unnamed"
	}
	s, err := intake.Spool(name, r, u.limits.File)
	if err != nil {
		return err
	}
	u.spooled = append(u.spooled, s)
	return nil
}

// recognise tells what a file is, and takes a zip apart.
func (u *Upload) recognise(s *intake.Spooled) error {
	name := s.Name
	head := make([]byte, gather.HeadSize)
	n, err := io.ReadFull(s.Reader(), head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	lim := intake.Limits{File: u.limits.Unpacked, Total: 4 * u.limits.Unpacked, Files: u.limits.Files}
	whole := func() (io.ReadCloser, error) { return io.NopCloser(s.Reader()), nil }
	kind := gather.Detect(name, head[:n])
	if kind == gather.Archive {
		if u.Kind == wardbook.InputVulnerabilities || u.Kind == "" && holdsRecords(s) {
			u.add(importDocument{Kind: wardbook.InputVulnerabilities, File: name, SHA256: s.SHA256, Size: s.Size}, whole)
			return nil
		}
		if err := s.Walk(lim, u.member); err != nil {
			u.refuse(Outcome{File: name, SHA256: s.SHA256}, err)
		}
		return nil
	}
	if kind == wardbook.InputVulnerabilities {
		lim.File, lim.Total = maxRecords, maxRecords
	}
	err = s.Walk(lim, func(f *intake.File) error { u.document(f, whole); return nil })
	if err != nil {
		u.refuse(Outcome{File: name, SHA256: s.SHA256}, err)
	}
	return nil
}

// holdsRecords reports whether a zip holds vulnerability data: those archives
// are one document with up to a million records. The first members tell.
func holdsRecords(s *intake.Spooled) bool {
	enough := errors.New("enough")
	records, n := 0, 0
	// A zip that cannot be read is no such archive; its fault is told when it is
	// taken apart.
	_ = s.Walk(intake.Limits{File: 64 << 20}, func(f *intake.File) error {
		r, err := f.Stored()
		if err != nil {
			return nil //nolint:nilerr // looked at for what it is, not read
		}
		defer r.Close()
		head := make([]byte, gather.HeadSize)
		k, _ := io.ReadFull(r, head)
		if gather.Detect(f.Name, head[:k]) == wardbook.InputVulnerabilities {
			records++
		}
		if n++; n == 20 {
			return enough
		}
		return nil
	})
	return records > 0 && 2*records > n
}

// member takes one member of a zip.
func (u *Upload) member(f *intake.File) error {
	if len(u.docs)+len(u.refused) >= u.limits.Files {
		return fmt.Errorf("more than %d documents", u.limits.Files)
	}
	u.document(f, f.Stored)
	return nil
}

// document tells what one document is and puts it on the list.
func (u *Upload) document(f *intake.File, open func() (io.ReadCloser, error)) {
	f.Name = cleanName(f.Name)
	e, head, err := f.Identify(gather.HeadSize)
	kind := u.Kind
	if kind == "" && err == nil {
		kind = gather.Detect(f.Name, head)
	}
	o := Outcome{File: f.Name, Kind: kind, SHA256: e.SHA256}
	switch {
	case err != nil:
		u.refuse(o, err)
	case e.Size == 0:
		u.refuse(o, errors.New("the file is empty"))
	case kind == "":
		u.refuse(o, errors.New("this is none of: inventory (CSV, XLSX), SBOM, advisory, VEX, vulnerability data, KEV, EPSS, policy, answers, columns"))
	case kind == gather.Archive:
		u.refuse(o, errors.New("a zip within a zip is not taken apart"))
	case kind == wardbook.InputPolicy && !u.Policy:
		u.refuse(o, errors.New("this is a risk policy: an approver or an administrator sets it"))
	case kind == wardbook.InputColumns:
		u.readColumns(o, open)
	default:
		u.add(importDocument{Kind: kind, File: f.Name, SHA256: e.SHA256, Size: e.Size}, open)
	}
}

func (u *Upload) add(d importDocument, open func() (io.ReadCloser, error)) {
	u.docs = append(u.docs, brought{d, open})
}

func (u *Upload) refuse(o Outcome, err error) {
	o.What = WasRefused
	o.setProblems(gather.ProblemsOf(err))
	u.refused = append(u.refused, o)
}

// readColumns takes a columns file: it says how the inventories that came with
// it are read.
func (u *Upload) readColumns(o Outcome, open func() (io.ReadCloser, error)) {
	r, err := open()
	if err != nil {
		u.refuse(o, err)
		return
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 1<<20))
	if err == nil {
		err = u.SetColumns(string(b))
	}
	if err != nil {
		u.refuse(o, err)
	}
}

// SetColumns says how the inventories among the files are read: YAML as in
// columns.yaml.
func (u *Upload) SetColumns(yaml string) error {
	if _, err := parseColumns(yaml); err != nil {
		return err
	}
	u.columns = yaml
	return nil
}

// Uploaded says what became of an upload at once.
type Uploaded struct {
	Job   string // id of the import; empty: there was nothing to do
	Taken int    // documents that the job reads
	// Outcomes are those of documents that need no reading. Those of the job
	// (see Outcomes) begin with them.
	Outcomes []Outcome
}

// Commit keeps what was added as evidence and asks for the import of it, in one
// transaction; it is called once. ev says who and why. What is in the book already and still holds
// is left out, and the result says so.
func (u *Upload) Commit(ctx context.Context, org string, ev wardbook.Event) (*Uploaded, error) {
	for _, s := range u.spooled {
		if err := u.recognise(s); err != nil {
			return nil, err
		}
	}
	out := &Uploaded{Outcomes: u.refused}
	known, err := u.im.holding(ctx, org)
	if err != nil {
		return nil, err
	}
	var take []brought
	seen := map[string]bool{}
	for _, d := range u.docs {
		if d.Kind == wardbook.InputInventory {
			d.As, d.Hold, d.Force, d.Columns = cleanName(u.As), u.Hold, u.Force, u.columns
		}
		src, same := known[string(d.Kind)+"/"+d.SHA256]
		switch key := string(d.Kind) + "/" + d.SHA256; {
		case same && (d.Columns == "" || d.Columns == src.Value.Columns) && (d.As == "" || d.As == src.Value.Name):
			out.Outcomes = append(out.Outcomes, Outcome{File: d.File, Kind: d.Kind, SHA256: d.SHA256, What: WasSame, Source: src.ID, Name: src.Value.Name})
		case seen[key]:
			out.Outcomes = append(out.Outcomes, Outcome{File: d.File, Kind: d.Kind, SHA256: d.SHA256, What: WasTwice})
		default:
			seen[key] = true
			take = append(take, d)
		}
	}
	if out.Taken = len(take); out.Taken == 0 {
		return out, nil
	}
	ev.Action, ev.Target = "source.upload", "file/"+take[0].File
	if len(take) > 1 {
		ev.Target = fmt.Sprintf("file/%s and %d more", take[0].File, len(take)-1)
	}
	err = u.im.Store.Update(ctx, org, ev, func(tx *store.Tx) error {
		job, err := u.write(tx, ev, take, out.Outcomes)
		out.Job = job
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// write keeps the bytes and asks for the import.
func (u *Upload) write(tx *store.Tx, ev wardbook.Event, take []brought, before []Outcome) (job string, err error) {
	args := importArgs{Reason: ev.Reason, Origin: u.Origin, Before: before}
	if args.Origin == "" {
		args.Origin = "upload"
	}
	for _, d := range take {
		r, err := d.open()
		if err != nil {
			return "", err
		}
		e, err := tx.AddEvidence(wardbook.Evidence{Name: d.File, Origin: u.Origin}, r)
		r.Close()
		if err != nil {
			return "", err
		}
		if e.SHA256 != d.SHA256 {
			return "", fmt.Errorf("%s changed while it was read", d.File)
		}
		args.Documents = append(args.Documents, d.importDocument)
	}
	return enqueueImport(tx, args)
}

func enqueueImport(tx *store.Tx, args importArgs) (job string, err error) {
	b, err := json.Marshal(args)
	if err != nil {
		return "", err
	}
	j, err := tx.Enqueue(wardbook.Job{Kind: ImportJob, Args: b, Total: int64(len(args.Documents))})
	return j.ID, err
}

// holding finds the sources that count or wait for a person, by kind and
// SHA-256.
func (im *Importer) holding(ctx context.Context, org string) (map[string]store.Stored[wardbook.Source], error) {
	out := map[string]store.Stored[wardbook.Source]{}
	err := im.Store.View(ctx, org, func(tx *store.Tx) error {
		o := store.ListOptions{States: []string{string(wardbook.SourceCurrent), string(wardbook.SourceReview)}, Limit: 1000}
		for {
			page, err := store.List[wardbook.Source](tx, o)
			if err != nil {
				return err
			}
			for _, src := range page.Items {
				out[string(src.Value.Kind)+"/"+src.Value.SHA256] = src
			}
			if o.After = page.Next; page.Next == "" {
				return nil
			}
		}
	})
	return out, err
}
