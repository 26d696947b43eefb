// Package assess is the main job as one pure function: decoded inputs go in,
// an assessment comes out. It joins the leaves (match, score) and does no I/O
// of its own, so that the command line and the server answer alike.
package assess

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
	"github.com/wardbook/wardbook/internal/match"
	"github.com/wardbook/wardbook/internal/score"
)

// Vulnerabilities answers which records name a package or product, and which
// have an id. *vulndb.DB is one; nil means that none were given.
type Vulnerabilities interface {
	match.Lookup
	ByID(id string) ([]*wardbook.Vulnerability, error)
}

// An SBOM is one decoded SBOM: what it describes and its parts.
type SBOM struct {
	Path         string
	Serial       string
	Manufacturer string
	Name         string
	Version      string
	ModelNumber  string
	UDIDI        string
	Purl         string
	CPEs         []string
	Hashes       []wardbook.Hash
	SupportEnd   string
	Ref          string // of the product inside the document
	Components   []wardbook.Component

	keys map[string]int // component key → index, made when first asked for
}

// Inputs is everything that an assessment is made from. Nothing in it is
// changed, but Devices, which get their class and product.
type Inputs struct {
	Program    string
	At         time.Time // counts as today
	Catalog    *catalog.Catalog
	Policy     *wardbook.Policy
	PolicyHash string // SHA-256 of the policy's bytes
	Answers    []wardbook.Answer
	Files      []wardbook.Input // what was read, for the record
	// HasInventory tells a fleet without devices from no fleet at all: without
	// an inventory each SBOM stands for one product of one device.
	HasInventory bool
	Devices      []wardbook.Device
	SBOMs        []SBOM
	// Stream hands over SBOMs one after the other, behind those of SBOMs, where
	// there is no inventory: of each only what findings name is kept. It returns
	// what it knows when all are read: Files with those of the SBOMs, and the
	// statements that SBOMs hold. Its error is Run's. nil is fine.
	Stream     func(add func(SBOM) error) (files []wardbook.Input, held []wardbook.Statement, err error)
	Advisories []*wardbook.Advisory
	Statements []wardbook.Statement
	// StatementsKey is equal for equal Statements, and empty where that is not
	// known.
	StatementsKey string
	// Decisions are the organization's own: those that hold.
	Decisions []Decision
	Records   Vulnerabilities
	// RecordsKey is equal for equal Records, and empty where that is not known.
	RecordsKey string
	KEV        func(cve string) (wardbook.KEV, bool)  // nil: not given
	EPSS       func(cve string) (wardbook.EPSS, bool) // nil: not given
	DataAge    []wardbook.DataAge
	// Earlier is an earlier assessment to compare with, EarlierPath where it
	// was read from.
	Earlier     *wardbook.Assessment
	EarlierPath string
	// FirstSeen gives the RFC 3339 date on which a risk was first proposed, by
	// its id; what Earlier says comes before.
	FirstSeen map[string]string
	// Memo remembers from one run to the next; nil: everything is computed.
	Memo *Memo
	// Progress is told what is being done; nil is fine.
	Progress func(stage string, done, total int)
}

// A run is one assessment in the making.
type run struct {
	Inputs
	answers   *match.Answers
	products  []product
	findings  []wardbook.Finding
	questions questions
	notes     []string // what is not known

	noAdvisories bool // none were given
}

// Run makes the assessment. It fails only when ctx ends, a record of the
// vulnerability data cannot be read, or Stream fails.
func Run(ctx context.Context, in Inputs) (*wardbook.Assessment, error) {
	r := &run{Inputs: in, answers: match.NewAnswers(in.Answers), questions: questions{byKey: map[string]*wardbook.Question{}}}
	if r.Memo == nil {
		r.Memo = NewMemo()
		r.Memo.passing = true
	}
	r.Memo.begin(r)
	type stage struct {
		name string
		do   func(context.Context) error
	}
	stages := []stage{
		{"devices", r.groupDevices},
		{"SBOMs", r.joinSBOMs},
		{"advisories", r.matchAdvisories},
		{"components", r.matchComponents},
		{"support", r.matchSupport},
	}
	if !r.HasInventory {
		stages = []stage{{"SBOMs", r.sbomsInTurn}}
	}
	r.noAdvisories = len(r.Advisories) == 0
	for _, stage := range append(stages, stage{"matched", r.dropAdvisories}, stage{"alike", r.mergeAlike}, stage{"statements", r.applyStatements}, stage{"stated", r.dropStatements}) {
		r.progress(stage.name, 0, 0)
		if err := stage.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", stage.name, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	r.enrich()
	r.Memo.end(r)
	return r.assessment(), nil
}

// dropAdvisories lets go of what only matching needs: decoded advisories and
// their index are most of what a run holds. A Memo keeps them.
func (r *run) dropAdvisories(context.Context) error {
	r.Advisories = nil
	if r.Memo.passing {
		r.Memo.advisories = nil
	}
	return nil
}

// mergeAlike makes one finding of those with one id: an SBOM lists a component
// twice, or two SBOMs of a product do. Of two, the one that asks more of people
// stays, then the more certain, then the first.
func (r *run) mergeAlike(context.Context) error {
	at := make(map[string]int, len(r.findings))
	kept := r.findings[:0]
	for i := range r.findings {
		f := &r.findings[i]
		n, ok := at[f.ID]
		if !ok {
			at[f.ID] = len(kept)
			kept = append(kept, *f)
			continue
		}
		k := &kept[n]
		if was, is := slices.Index(wardbook.Statuses, k.Status), slices.Index(wardbook.Statuses, f.Status); is < was || is == was && f.Confidence > k.Confidence {
			*k = *f
		}
	}
	clear(r.findings[len(kept):])
	r.findings = kept
	return nil
}

// dropStatements lets go of what is not needed for risks.
func (r *run) dropStatements(context.Context) error {
	r.Statements, r.SBOMs = nil, nil
	if r.Memo.passing {
		r.Memo.statements = nil
	}
	return nil
}

func (r *run) progress(stage string, done, total int) {
	if r.Progress != nil {
		r.Progress(stage, done, total)
	}
}

// assessment proposes risks and puts everything together.
func (r *run) assessment() *wardbook.Assessment {
	a := &wardbook.Assessment{
		Schema: wardbook.AssessmentSchema, Program: r.Program, At: r.At.Format(time.DateOnly),
		Policy: r.Policy.Ref(), Catalog: r.Catalog.Digest, Inputs: r.Files, Devices: r.Devices,
	}
	a.Policy.SHA256 = r.PolicyHash
	for i := range r.products {
		a.Products = append(a.Products, r.products[i].Product)
	}
	sortFindings(r.findings)
	a.Findings = r.findings
	r.progress("risks", 0, 0)
	risks, asked := score.Risks(score.Input{
		Products: a.Products, Devices: a.Devices, Findings: a.Findings, Policy: r.Policy, Catalog: r.Catalog, At: r.At, FirstSeen: r.firstSeen(),
	})
	a.Risks = risks
	for _, q := range asked {
		if _, done := r.answers.Get(q.Kind, q.Key); !done {
			r.questions.take(q)
		}
	}
	a.Questions = r.questions.list()
	fillEmpty(a)
	a.Summary = r.summary(a)
	if r.Earlier != nil {
		a.Changes = changes(r.Earlier, a, r.EarlierPath)
	}
	return a
}

// fillEmpty makes empty lists of missing ones, so that JSON has [] and no null.
func fillEmpty(a *wardbook.Assessment) {
	lists(&a.Inputs, &a.Devices, &a.Products, &a.Findings, &a.Risks, &a.Questions)
	for i := range a.Inputs {
		empty(&a.Inputs[i].Problems)
	}
	for i := range a.Findings {
		f := &a.Findings[i]
		empty(&f.Devices)
		empty(&f.Aliases)
		empty(&f.Why)
		empty(&f.Remediations)
	}
	for i := range a.Risks {
		k := &a.Risks[i]
		empty(&k.Findings)
		empty(&k.Devices)
		empty(&k.Wards)
		empty(&k.Options)
	}
	for i := range a.Questions {
		empty(&a.Questions[i].Devices)
	}
}

func lists(in *[]wardbook.Input, d *[]wardbook.Device, p *[]wardbook.Product, f *[]wardbook.Finding, r *[]wardbook.Risk, q *[]wardbook.Question) {
	empty(in)
	empty(d)
	empty(p)
	empty(f)
	empty(r)
	empty(q)
}

func empty[T any](s *[]T) {
	if *s == nil {
		*s = []T{}
	}
}

// id makes an id that is stable between runs: from content alone.
func id(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + hex.EncodeToString(sum[:6])
}

// firstSeen tells when each risk of an earlier assessment was first seen.
func (r *run) firstSeen() map[string]string {
	a := r.Earlier
	if a == nil {
		return r.FirstSeen
	}
	m := maps.Clone(r.FirstSeen)
	if m == nil {
		m = map[string]string{}
	}
	for _, k := range a.Risks {
		m[k.ID] = k.FirstSeen
		if k.FirstSeen == "" {
			m[k.ID] = a.At
		}
	}
	return m
}

// sortFindings puts what asks most of people first, then by product and id.
func sortFindings(fs []wardbook.Finding) {
	order := map[wardbook.Status]int{}
	for i, s := range wardbook.Statuses {
		order[s] = i
	}
	score := func(f *wardbook.Finding) float64 {
		if f.CVSS == nil {
			return -1
		}
		return f.CVSS.Score
	}
	known := func(f *wardbook.Finding) int {
		if f.KEV != nil {
			return 0
		}
		return 1
	}
	// Findings are large: their places are sorted, then each is moved once.
	places := make([]int32, len(fs))
	for i := range places {
		places[i] = int32(i)
	}
	slices.SortFunc(places, func(i, j int32) int {
		a, b := &fs[i], &fs[j]
		return cmp.Or(cmp.Compare(order[a.Status], order[b.Status]), cmp.Compare(known(a), known(b)), cmp.Compare(score(b), score(a)),
			strings.Compare(a.Product, b.Product), strings.Compare(a.ID, b.ID), cmp.Compare(i, j))
	})
	arrange(fs, places)
}

// arrange moves the element at places[i] to i, for all i. It uses places up.
func arrange[T any](list []T, places []int32) {
	for i := range places {
		first, to := list[i], int32(i)
		for from := places[to]; from != int32(i); from = places[to] {
			list[to], places[to] = list[from], to
			to = from
		}
		list[to], places[to] = first, to
	}
}
