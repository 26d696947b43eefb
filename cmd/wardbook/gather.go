package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

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

// A gatherer reads all inputs of an assessment. Each becomes an entry of
// inputs[], also one that could not be read.
type gatherer struct {
	ctx      context.Context
	cat      *catalog.Catalog
	flags    assessFlags
	progress *progress

	files      []wardbook.Input
	mappings   []*inventory.Document
	devices    []wardbook.Device
	sboms      []assess.SBOM
	advisories []*wardbook.Advisory
	statements []wardbook.Statement
	db         *vulndb.DB
	kev        map[string]wardbook.KEV
	epss       *vulndb.EPSSTable
	policy     *wardbook.Policy
	policyHash string
	answers    []wardbook.Answer
	earlier    *wardbook.Assessment
	newest     map[wardbook.InputKind]time.Time
}

func newGatherer(ctx context.Context, cat *catalog.Catalog, f assessFlags, p *progress) *gatherer {
	return &gatherer{ctx: ctx, cat: cat, flags: f, progress: p, newest: map[wardbook.InputKind]time.Time{}}
}

func (g *gatherer) close() {
	if g.db != nil {
		g.db.Close()
	}
}

// gather reads everything. What cannot be read of a folder is a problem of that
// input; what the whole assessment rests on (policy, answers, columns, the only
// inventory) is an error.
func (g *gatherer) gather() error {
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"policy", g.readPolicy}, {"answers", g.readAnswers}, {"inventory", g.readInventories}, {"SBOMs", g.readSBOMs},
		{"advisories", g.readAdvisories}, {"VEX", g.readVEX}, {"vulnerability data", g.readRecords}, {"KEV", g.readKEV}, {"EPSS", g.readEPSS}, {"earlier assessment", g.readEarlier},
	} {
		g.progress.stage("reading " + step.name)
		if err := step.do(); err != nil {
			return err
		}
		if err := g.ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// inputs hands over to the assessment.
func (g *gatherer) inputs(at time.Time) assess.Inputs {
	in := assess.Inputs{
		Program: "wardbook " + version(), At: at, Catalog: g.cat, Policy: g.policy, PolicyHash: g.policyHash, Answers: g.answers, Files: g.files,
		HasInventory: len(g.flags.inventory) > 0, Devices: g.devices, SBOMs: g.sboms, Advisories: g.advisories, Statements: g.statements,
		Earlier: g.earlier, EarlierPath: g.flags.since, Progress: g.progress.report,
	}
	if g.db != nil {
		in.Records = g.db
	}
	if g.kev != nil {
		in.KEV = func(cve string) (wardbook.KEV, bool) { k, ok := g.kev[cve]; return k, ok }
	}
	if g.epss != nil {
		in.EPSS = g.epss.Lookup
	}
	in.DataAge = g.dataAge(at)
	return in
}

// dataAge says how old each sort of facts is.
func (g *gatherer) dataAge(at time.Time) []wardbook.DataAge {
	var out []wardbook.DataAge
	for _, s := range []struct {
		kind wardbook.InputKind
		name string
		n    int
	}{
		{wardbook.InputAdvisory, "advisories", len(g.flags.advisories)}, {wardbook.InputVulnerabilities, "vulnerability data", len(g.flags.vulns)},
		{wardbook.InputVEX, "VEX statements", len(g.flags.vex)}, {wardbook.InputKEV, "KEV", len(g.flags.kev)}, {wardbook.InputEPSS, "EPSS", len(g.flags.epss)},
	} {
		age := wardbook.DataAge{Source: s.name, Days: -1}
		t, ok := g.newest[s.kind]
		switch {
		case s.n == 0:
			age.Note = "not given: what it would say is unknown"
		case !ok:
			age.Note = "the data does not say how old it is"
		default:
			age.AsOf = t.Format(time.DateOnly)
			age.Days = int(at.Sub(t.UTC().Truncate(24*time.Hour)).Hours() / 24)
			age.Note = "newest entry"
			if age.Days < 0 {
				age.Days = 0
				age.Note = "newest entry, later than the date of the assessment"
			}
		}
		out = append(out, age)
	}
	return out
}

func (g *gatherer) note(kind wardbook.InputKind, t time.Time) {
	if t.After(g.newest[kind]) {
		g.newest[kind] = t
	}
}

// add records an input.
func (g *gatherer) add(in wardbook.Input, problems []wardbook.Problem, err error) {
	in.Problems = append(in.Problems, problems...)
	if err != nil {
		in.Problems = append(in.Problems, problemsOf(err)...)
	}
	g.files = append(g.files, in)
}

func problemsOf(err error) []wardbook.Problem {
	var inv *wardbook.Invalid
	if errors.As(err, &inv) {
		return inv.Problems
	}
	return []wardbook.Problem{{Message: err.Error()}}
}

// readFile reads one small file whole, with its digest.
func readFile(path string, kind wardbook.InputKind) ([]byte, wardbook.Input, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, wardbook.Input{}, err
	}
	sum := sha256.Sum256(b)
	return b, wardbook.Input{Path: path, Kind: kind, SHA256: hex.EncodeToString(sum[:]), Size: int64(len(b)), Records: 1}, nil
}

func (g *gatherer) readPolicy() error {
	g.policy, g.policyHash = g.cat.Policy, catalog.DefaultPolicyDigest()
	if g.flags.policy == "" {
		return nil
	}
	b, in, err := readFile(g.flags.policy, wardbook.InputPolicy)
	if err != nil {
		return err
	}
	p, err := catalog.ReadPolicy(b, g.flags.policy)
	if err != nil {
		return failed("wardbook policy lint "+g.flags.policy+" checks it, wardbook policy show prints the default", err)
	}
	g.policy, g.policyHash = p, in.SHA256
	g.add(in, nil, nil)
	return nil
}

func (g *gatherer) readEarlier() error {
	if g.flags.since == "" {
		return nil
	}
	path := filepath.Join(g.flags.since, "assessment.json")
	b, in, err := readFile(path, wardbook.InputSince)
	if err != nil {
		return failed("--since takes the output folder of an earlier wardbook assess", err)
	}
	a, err := decodeAssessment(b)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	g.earlier = a
	g.add(in, nil, nil)
	return nil
}

func decodeAssessment(b []byte) (*wardbook.Assessment, error) {
	var a wardbook.Assessment
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, err
	}
	if a.Schema != wardbook.AssessmentSchema {
		return nil, fmt.Errorf("this is a %q, %q is needed", a.Schema, wardbook.AssessmentSchema)
	}
	return &a, nil
}

func (g *gatherer) readInventories() error {
	var columns *inventory.Columns
	if g.flags.columns != "" {
		b, in, err := readFile(g.flags.columns, wardbook.InputColumns)
		if err != nil {
			return err
		}
		if columns, err = inventory.ReadColumns(bytes.NewReader(b), g.flags.columns); err != nil {
			return err
		}
		g.add(in, nil, nil)
	}
	opts := inventory.Options{Columns: columns, Makers: match.NewMakers(g.cat).Split}
	var docs []*inventory.Document
	var at []int
	for _, path := range g.flags.inventory {
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			in := wardbook.Input{Path: f.Name, Kind: wardbook.InputInventory}
			doc, err := decodeFile(f, &in, func(r io.Reader) (*inventory.Document, error) { return inventory.Decode(r, f.Name, opts) })
			if err != nil {
				if text, ok := strings.CutPrefix(err.Error(), filepath.Base(f.Name)+": "); ok {
					err = errors.New(text) // it names its file, without the folder
				}
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			in.Format, in.Records = doc.Format, doc.Count
			docs = append(docs, doc)
			at = append(at, len(g.files))
			g.files = append(g.files, in)
			return nil
		})
		if err != nil {
			return failed("an inventory is a CSV or XLSX file with one device a row", err)
		}
	}
	inventory.Unique(docs)
	for i, doc := range docs {
		g.files[at[i]].Problems = doc.Problems
		g.devices = append(g.devices, doc.Devices...)
		doc.Devices = nil
	}
	g.mappings = docs
	return nil
}

// decodeFile decodes one file as a stream and fills in its digest.
func decodeFile[T any](f *intake.File, in *wardbook.Input, decode func(io.Reader) (T, error)) (T, error) {
	var zero T
	r, err := f.Open()
	if err != nil {
		return zero, err
	}
	doc, err := decode(r)
	if cerr := r.Close(); err == nil && cerr != nil {
		err = cerr
	}
	e := f.Evidence()
	in.SHA256, in.Size = e.SHA256, e.Size
	if err != nil {
		return zero, err
	}
	return doc, nil
}

// each reads every file of paths and decodes several at a time; done is called
// in the order of the files.
func each[T any](g *gatherer, kind wardbook.InputKind, paths []string, decode func(name string, b []byte) (T, error), done func(in wardbook.Input, doc T, err error)) error {
	type job struct {
		in  wardbook.Input
		doc T
		err error
		ok  chan struct{}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var jobs []*job
	flush := func(all bool) {
		for len(jobs) > 0 && (all || len(jobs) > 4*cap(slots)) {
			<-jobs[0].ok
			done(jobs[0].in, jobs[0].doc, jobs[0].err)
			jobs = jobs[1:]
		}
	}
	for _, path := range paths {
		err := intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
			if err := g.ctx.Err(); err != nil {
				return err
			}
			j := &job{in: wardbook.Input{Path: f.Name, Kind: kind}, ok: make(chan struct{})}
			slots <- struct{}{}
			buf := buffers.Get().(*bytes.Buffer)
			b, err := decodeFile(f, &j.in, func(r io.Reader) ([]byte, error) { return readAll(buf, r, f.Size) })
			jobs = append(jobs, j)
			if err != nil {
				j.err = err
				close(j.ok)
				<-slots
				return nil
			}
			wg.Add(1)
			go func() {
				defer func() { buffers.Put(buf); <-slots; close(j.ok); wg.Done() }()
				j.doc, j.err = decode(j.in.Path, b)
			}()
			flush(false)
			return nil
		})
		if err != nil {
			wg.Wait()
			return err
		}
	}
	flush(true)
	wg.Wait()
	return nil
}

// buffers hold the bytes of files while they are decoded; decoders keep nothing
// of them.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// readAll reads all of r into buf, which is made for size bytes, the stored
// size: what was compressed needs more, and gets it.
func readAll(buf *bytes.Buffer, r io.Reader, size int64) ([]byte, error) {
	const most = 64 << 20
	buf.Reset()
	buf.Grow(int(min(max(size, 0), most)) + bytes.MinRead)
	_, err := buf.ReadFrom(r)
	return buf.Bytes(), err
}

// bom is an SBOM with the VEX statements that it holds.
type bom struct {
	doc        *sbom.Document
	statements []wardbook.Statement
}

func (g *gatherer) readSBOMs() error {
	decode := func(name string, b []byte) (bom, error) {
		doc, err := sbom.Decode(bytes.NewReader(b), sbom.Options{})
		if err != nil {
			return bom{}, err
		}
		out := bom{doc: doc}
		if doc.Vulnerabilities > 0 {
			if v, err := advisory.Decode(bytes.NewReader(b), advisory.Options{Name: name}); err == nil {
				out.statements = v.Statements
			}
		}
		return out, nil
	}
	read := 0
	err := each(g, wardbook.InputSBOM, g.flags.sbom, decode, func(in wardbook.Input, b bom, err error) {
		if err != nil {
			g.add(in, nil, err)
			return
		}
		read++
		in.Format, in.Records, in.AsOf = b.doc.Format, len(b.doc.Components), dateOf(b.doc.Created)
		in.Quality = sbom.GradeOf(b.doc).String()
		g.add(in, b.doc.Problems, nil)
		g.sboms = append(g.sboms, subjectOf(in.Path, b.doc))
		g.statements = append(g.statements, b.statements...)
	})
	if err != nil {
		return err
	}
	if read == 0 && len(g.flags.inventory) == 0 {
		return failed("an SBOM is a CycloneDX (JSON, XML) or SPDX (JSON, tag-value) document", fmt.Errorf("no SBOM could be read\n%w", g.lastProblems(wardbook.InputSBOM)))
	}
	return nil
}

// lastProblems are the problems of all inputs of a kind, as one error.
func (g *gatherer) lastProblems(kind wardbook.InputKind) error {
	var ps wardbook.Problems
	for _, in := range g.files {
		if in.Kind == kind {
			for _, p := range in.Problems {
				ps.Add(joinNonEmpty(" ", in.Path, p.Place), "%s", p.Message)
			}
		}
	}
	return ps.Err()
}

func subjectOf(path string, d *sbom.Document) assess.SBOM {
	p := d.Product
	name := p.FullName()
	if name == "" {
		name = d.Name
	}
	return assess.SBOM{
		Path: path, Serial: d.Serial, Manufacturer: p.Manufacturer, Name: name, Version: p.Version, ModelNumber: p.ModelNumber, UDIDI: p.UDIDI,
		Purl: p.Purl, CPEs: p.CPEs, Hashes: p.Hashes, SupportEnd: p.SupportEnd, Ref: p.Ref, Components: d.Components,
	}
}

func (g *gatherer) readAdvisories() error {
	return g.readDocuments(wardbook.InputAdvisory, g.flags.advisories)
}

func (g *gatherer) readVEX() error { return g.readDocuments(wardbook.InputVEX, g.flags.vex) }

// readDocuments reads CSAF and VEX. A CSAF document given as VEX only speaks
// through its statements; one given as advisory names products too.
func (g *gatherer) readDocuments(kind wardbook.InputKind, paths []string) error {
	decode := func(name string, b []byte) (*advisory.Document, error) {
		return advisory.Decode(bytes.NewReader(b), advisory.Options{Name: name})
	}
	return each(g, kind, paths, decode, func(in wardbook.Input, d *advisory.Document, err error) {
		if err != nil {
			g.add(in, nil, err)
			return
		}
		in.Format = d.Format
		in.Records = len(d.Statements)
		if a := d.Advisory; a != nil {
			in.AsOf = dateOf(a.Updated)
			g.note(kind, a.Updated)
			if kind == wardbook.InputAdvisory {
				in.Records = len(a.Vulnerabilities)
				g.advisories = append(g.advisories, a)
			}
		}
		for _, s := range d.Statements {
			g.note(kind, s.Time)
		}
		g.statements = append(g.statements, d.Statements...)
		g.add(in, d.Problems, nil)
	})
}

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
