package gather

import (
	"context"
	"errors"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/inventory"
	"github.com/wardbook/wardbook/internal/vulndb"
)

// Paths says where the inputs of an assessment lie: files, folders or zips.
// Empty ones were not given.
type Paths struct {
	Inventory, SBOM, Advisories, Vulns, VEX    []string
	KEV, EPSS, Policy, Answers, Columns, Since string
	// Cache is where compiled vulnerability data is kept. Its Dir is needed
	// where Vulns are given.
	Cache vulndb.Cache
}

// An Error is an error with a hint: what the one who gave the input can do.
type Error struct {
	Err  error
	Hint string
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

func failed(hint string, err error) error { return &Error{Err: err, Hint: hint} }

// Gathered is everything that was read. Each input has an entry in Files, also
// one that could not be read.
type Gathered struct {
	Files       []wardbook.Input
	Inventories []*inventory.Document // without their devices: how they were read
	Policy      *wardbook.Policy
	PolicyHash  string // SHA-256 of the policy's bytes
	Answers     []wardbook.Answer
	Catalog     *catalog.Catalog

	ctx        context.Context
	paths      Paths
	progress   func(stage string, done, total int)
	devices    []wardbook.Device
	sboms      []assess.SBOM
	advisories []*wardbook.Advisory
	statements []wardbook.Statement
	db         *vulndb.DB
	kev        map[string]wardbook.KEV
	epss       *vulndb.EPSSTable
	earlier    *wardbook.Assessment
	ages       Ages
	sbomsAt    int // where the SBOMs that are still to be read stand in Files
}

// Read reads everything, but for SBOMs without an inventory: these the
// assessment takes one after the other. What cannot be read of a folder is a problem of that
// input; what the whole assessment rests on (policy, answers, columns, the only
// inventory) is an error, mostly an *Error with a hint. The result is to be
// closed when the assessment is made. progress may be nil.
func Read(ctx context.Context, cat *catalog.Catalog, p Paths, progress func(stage string, done, total int)) (*Gathered, error) {
	if progress == nil {
		progress = func(string, int, int) {}
	}
	g := &Gathered{Catalog: cat, ctx: ctx, paths: p, progress: progress, ages: Ages{}}
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"policy", g.readPolicy}, {"answers", g.readAnswers}, {"inventory", g.readInventories}, {"SBOMs", g.readSBOMs},
		{"advisories", g.readAdvisories}, {"VEX", g.readVEX}, {"vulnerability data", g.readRecords}, {"KEV", g.readKEV}, {"EPSS", g.readEPSS}, {"earlier assessment", g.readEarlier},
	} {
		progress("reading "+step.name, 0, 0)
		err := step.do()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			g.Close()
			return nil, err
		}
	}
	return g, nil
}

// Close closes the vulnerability data.
func (g *Gathered) Close() {
	if g.db != nil {
		g.db.Close()
		g.db = nil
	}
}

// Inputs hands over to the assessment and keeps nothing of it, so that what was
// decoded can go when it is matched: it is called once. program is its name and version, at the
// date that counts as today.
func (g *Gathered) Inputs(program string, at time.Time) assess.Inputs {
	in := assess.Inputs{
		Program: program, At: at, Catalog: g.Catalog, Policy: g.Policy, PolicyHash: g.PolicyHash, Answers: g.Answers, Files: g.Files,
		HasInventory: len(g.paths.Inventory) > 0, Devices: g.devices, SBOMs: g.sboms, Advisories: g.advisories, Statements: g.statements,
		Earlier: g.earlier, EarlierPath: g.paths.Since, Progress: g.progress,
	}
	if !in.HasInventory {
		in.Stream = g.streamSBOMs
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
	in.DataAge = g.ages.At(at, map[wardbook.InputKind]int{
		wardbook.InputAdvisory: len(g.paths.Advisories), wardbook.InputVulnerabilities: len(g.paths.Vulns), wardbook.InputVEX: len(g.paths.VEX),
		wardbook.InputKEV: len(g.paths.KEV), wardbook.InputEPSS: len(g.paths.EPSS),
	})
	g.devices, g.sboms, g.advisories, g.statements = nil, nil, nil, nil
	return in
}

// Ages holds the newest date inside the documents of each kind.
type Ages map[wardbook.InputKind]time.Time

// Note takes a date that a document of the kind has.
func (a Ages) Note(kind wardbook.InputKind, t time.Time) {
	if t.After(a[kind]) {
		a[kind] = t
	}
}

// At says how old each sort of facts is on a date. given counts what there is of
// a kind.
func (a Ages) At(at time.Time, given map[wardbook.InputKind]int) []wardbook.DataAge {
	var out []wardbook.DataAge
	for _, s := range []struct {
		kind wardbook.InputKind
		name string
	}{
		{wardbook.InputAdvisory, "advisories"}, {wardbook.InputVulnerabilities, "vulnerability data"},
		{wardbook.InputVEX, "VEX statements"}, {wardbook.InputKEV, "KEV"}, {wardbook.InputEPSS, "EPSS"},
	} {
		age := wardbook.DataAge{Source: s.name, Days: -1}
		t, ok := a[s.kind]
		switch {
		case given[s.kind] == 0:
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

// take records an input with what it holds.
func (g *Gathered) take(d *Document) {
	g.ages.Note(d.Input.Kind, d.Newest)
	if d.SBOM != nil {
		g.sboms = append(g.sboms, *d.SBOM)
	}
	if d.Advisory != nil && d.Input.Kind == wardbook.InputAdvisory {
		g.advisories = append(g.advisories, d.Advisory)
	}
	g.statements = append(g.statements, d.Statements...)
	g.Files = append(g.Files, d.Input)
}

// refuse records an input that could not be read.
func (g *Gathered) refuse(in wardbook.Input, err error) {
	in.Problems = append(in.Problems, ProblemsOf(err)...)
	g.Files = append(g.Files, in)
}

// ProblemsOf takes an error apart into problems with their places.
func ProblemsOf(err error) []wardbook.Problem {
	if err == nil {
		return nil
	}
	var inv *wardbook.Invalid
	if errors.As(err, &inv) {
		return inv.Problems
	}
	return []wardbook.Problem{{Message: err.Error()}}
}

// lastProblems are the problems of all inputs of a kind, as one error.
func (g *Gathered) lastProblems(kind wardbook.InputKind) error {
	var ps wardbook.Problems
	for _, in := range g.Files {
		if in.Kind != kind {
			continue
		}
		for _, p := range in.Problems {
			place := in.Path
			if p.Place != "" {
				place += " " + p.Place
			}
			ps.Add(place, "%s", p.Message)
		}
	}
	return ps.Err()
}

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (g *Gathered) readAdvisories() error {
	return g.each(wardbook.InputAdvisory, g.paths.Advisories)
}

func (g *Gathered) readVEX() error { return g.each(wardbook.InputVEX, g.paths.VEX) }

func (g *Gathered) readSBOMs() error {
	if len(g.paths.Inventory) == 0 {
		g.sbomsAt = len(g.Files)
		return nil
	}
	return g.each(wardbook.InputSBOM, g.paths.SBOM)
}
