package advisory

import (
	"fmt"
	"math"
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/wardbook/wardbook"
)

type csafScore struct {
	obj
	csafCVSS
	Products list[string] `json:"products"`
}

type csafMetric struct {
	obj
	Content *struct {
		obj
		csafCVSS
	} `json:"content"`
	Products list[string] `json:"products"`
}

type csafCVSS struct {
	V2 *cvssObject `json:"cvss_v2"`
	V3 *cvssObject `json:"cvss_v3"`
	V4 *cvssObject `json:"cvss_v4"`
}

type cvssObject struct {
	obj
	Version string  `json:"version"`
	Vector  string  `json:"vectorString"`
	Base    float64 `json:"baseScore"`
}

func (d *decoder) scores(advisory string, v *wardbook.AdvisoryVulnerability, t *productTree, raw *csafVuln, place string) {
	for i := range raw.Scores {
		s := &raw.Scores[i]
		d.score(advisory, v, t, s.csafCVSS, s.Products, fmt.Sprintf("%s/scores/%d", place, i), "")
	}
	for i := range raw.Metrics {
		if m := &raw.Metrics[i]; m.Content != nil {
			d.score(advisory, v, t, m.Content.csafCVSS, m.Products, fmt.Sprintf("%s/metrics/%d", place, i), "/content")
		}
	}
}

func (d *decoder) score(advisory string, v *wardbook.AdvisoryVulnerability, t *productTree, s csafCVSS, products list[string], place, within string) {
	for i, id := range products {
		d.known(t, id, place, "products", i)
	}
	for _, o := range []struct {
		field, version string
		*cvssObject
	}{{"cvss_v2", "2.0", s.V2}, {"cvss_v3", "3.1", s.V3}, {"cvss_v4", "4.0", s.V4}} {
		if o.cvssObject == nil {
			continue
		}
		c := d.cvss(o.version, o.cvssObject, place+within+"/"+o.field)
		c.Source = advisory
		v.Scores = append(v.Scores, wardbook.AdvisoryScore{CVSS: c, Products: products})
	}
}

// cvss recomputes the base score of a vector. A vector that does not parse
// leaves the stated score, with a problem.
func (d *decoder) cvss(version string, o *cvssObject, place string) wardbook.CVSS {
	c := wardbook.CVSS{Version: o.Version, Vector: strings.Trim(strings.TrimSpace(o.Vector), "()"), Score: o.Base}
	if c.Version == "" {
		c.Version = version
	}
	if c.Vector == "" {
		d.problem(place+"/vectorString", "is missing; the stated score was taken")
		return c
	}
	if v, rest, ok := strings.Cut(strings.TrimPrefix(c.Vector, "CVSS:"), "/"); ok && strings.HasPrefix(c.Vector, "CVSS:") {
		if o.Version != "" && o.Version != v {
			d.problem(place+"/version", "is %.10q, the vector is of %.10q; the vector counts", o.Version, v)
		}
		c.Version = v
		_ = rest
	} else if version != "2.0" {
		c.Vector = "CVSS:" + c.Version + "/" + c.Vector
		d.problem(place+"/vectorString", "has no CVSS: prefix; read as %s", c.Version)
	}
	score, err := baseScore(c.Version, c.Vector)
	if err != nil {
		d.problem(place+"/vectorString", "is no vector of CVSS %.10s: %v; the stated score was taken", c.Version, err)
		return c
	}
	if math.Abs(score-o.Base) > 0.05 {
		d.problem(place+"/baseScore", "is %.1f, but the vector gives %.1f; the vector counts", o.Base, score)
	}
	c.Score = score
	return c
}

// baseScore is the base score of a vector; temporal, threat and environmental
// metrics in it have no say.
func baseScore(version, vector string) (float64, error) {
	switch version {
	case "2.0":
		v, err := gocvss20.ParseVector(vector)
		if err != nil {
			return 0, err
		}
		return v.BaseScore(), nil
	case "3.0":
		v, err := gocvss30.ParseVector(vector)
		if err != nil {
			return 0, err
		}
		return v.BaseScore(), nil
	case "3.1":
		v, err := gocvss31.ParseVector(vector)
		if err != nil {
			return 0, err
		}
		return v.BaseScore(), nil
	case "4.0":
		if _, err := gocvss40.ParseVector(vector); err != nil {
			return 0, err
		}
		v, err := gocvss40.ParseVector(baseOf4(vector))
		if err != nil {
			return 0, err
		}
		return v.Score(), nil
	}
	return 0, fmt.Errorf("no such version")
}

// baseOf4 keeps the eleven base metrics of a CVSS 4.0 vector.
func baseOf4(vector string) string {
	parts := strings.Split(vector, "/")
	if len(parts) > 12 {
		parts = parts[:12] // the order is fixed: base metrics come first
	}
	return strings.Join(parts, "/")
}
