package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/gather"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/store"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// sbomInventory is the group of the devices that stand for SBOMs while an
// organization has no inventory: then each SBOM is a product of one device.
const sbomInventory = "SBOM"

// livingRead is what one assessment of the living file is made from, as it
// stands at one entry of the book.
type livingRead struct {
	l        *Living
	o        *organization
	at       time.Time
	progress func(stage string, done, total int)

	position  int64
	none      bool              // there never was a source
	sources   []wardbook.Source // that hold, by kind and name
	documents []*gather.Document
	feeds     []FeedDocument // that are common
	common    []*gather.Document
	org       string
	answers   []wardbook.Answer
	decisions []assess.Decision
	policy    *wardbook.Policy
	devices   []store.Fact[wardbook.Device]
	firstSeen map[string]string // by the risk's id in assessments
	db        *vulndb.DB
}

func (r *livingRead) close() {
	if r.db != nil {
		r.db.Close()
	}
}

// read takes everything from one moment of the book.
func (r *livingRead) read(ctx context.Context, tx *store.Tx) (err error) {
	if r.position, err = tx.Position(); err != nil {
		return err
	}
	r.progress("reading", 0, 0)
	if err := r.readSources(ctx, tx); err != nil {
		return err
	}
	answers, err := every[wardbook.Answer](tx, store.ListOptions{States: []string{"given"}})
	if err != nil {
		return err
	}
	for _, a := range answers {
		r.answers = append(r.answers, a.Value)
	}
	decisions, err := every[wardbook.Decision](tx, store.ListOptions{States: []string{string(wardbook.DecisionActive)}})
	if err != nil {
		return err
	}
	for _, d := range decisions {
		if !d.Value.Holds(r.at.Format(time.DateOnly)) {
			continue
		}
		who := d.Value.By
		if m, err := tx.Revision(wardbook.Membership{}.RecordKind(), who); err == nil && m.Title != "" {
			who = m.Title
		}
		r.decisions = append(r.decisions, assess.Decision{Decision: d.Value, ID: d.ID, Name: d.Short(), Author: who})
	}
	if r.policy, err = PolicyInForce(tx); err != nil {
		return err
	}
	if r.policy == nil {
		return fmt.Errorf("the bytes of the policy in force are not in the book: set it again")
	}
	risks, err := every[wardbook.Risk](tx, store.ListOptions{})
	if err != nil {
		return err
	}
	r.firstSeen = make(map[string]string, len(risks))
	for _, k := range risks {
		r.firstSeen[k.Value.ID] = k.Value.FirstSeen
	}
	if err := r.readDevices(tx); err != nil {
		return err
	}
	return ctx.Err()
}

// mostDevices is how many devices are remembered from one assessment to the
// next; more of them are read each time, since they take the memory that pages
// need.
const mostDevices = 250_000

// readDevices takes the devices in the order of their ids. Those that are
// remembered learn what changed since.
func (r *livingRead) readDevices(tx *store.Tx) error {
	o := r.o
	rows, changed := tx.EachDevice(""), map[string]*store.Fact[wardbook.Device]{}
	if o.devices != nil {
		rows = tx.ChangedDevices(o.devicesAt)
	}
	for d, err := range rows {
		if err != nil {
			return err
		}
		// Those that ceased come first: one that only changed comes again.
		if changed[d.Value.ID] = nil; d.Until == 0 {
			changed[d.Value.ID] = &d
		}
	}
	if r.devices = o.devices; len(changed) > 0 {
		r.devices = make([]store.Fact[wardbook.Device], 0, len(o.devices)+len(changed))
		for _, d := range o.devices {
			if _, ok := changed[d.Value.ID]; !ok {
				r.devices = append(r.devices, d)
			}
		}
		for _, d := range changed {
			if d != nil {
				r.devices = append(r.devices, *d)
			}
		}
		slices.SortFunc(r.devices, func(a, b store.Fact[wardbook.Device]) int { return strings.Compare(a.Value.ID, b.Value.ID) })
	}
	if o.devices, o.devicesAt = r.devices, r.position; len(r.devices) > mostDevices {
		o.devices = nil
	}
	return nil
}

// every lists all records of a kind.
func every[T wardbook.Record](tx *store.Tx, o store.ListOptions) ([]store.Stored[T], error) {
	var out []store.Stored[T]
	o.Limit = 1000
	for {
		page, err := store.List[T](tx, o)
		if err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if page.Next == "" {
			return out, nil
		}
		o.After = page.Next
	}
}

// readSources decodes the documents that hold and are not known yet.
func (r *livingRead) readSources(ctx context.Context, tx *store.Tx) error {
	counts, err := tx.Count(wardbook.Source{}.RecordKind(), store.ListOptions{})
	if err != nil {
		return err
	}
	r.none = len(counts) == 0
	list, err := every[wardbook.Source](tx, store.ListOptions{States: []string{string(wardbook.SourceCurrent), string(wardbook.SourceReview)}})
	if err != nil {
		return err
	}
	for _, s := range list {
		held, err := LastHeld(tx, s)
		if err != nil {
			return err
		}
		if held != nil {
			r.sources = append(r.sources, *held)
		}
	}
	slices.SortFunc(r.sources, func(a, b wardbook.Source) int { return strings.Compare(a.RecordKey(), b.RecordKey()) })
	known := map[string]*gather.Document{}
	for i, s := range r.sources {
		r.progress("reading documents", i, len(r.sources))
		if err := ctx.Err(); err != nil {
			return err
		}
		d, err := r.document(tx, s)
		if err != nil {
			return fmt.Errorf("%s %s: %w", s.Kind, s.Name, err)
		}
		if d != nil {
			known[keyOf(s)] = d
			r.documents = append(r.documents, d)
		}
	}
	r.o.documents = known // what does not hold any more is forgotten
	return nil
}

func keyOf(s wardbook.Source) string { return string(s.Kind) + "\x00" + s.Name + "\x00" + s.SHA256 }

// document decodes the bytes of a source. It is nil for what is not read here:
// an inventory, whose devices are facts, the policy, which is in force, and
// vulnerability data, which is read through a compiled feed.
func (r *livingRead) document(tx *store.Tx, s wardbook.Source) (*gather.Document, error) {
	switch s.Kind {
	case wardbook.InputSBOM, wardbook.InputAdvisory, wardbook.InputVEX, wardbook.InputKEV, wardbook.InputEPSS:
	default:
		return nil, nil
	}
	if d := r.o.documents[keyOf(s)]; d != nil {
		return d, nil
	}
	body, err := tx.OpenEvidence(s.SHA256)
	if errors.Is(err, store.ErrRedacted) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// What cannot be used says so in its source; it counts for nothing here.
	d, err := gather.Decode(s.Kind, s.Name, body, gather.Options{Catalog: r.l.catalog})
	if err != nil && d.Input.SHA256 != s.SHA256 {
		return nil, err // the bytes did not come whole
	}
	return d, nil
}

// inputs hands over to the assessment.
func (r *livingRead) inputs(ctx context.Context) (assess.Inputs, error) {
	in := assess.Inputs{
		Program: r.l.o.Program, At: r.at, Catalog: r.l.catalog, Policy: r.policy, PolicyHash: r.policy.SHA256, Answers: r.answers,
		Decisions: r.decisions, FirstSeen: r.firstSeen, Memo: r.o.memo, Progress: r.progress,
	}
	if in.PolicyHash == "" {
		in.PolicyHash = catalog.DefaultPolicyDigest()
	}
	for i := range r.devices {
		if d := &r.devices[i]; d.Group != sbomInventory {
			in.Devices = append(in.Devices, d.Value)
		}
	}
	in.HasInventory = len(in.Devices) > 0 || slices.ContainsFunc(r.sources, func(s wardbook.Source) bool { return s.Kind == wardbook.InputInventory })
	ages, given := gather.Ages{}, map[wardbook.InputKind]int{}
	sum := sha256.New()
	for _, d := range slices.Concat(r.common, r.documents) { // what is the organization's own comes last, and counts
		r.take(&in, d)
		ages.Note(d.Input.Kind, d.Newest)
		given[d.Input.Kind]++
		if len(d.Statements) > 0 {
			_, _ = io.WriteString(sum, keyOf(wardbook.Source{Kind: d.Input.Kind, Name: d.Input.Path, SHA256: d.Input.SHA256})+"\n")
		}
	}
	in.StatementsKey = hex.EncodeToString(sum.Sum(nil))
	if err := r.records(ctx, &in, ages, given); err != nil {
		return in, err
	}
	in.DataAge = ages.At(r.at, given)
	return in, nil
}

// take adds what a document holds.
func (r *livingRead) take(in *assess.Inputs, d *gather.Document) {
	if d.SBOM != nil {
		in.SBOMs = append(in.SBOMs, *d.SBOM)
	}
	if d.Advisory != nil && d.Input.Kind == wardbook.InputAdvisory {
		in.Advisories = append(in.Advisories, d.Advisory)
	}
	in.Statements = append(in.Statements, d.Statements...)
	if d.KEV != nil {
		in.KEV = func(cve string) (wardbook.KEV, bool) { k, ok := d.KEV[cve]; return k, ok }
	}
	if d.EPSS != nil {
		in.EPSS = d.EPSS.Lookup
	}
}

// records opens the compiled vulnerability data, of the feeds and of the
// sources, and compiles it where it is new.
func (r *livingRead) records(ctx context.Context, in *assess.Inputs, ages gather.Ages, given map[wardbook.InputKind]int) error {
	var parts []part
	for _, f := range r.feeds {
		if f.Kind == wardbook.InputVulnerabilities {
			parts = append(parts, part{f.Name, f.SHA256, f.Path, func(fn func(*intake.File) error) error { return intake.Walk(f.Path, intake.Limits{}, fn) }})
		}
	}
	for _, s := range r.sources {
		if s.Kind == wardbook.InputVulnerabilities {
			parts = append(parts, part{s.Name, s.SHA256, s.Name, func(fn func(*intake.File) error) error { return r.walkEvidence(ctx, s, fn) }})
		}
	}
	if len(parts) == 0 || r.l.o.Cache.Dir == "" {
		return nil
	}
	digests := make([]string, len(parts))
	for i, p := range parts {
		digests[i] = p.sha256
	}
	n := 0
	db, err := r.l.o.Cache.Open(vulndb.Key(digests...), func(c *vulndb.Compiler) error {
		for _, p := range parts {
			src := c.Source(p.name)
			err := p.walk(func(f *intake.File) error {
				if n++; n%500 == 0 {
					r.progress("compiling vulnerability data", n, 0)
				}
				if err := ctx.Err(); err != nil {
					return err
				}
				return addFile(src, f, p.whole)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.db = db
	in.Records, in.RecordsKey = db, vulndb.Key(digests...)
	for _, src := range db.Sources() {
		ages.Note(wardbook.InputVulnerabilities, src.Newest)
		given[wardbook.InputVulnerabilities]++
	}
	return nil
}

// walkEvidence goes through the files of a source's bytes. Those of a redacted
// one are none.
func (r *livingRead) walkEvidence(ctx context.Context, s wardbook.Source, fn func(*intake.File) error) error {
	return r.l.store.View(ctx, r.org, func(tx *store.Tx) error {
		body, err := tx.OpenEvidence(s.SHA256)
		if errors.Is(err, store.ErrRedacted) {
			return nil
		}
		if err != nil {
			return err
		}
		f, err := intake.Spool(s.Name, body, s.Size)
		if err != nil {
			return err
		}
		defer f.Close()
		return f.Walk(intake.Limits{}, fn)
	})
}

// A part is one document of vulnerability data. A file whose name is whole is
// the document itself, others are members of it.
type part struct {
	name, sha256, whole string
	walk                func(func(*intake.File) error) error
}

func addFile(src *vulndb.SourceWriter, f *intake.File, whole string) error {
	body, err := f.Open()
	if err != nil {
		return err
	}
	defer body.Close()
	member := f.Name
	if member == whole {
		member = ""
	}
	return src.Add(member, io.Reader(body))
}

// sbomDocuments finds the SBOMs by the name that products know them by.
func (r *livingRead) sbomDocuments() map[string]*assess.SBOM {
	out := map[string]*assess.SBOM{}
	for _, d := range r.documents {
		if d.SBOM != nil {
			out[d.Input.Path] = d.SBOM
		}
	}
	return out
}

// standing sums up the assessment for the record.
func (r *livingRead) standing(a *wardbook.Assessment) wardbook.Standing {
	s := wardbook.Standing{Program: a.Program, At: a.At, Policy: a.Policy, Catalog: a.Catalog, Summary: a.Summary}
	inputs, feeds := counter{}, counter{}
	for _, src := range r.sources {
		inputs.add(src.Kind, src.SHA256, src.Records, src.Faults, src.AsOf)
	}
	for _, f := range r.feeds {
		var in wardbook.Input
		if d := r.l.known(f); d != nil {
			in = d.Input
		}
		feeds.add(f.Kind, f.SHA256, in.Records, len(in.Problems), in.AsOf)
	}
	s.Inputs, s.Feeds = inputs.list(), feeds.list()
	return s
}

// counter sums up inputs by kind.
type counter map[wardbook.InputKind]*counted

type counted struct {
	wardbook.InputCount
	sum hash.Hash
}

func (c counter) add(kind wardbook.InputKind, digest string, records, faults int, asOf string) {
	x := c[kind]
	if x == nil {
		x = &counted{InputCount: wardbook.InputCount{Kind: kind}, sum: sha256.New()}
		c[kind] = x
	}
	x.Count++
	x.Records += records
	x.Faults += faults
	x.AsOf = max(x.AsOf, asOf)
	_, _ = io.WriteString(x.sum, digest)
}

func (c counter) list() []wardbook.InputCount {
	var out []wardbook.InputCount
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		x := c[kind]
		x.SHA256 = hex.EncodeToString(x.sum.Sum(nil))
		out = append(out, x.InputCount)
	}
	return out
}
