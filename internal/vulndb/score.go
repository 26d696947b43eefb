package vulndb

import (
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"
	"github.com/wardbook/wardbook"
)

// addScore appends the score of vector to v. The base score is recomputed
// from the vector. stated is the score that the source gives, 0 when it gives
// none; it stands only where the vector cannot be read. A vector that cannot
// be read and has no stated score is a problem and is left out: to keep it
// with a score of 0 would call it harmless.
func (r *reader) addScore(v *wardbook.Vulnerability, version, vector string, stated float64, source string) {
	vector = strings.Trim(strings.TrimSpace(vector), "()")
	if vector == "" {
		return
	}
	got, score, ok := computeCVSS(vector)
	switch {
	case ok:
		version = got
	case stated > 0 && stated <= 10:
		r.fault("CVSS vector %q cannot be read; the stated score %.1f is kept", clip(vector, 120), stated)
		score = stated
	default:
		r.fault("CVSS vector %q cannot be read; left out", clip(vector, 120))
		return
	}
	c := wardbook.CVSS{Version: version, Vector: vector, Score: score, Source: source}
	for _, have := range v.Scores {
		if have == c {
			return
		}
	}
	v.Scores = append(v.Scores, c)
}

// computeCVSS tells the version of a vector and computes its base score, for
// CVSS 4.0 the score of all metrics given. A 2.0 vector has no prefix.
func computeCVSS(vector string) (version string, score float64, ok bool) {
	switch {
	case strings.HasPrefix(vector, "CVSS:3.1/"):
		c, err := gocvss31.ParseVector(strings.TrimSuffix(vector, "/"))
		if err != nil {
			return "3.1", 0, false
		}
		return "3.1", c.BaseScore(), true
	case strings.HasPrefix(vector, "CVSS:3.0/"):
		c, err := gocvss30.ParseVector(strings.TrimSuffix(vector, "/"))
		if err != nil {
			return "3.0", 0, false
		}
		return "3.0", c.BaseScore(), true
	case strings.HasPrefix(vector, "CVSS:4.0/"):
		c, err := gocvss40.ParseVector(strings.TrimSuffix(vector, "/"))
		if err != nil {
			return "4.0", 0, false
		}
		return "4.0", c.Score(), true
	default:
		c, err := gocvss20.ParseVector(vector)
		if err != nil {
			return "2.0", 0, false
		}
		return "2.0", c.BaseScore(), true
	}
}
