package gather

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/advisory"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/inventory"
	"github.com/wardbook/wardbook/internal/match"
	"github.com/wardbook/wardbook/internal/sbom"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// A Document is one decoded document. Of the fields that hold content those of
// its kind are set; statements are in advisories and SBOMs too.
type Document struct {
	Input wardbook.Input // with all its problems
	// ID is what the document calls itself: CSAF tracking id, the id of a VEX
	// document, the serial number of an SBOM. Empty: it does not say.
	ID     string
	Newest time.Time // the newest date inside; zero: it does not say

	Inventory  *inventory.Document
	SBOM       *assess.SBOM
	Needs      []wardbook.Dependency // of an SBOM, with Options.Graph: also what holds what
	Advisory   *wardbook.Advisory
	Statements []wardbook.Statement
	KEV        map[string]wardbook.KEV
	EPSS       *vulndb.EPSSTable
	Policy     *wardbook.Policy
	Answers    []wardbook.Answer
	Columns    *inventory.Columns
}

// Options say how documents are read. The zero value is fine but for
// inventories, which then do not know the makers' names.
type Options struct {
	// Device takes the devices of an inventory one by one, so that a long one is
	// not held whole: Inventory.Devices is then empty. An error of it ends the
	// reading. It must copy what it keeps.
	Device func(*wardbook.Device) error
	// Catalog lends the names of makers.
	Catalog *catalog.Catalog
	// Columns corrects how an inventory is read; nil: it is recognised.
	Columns *inventory.Columns
	// Graph keeps what needs what in an SBOM (Document.Needs).
	Graph bool
}

func (o Options) inventory() inventory.Options {
	out := inventory.Options{Columns: o.Columns}
	if o.Catalog != nil {
		out.Makers = match.NewMakers(o.Catalog).Split
	}
	return out
}

// Decode reads the bytes of one document, plain or compressed, as a kind.
// Vulnerability data is counted only: it is read through a compiled feed (see
// Compile). The Input in the result is filled in as far as it went, also where
// the document cannot be used and an error says why.
func Decode(kind wardbook.InputKind, name string, r io.Reader, o Options) (*Document, error) {
	f := intake.NewFile(name, r, intake.Limits{})
	d := &Document{Input: wardbook.Input{Path: name, Kind: kind}}
	var err error
	switch kind {
	case wardbook.InputInventory, wardbook.InputKEV, wardbook.InputEPSS, wardbook.InputVulnerabilities:
		err = stream(f, &d.Input, func(r io.Reader) error { return d.decodeStream(r, o) })
	default:
		var b []byte
		err = stream(f, &d.Input, func(r io.Reader) (err error) { b, err = io.ReadAll(r); return err })
		if err == nil {
			err = d.decode(b)
		}
		if !o.Graph {
			d.Needs = nil
		}
	}
	if err != nil {
		d.Input.Problems = append(d.Input.Problems, ProblemsOf(err)...)
	}
	return d, err
}

// DecodeFile is Decode of the file at path, which is known as name.
func DecodeFile(kind wardbook.InputKind, path, name string, o Options) (d *Document, err error) {
	err = intake.Walk(path, intake.Limits{Files: 1}, func(f *intake.File) error {
		r, err := f.Stored()
		if err != nil {
			return err
		}
		defer r.Close()
		d, err = Decode(kind, name, r, o)
		return err
	})
	return d, err
}

// stream reads one file as a stream and fills in its digest.
func stream(f *intake.File, in *wardbook.Input, read func(io.Reader) error) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	err = read(r)
	if cerr := r.Close(); err == nil && cerr != nil {
		err = cerr
	}
	e := f.Evidence()
	in.SHA256, in.Size = e.SHA256, e.Size
	return err
}

// decodeStream reads what can be long.
func (d *Document) decodeStream(r io.Reader, o Options) error {
	in := &d.Input
	var info vulndb.Info
	var err error
	switch in.Kind {
	case wardbook.InputInventory:
		var doc *inventory.Document
		if o.Device != nil {
			doc, err = inventory.Stream(r, in.Path, o.inventory(), o.Device)
		} else {
			doc, err = inventory.Decode(r, in.Path, o.inventory())
		}
		if err != nil {
			return withoutName(in.Path, err)
		}
		d.Inventory = doc
		in.Format, in.Records, in.Problems = doc.Format, doc.Count, doc.Problems
		return nil
	case wardbook.InputKEV:
		d.KEV, info, err = vulndb.DecodeKEV(r, vulndb.Options{})
	case wardbook.InputEPSS:
		d.EPSS, info, err = vulndb.DecodeEPSS(r, vulndb.Options{})
	default:
		info, err = vulndb.DecodeRecords(r, vulndb.Options{}, func(wardbook.Vulnerability) error { return nil })
	}
	if err != nil {
		return err
	}
	in.Format, in.Records, in.AsOf, in.Problems = info.Format, info.Records, dateOf(info.Newest), info.Problems
	d.Newest = info.Newest
	return nil
}

// withoutName takes the file's name from the front of an error: its caller says
// which file it is, with the folder.
func withoutName(name string, err error) error {
	if text, ok := strings.CutPrefix(err.Error(), path.Base(strings.ReplaceAll(name, "\\", "/"))+": "); ok {
		return fmt.Errorf("%s", text)
	}
	return err
}

// decode reads what is held in memory whole.
func (d *Document) decode(b []byte) error {
	in := &d.Input
	switch in.Kind {
	case wardbook.InputSBOM:
		return d.decodeSBOM(b)
	case wardbook.InputAdvisory, wardbook.InputVEX:
		return d.decodeAdvisory(b)
	case wardbook.InputPolicy:
		p, err := catalog.ReadPolicy(b, in.Path)
		if err != nil {
			return err
		}
		d.Policy, d.ID, in.Records = p, p.ID, 1
		return nil
	case wardbook.InputAnswers:
		list, err := ReadAnswers(b, in.Path)
		if err != nil {
			return err
		}
		d.Answers, in.Records = list, len(list)
		return nil
	case wardbook.InputColumns:
		c, err := inventory.ReadColumns(bytes.NewReader(b), in.Path)
		if err != nil {
			return err
		}
		d.Columns, in.Records = c, 1
		return nil
	}
	return fmt.Errorf("%q is no kind of document that can be read", in.Kind)
}

func (d *Document) decodeSBOM(b []byte) error {
	doc, err := sbom.Decode(bytes.NewReader(b), sbom.Options{})
	if err != nil {
		return err
	}
	d.takeSBOM(doc)
	d.Needs = slices.Concat(doc.Dependencies, doc.Contains)
	if doc.Vulnerabilities > 0 {
		if v, err := advisory.Decode(bytes.NewReader(b), advisory.Options{Name: d.Input.Path}); err == nil {
			d.Statements = v.Statements
		}
	}
	return nil
}

func (d *Document) takeSBOM(doc *sbom.Document) {
	in := &d.Input
	in.Format, in.Records, in.AsOf = doc.Format, len(doc.Components), dateOf(doc.Created)
	in.Quality, in.Problems = sbom.GradeOf(doc).String(), doc.Problems
	d.ID = doc.Serial
	d.SBOM = subjectOf(in.Path, doc)
}

func subjectOf(path string, d *sbom.Document) *assess.SBOM {
	p := d.Product
	name := p.FullName()
	if name == "" {
		name = d.Name
	}
	return &assess.SBOM{
		Path: path, Serial: d.Serial, Manufacturer: p.Manufacturer, Name: name, Version: p.Version, ModelNumber: p.ModelNumber, UDIDI: p.UDIDI,
		Purl: p.Purl, CPEs: p.CPEs, Hashes: p.Hashes, SupportEnd: p.SupportEnd, Ref: p.Ref, Components: d.Components,
	}
}

// decodeAdvisory reads CSAF and VEX. A CSAF document given as VEX only speaks
// through its statements; one given as advisory names products too.
func (d *Document) decodeAdvisory(b []byte) error {
	in := &d.Input
	doc, err := advisory.Decode(bytes.NewReader(b), advisory.Options{Name: in.Path})
	if err != nil {
		return err
	}
	in.Format, in.Records, in.Problems = doc.Format, len(doc.Statements), doc.Problems
	if a := doc.Advisory; a != nil {
		d.ID, d.Advisory, d.Newest = a.ID, a, a.Updated
		in.AsOf = dateOf(a.Updated)
		if in.Kind == wardbook.InputAdvisory {
			in.Records = len(a.Vulnerabilities)
		}
	}
	d.Statements = doc.Statements
	for _, s := range d.Statements {
		if s.Time.After(d.Newest) {
			d.Newest = s.Time
		}
		if d.ID == "" {
			d.ID = s.Document
		}
	}
	return nil
}
