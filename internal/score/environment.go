package score

import (
	"strings"

	"github.com/wardbook/wardbook"
	"github.com/wardbook/wardbook/catalog"
)

// An Environment is what a place and a use say about a vulnerability there, in
// the terms of CVSS: modified attack vector and complexity from the network
// zone, security requirements from the device class.
type Environment struct {
	AttackVector string // the farthest place to attack from: N, A, L, P; empty: as the vector says
	Hard         bool   // an attack over a network is of high complexity
	// CR, IR, AR are the security requirements: H, M, L, or empty for not
	// defined.
	CR, IR, AR string
	// Harm: a loss of integrity or availability can injure. It sets MSI:S and
	// MSA:S of CVSS 4.0, where the vector has such a loss.
	Harm bool
}

// In returns the vector under an environment: its modified metrics are set.
// CVSS 2.0 has no modified base metrics, there the base metrics themselves are
// changed. Nothing is made worse by a zone: only a nearer attack vector and a
// higher complexity are taken over.
func (v *Vector) In(e Environment) *Vector {
	m := v.m.clone()
	set := func(name, value string) {
		if value != "" {
			_ = m.Set(name, value) // the values are of the standard: a test sets them all
		}
	}
	prefix := "M"
	if v.version == "2.0" {
		prefix = ""
	}
	av := nearer(v.metric("AV"), e.AttackVector)
	hard := e.Hard && (av == "N" || av == "A")
	if v.version == "2.0" && av == "P" {
		av, hard = "L", true // 2.0 has no physical
	}
	if av != v.metric("AV") {
		set(prefix+"AV", av)
	}
	if hard {
		set(prefix+"AC", "H")
	}
	set("CR", e.CR)
	set("IR", e.IR)
	set("AR", e.AR)
	if v.version == "4.0" && e.Harm {
		if v.Impact(wardbook.Integrity) > AmountNone {
			set("MSI", "S")
		}
		if v.Impact(wardbook.Availability) > AmountNone {
			set("MSA", "S")
		}
	}
	return &Vector{version: v.version, text: m.Vector(), m: m}
}

// nearer returns the attack vector that is closer to the device.
func nearer(a, b string) string {
	const order = "NALP"
	if b != "" && strings.Index(order, b) > strings.Index(order, a) {
		return b
	}
	return a
}

// Environmental is the environmental score, 0–10, of a vector that In
// returned. For 3.x it counts the temporal metrics of the vector too.
func (v *Vector) Environmental() float64 { return v.m.environmental() }

// modified is the value of a base metric after modification.
func (v *Vector) modified(name string) string {
	if v.version != "2.0" {
		if s := v.metric("M" + name); s != "" && s != "X" {
			return s
		}
	}
	return v.metric(name)
}

// The weights of CVSS 3.1. AT and the two kinds of UI are of 4.0, which has no
// exploitability number of its own: AT:P counts as much as AC:H does beside
// AC:L, an active user half of what a passive one leaves.
var (
	weightAV  = map[string]float64{"N": .85, "A": .62, "L": .55, "P": .2}
	weightAC  = map[string]float64{"L": .77, "H": .44}
	weightPR  = map[string]float64{"N": .85, "L": .62, "H": .27}
	weightPRC = map[string]float64{"N": .85, "L": .68, "H": .5}
	weightUI  = map[string]float64{"N": .85, "R": .62, "P": .62, "A": .43}
	weightAT  = map[string]float64{"": 1, "N": 1, "P": .57}

	weightAV2 = map[string]float64{"N": 1, "A": .646, "L": .395}
	weightAC2 = map[string]float64{"L": .71, "M": .61, "H": .35}
	weightAu2 = map[string]float64{"N": .704, "S": .56, "M": .45}
)

// Exploitability is how easily the vulnerability can be used, after
// modification: 8.22 × AV × AC × PR × UI (CVSS 3.x; 0.12–3.89), the same with
// AT for 4.0, and 20 × AV × AC × Au for 2.0 (1.24–9.997).
func (v *Vector) Exploitability() float64 {
	if v.version == "2.0" {
		return 20 * weightAV2[v.metric("AV")] * weightAC2[v.metric("AC")] * weightAu2[v.metric("Au")]
	}
	pr := weightPR
	if v.version != "4.0" && v.modified("S") == "C" {
		pr = weightPRC
	}
	at := ""
	if v.version == "4.0" {
		at = v.modified("AT")
	}
	return 8.22 * weightAV[v.modified("AV")] * weightAC[v.modified("AC")] * pr[v.modified("PR")] *
		weightUI[v.modified("UI")] * weightAT[at]
}

// open reports whether the vulnerability is used over the network without a
// login.
func (v *Vector) open() bool {
	if v.version == "2.0" {
		return v.metric("AV") == "N" && v.metric("Au") == "N"
	}
	return v.modified("AV") == "N" && v.modified("PR") == "N"
}

// EnvironmentOf puts a zone and a device class into the terms of CVSS. Either
// may be nil: then nothing is said about it.
func EnvironmentOf(zone *wardbook.Zone, class *catalog.DeviceClass) Environment {
	var e Environment
	if zone != nil {
		e.AttackVector, e.Hard = zone.AttackVector, zone.AttackComplexity == "H"
	}
	if class != nil {
		e.CR = requirement(class.Consequence[wardbook.Confidentiality])
		e.IR = requirement(class.Consequence[wardbook.Integrity])
		e.AR = requirement(class.Consequence[wardbook.Availability])
		e.Harm = max(class.Consequence[wardbook.Integrity].Safety, class.Consequence[wardbook.Availability].Safety) >= 3
	}
	return e
}

// requirement is the CVSS security requirement that the worst credible
// consequence of a loss makes: high from severity 4, low up to 2.
func requirement(c catalog.Consequence) string {
	switch worst := max(c.Safety, c.Effectiveness, c.Security); {
	case worst >= 4:
		return "H"
	case worst >= 3:
		return "M"
	default:
		return "L"
	}
}
