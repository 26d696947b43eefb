package sbom

import (
	"fmt"

	"github.com/wardbook/wardbook"
)

// A Count says of how many components (or documents) a field is given, silent
// or said to be unknown. The three are kept apart: "unknown" is an answer.
type Count struct {
	Have    int `json:"have"`
	Missing int `json:"missing"`
	Unknown int `json:"unknown"`
}

// Total is how many were asked.
func (c Count) Total() int { return c.Have + c.Missing + c.Unknown }

// Share is Have of Total, 0–1; 0 of nothing.
func (c Count) Share() float64 {
	if c.Total() == 0 {
		return 0
	}
	return float64(c.Have) / float64(c.Total())
}

// ElementSource says who asks for an element.
type ElementSource string

const (
	// FromNTIA marks the data fields of "The Minimum Elements For a Software
	// Bill of Materials" (NTIA, July 2021).
	FromNTIA ElementSource = "NTIA"
	// FromFDA marks what the FDA asks for in addition ("Cybersecurity in
	// Medical Devices", premarket guidance, SBOM section).
	FromFDA ElementSource = "FDA"
	// Informative marks what nobody of the two asks for; it does not count.
	Informative ElementSource = "informative"
)

// An Element is one thing that an SBOM should say.
type Element struct {
	ID     string        `json:"id"`
	Name   string        `json:"name"`
	Source ElementSource `json:"source"`
	Count
}

// A Grade is how well an SBOM says what it should.
//
// NTIA is the mean of the shares of the seven minimum elements, FDA that of
// the two in addition, both 0–100. Percent is the overall figure: two thirds
// of NTIA and one third of FDA. An element that is said to be unknown counts
// as not given in the share, and is counted apart for people to see.
//
// Letter: A from 90, B from 75, C from 60, D from 40, else E. A document
// without any component has no letter ("-"): there is nothing to judge.
type Grade struct {
	Components int       `json:"components"`
	Elements   []Element `json:"elements"` // in the order of the sources
	NTIA       float64   `json:"ntia"`
	FDA        float64   `json:"fda"`
	Percent    float64   `json:"percent"`
	Letter     string    `json:"letter"`
}

// String is the grade in one line.
func (g Grade) String() string {
	return fmt.Sprintf("%s (%.0f %%: NTIA %.0f %%, FDA %.0f %%)", g.Letter, g.Percent, g.NTIA, g.FDA)
}

// GradeOf judges a document. The product that a CycloneDX document describes
// apart from its components is not counted as one of them.
func GradeOf(d *Document) Grade {
	elements := []Element{
		{ID: "supplier", Name: "Supplier name", Source: FromNTIA},
		{ID: "name", Name: "Component name", Source: FromNTIA},
		{ID: "version", Name: "Version of the component", Source: FromNTIA},
		{ID: "identifier", Name: "Unique identifier", Source: FromNTIA},
		{ID: "dependency", Name: "Dependency relationship", Source: FromNTIA},
		{ID: "author", Name: "Author of SBOM data", Source: FromNTIA},
		{ID: "timestamp", Name: "Timestamp", Source: FromNTIA},
		{ID: "support-level", Name: "Level of support", Source: FromFDA},
		{ID: "support-end", Name: "End of support date", Source: FromFDA},
		{ID: "hash", Name: "Component hash", Source: Informative},
		{ID: "licence", Name: "Licence", Source: Informative},
	}
	for i := range d.Components {
		gradeComponent(elements, &d.Components[i], d.saidOf(i))
	}
	one := func(i int, have bool) {
		if have {
			elements[i].Have++
		} else {
			elements[i].Missing++
		}
	}
	one(5, len(d.Authors)+len(d.Tools) > 0)
	one(6, !d.Created.IsZero())

	g := Grade{Components: len(d.Components), Elements: elements, Letter: "-"}
	g.NTIA, g.FDA = meanShare(elements, FromNTIA), meanShare(elements, FromFDA)
	g.Percent = (2*g.NTIA + g.FDA) / 3
	if g.Components > 0 {
		g.Letter = letter(g.Percent)
	}
	return g
}

func letter(percent float64) string {
	for _, l := range []struct {
		from   float64
		letter string
	}{{90, "A"}, {75, "B"}, {60, "C"}, {40, "D"}} {
		if percent >= l.from {
			return l.letter
		}
	}
	return "E"
}

func gradeComponent(elements []Element, c *wardbook.Component, s said) {
	add := func(i int, have bool, unknown said) {
		switch e := &elements[i]; {
		case have:
			e.Have++
		case s&unknown != 0:
			e.Unknown++
		default:
			e.Missing++
		}
	}
	add(0, c.Supplier != "", saidSupplier)
	add(1, c.Name != "" && s&saidName == 0, saidName)
	add(2, c.Version != "", saidVersion)
	add(3, c.Purl != "" || len(c.CPEs) > 0, saidID)
	add(4, s&hasDependency != 0, saidDependency)
	add(7, c.SupportLevel != "", saidSupportLevel)
	add(8, c.SupportEnd != "", saidSupportEnd)
	add(9, len(c.Hashes) > 0, saidHash)
	add(10, len(c.Licences) > 0, saidLicence)
}

func meanShare(elements []Element, source ElementSource) float64 {
	sum, n := 0.0, 0
	for _, e := range elements {
		if e.Source == source {
			sum += e.Share()
			n++
		}
	}
	return 100 * sum / float64(n)
}

// saidOf is what component i says of itself beside its values. A document that
// was not decoded here only has its lists.
func (d *Document) saidOf(i int) said {
	if i < len(d.said) {
		return d.said[i]
	}
	return 0
}
