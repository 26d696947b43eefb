package score

import (
	"fmt"
	"strings"

	v20 "github.com/pandatix/go-cvss/20"
	v30 "github.com/pandatix/go-cvss/30"
	v31 "github.com/pandatix/go-cvss/31"
	v40 "github.com/pandatix/go-cvss/40"

	"github.com/wardbook/wardbook"
)

// A Vector is a parsed CVSS vector of version 2.0, 3.0, 3.1 or 4.0. It is read
// only.
type Vector struct {
	version string
	text    string
	m       metrics
}

// metrics is what the four versions of the library have in common.
type metrics interface {
	Get(name string) (string, error)
	Set(name, value string) error
	Vector() string
	score() float64         // base; for 4.0 with all that the vector says
	environmental() float64 // with the modified metrics
	clone() metrics
}

type cvss20 struct{ *v20.CVSS20 }
type cvss30 struct{ *v30.CVSS30 }
type cvss31 struct{ *v31.CVSS31 }
type cvss40 struct{ *v40.CVSS40 }

func (c cvss20) score() float64         { return c.BaseScore() }
func (c cvss30) score() float64         { return c.BaseScore() }
func (c cvss31) score() float64         { return c.BaseScore() }
func (c cvss40) score() float64         { return c.Score() }
func (c cvss20) environmental() float64 { return c.EnvironmentalScore() }
func (c cvss30) environmental() float64 { return c.EnvironmentalScore() }
func (c cvss31) environmental() float64 { return c.EnvironmentalScore() }
func (c cvss40) environmental() float64 { return c.Score() }
func (c cvss20) clone() metrics         { d := *c.CVSS20; return cvss20{&d} }
func (c cvss30) clone() metrics         { d := *c.CVSS30; return cvss30{&d} }
func (c cvss31) clone() metrics         { d := *c.CVSS31; return cvss31{&d} }
func (c cvss40) clone() metrics         { d := *c.CVSS40; return cvss40{&d} }

// maxVector is longer than any vector with every metric set.
const maxVector = 512

// Parse reads a vector. The version is told by the prefix; no prefix is 2.0,
// whose vectors may stand in brackets.
func Parse(vector string) (*Vector, error) {
	s := strings.TrimSpace(vector)
	if len(s) > maxVector {
		return nil, fmt.Errorf("CVSS vector of %d characters", len(s))
	}
	var (
		v   = &Vector{text: s}
		err error
	)
	switch {
	case strings.HasPrefix(s, "CVSS:3.0/"):
		var c *v30.CVSS30
		c, err = v30.ParseVector(s)
		v.version, v.m = "3.0", cvss30{c}
	case strings.HasPrefix(s, "CVSS:3.1/"):
		var c *v31.CVSS31
		c, err = v31.ParseVector(s)
		v.version, v.m = "3.1", cvss31{c}
	case strings.HasPrefix(s, "CVSS:4.0/"):
		var c *v40.CVSS40
		c, err = v40.ParseVector(s)
		v.version, v.m = "4.0", cvss40{c}
	case strings.HasPrefix(s, "CVSS:"):
		return nil, fmt.Errorf("CVSS vector %q: unknown version", s)
	default:
		s = strings.TrimSuffix(strings.TrimPrefix(s, "("), ")")
		var c *v20.CVSS20
		c, err = v20.ParseVector(s)
		v.version, v.text, v.m = "2.0", s, cvss20{c}
	}
	if err != nil {
		return nil, fmt.Errorf("CVSS vector %q: %w", s, err)
	}
	return v, nil
}

// Rescore returns c with the version and base score that its vector gives. c
// comes back as it is when the vector does not parse, with the error. (For 4.0
// the score counts all metrics of the vector: that version has one score.)
func Rescore(c wardbook.CVSS) (wardbook.CVSS, error) {
	v, err := Parse(c.Vector)
	if err != nil {
		return c, err
	}
	c.Version, c.Vector, c.Score = v.version, v.text, v.Base()
	return c, nil
}

// Version is "2.0", "3.0", "3.1" or "4.0".
func (v *Vector) Version() string { return v.version }

// String is the vector as it was given.
func (v *Vector) String() string { return v.text }

// Base is the base score, 0–10.
func (v *Vector) Base() float64 { return v.m.score() }

// metric is the value of a metric, empty when this version has none such.
func (v *Vector) metric(name string) string {
	s, err := v.m.Get(name)
	if err != nil {
		return ""
	}
	return s
}

// Amount is how much of something a vulnerability takes.
type Amount int

// The amounts of CVSS; 2.0 calls low "partial" and high "complete".
const (
	AmountNone Amount = iota
	AmountLow
	AmountHigh
)

// Impact is how much of confidentiality, integrity or availability the
// vulnerability takes. For 4.0 the larger of the vulnerable and the subsequent
// system counts: what stands behind a device is a patient.
func (v *Vector) Impact(i wardbook.Impact) Amount {
	letter := map[wardbook.Impact]string{
		wardbook.Confidentiality: "C", wardbook.Integrity: "I", wardbook.Availability: "A",
	}[i]
	if v.version == "4.0" {
		return max(amount(v.metric("V"+letter)), amount(v.metric("S"+letter)))
	}
	return amount(v.metric(letter))
}

func amount(value string) Amount {
	switch value {
	case "H", "C", "S":
		return AmountHigh
	case "L", "P":
		return AmountLow
	}
	return AmountNone
}
