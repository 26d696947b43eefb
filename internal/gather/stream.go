package gather

import (
	"fmt"
	"io"
	"slices"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/internal/advisory"
	"github.com/wardbook/wardbook/internal/assess"
	"github.com/wardbook/wardbook/internal/intake"
	"github.com/wardbook/wardbook/internal/sbom"
)

// A streamed SBOM is on its way to the assessment.
type streamed struct {
	doc *Document
	err error
}

// streamSBOMs decodes one SBOM while add takes the one before. It returns all
// inputs, those of the SBOMs where they belong.
func (g *Gathered) streamSBOMs(add func(assess.SBOM) error) (all []wardbook.Input, held []wardbook.Statement, err error) {
	docs, stop := make(chan streamed), make(chan struct{})
	var walked error
	go func() {
		defer close(docs)
		for _, path := range g.paths.SBOM {
			walked = intake.Walk(path, intake.Limits{}, func(f *intake.File) error {
				doc, err := decodeSBOM(f)
				select {
				case docs <- streamed{doc, err}:
					return g.ctx.Err()
				case <-stop:
					return io.ErrClosedPipe
				}
			})
			if walked != nil {
				return
			}
		}
	}()
	rest := slices.Clone(g.Files[g.sbomsAt:])
	g.Files = g.Files[:g.sbomsAt]
	read, failure := 0, error(nil)
	for d := range docs {
		switch {
		case failure != nil: // the walker is about to end
		case d.err != nil:
			g.refuse(d.doc.Input, d.err)
		default:
			read++
			g.progress("SBOMs", read, 0)
			g.Files = append(g.Files, d.doc.Input)
			held = append(held, d.doc.Statements...)
			if failure = add(*d.doc.SBOM); failure != nil {
				close(stop)
			}
		}
	}
	switch {
	case failure != nil:
		return nil, nil, failure
	case walked != nil:
		return nil, nil, walked
	case read == 0:
		return nil, nil, failed("an SBOM is a CycloneDX (JSON, XML) or SPDX (JSON, tag-value) document", fmt.Errorf("no SBOM could be read\n%w", g.lastProblems(wardbook.InputSBOM)))
	}
	g.Files = append(g.Files, rest...)
	return g.Files, held, nil
}

// decodeSBOM decodes an SBOM as it is read. One that holds vulnerabilities is
// read again for what it says of them.
func decodeSBOM(f *intake.File) (*Document, error) {
	d := &Document{Input: wardbook.Input{Path: f.Name, Kind: wardbook.InputSBOM}}
	var doc *sbom.Document
	err := stream(f, &d.Input, func(r io.Reader) (err error) { doc, err = sbom.Decode(r, sbom.Options{}); return err })
	if err != nil {
		return d, err
	}
	d.takeSBOM(doc)
	if doc.Vulnerabilities > 0 {
		var again wardbook.Input
		_ = stream(f, &again, func(r io.Reader) error {
			v, err := advisory.Decode(r, advisory.Options{Name: d.Input.Path})
			if err == nil {
				d.Statements = v.Statements
			}
			return err
		}) // what cannot be read as VEX is an SBOM all the same
	}
	return d, nil
}
