package score

import (
	"fmt"
	"strings"
	"time"

	"github.com/wardbook/wardbook"
)

// risk proposes the risk of a group.
func (e *engine) risk(g *group, s *setting) wardbook.Risk {
	sec := e.exploitability(g, s)
	evs := e.evaluations(g, s, sec)
	r := wardbook.Risk{
		ID:            riskID(g),
		State:         wardbook.RiskProposed,
		Product:       g.pid,
		Advisory:      g.advisory,
		Component:     g.component,
		Consequence:   g.consequence,
		Certainty:     g.certainty,
		Devices:       s.devices,
		Wards:         s.wards,
		Safety:        evs[wardbook.Safety],
		Effectiveness: evs[wardbook.Effectiveness],
		Security:      evs[wardbook.Security],
	}
	r.Findings = make([]string, len(g.findings))
	for i, f := range g.findings {
		r.Findings[i] = f.ID
	}
	if g.class != nil {
		r.DeviceClass, r.ClinicalFunction = g.class.ID, g.class.Function
	}
	hazards := e.hazards(g)
	r.Hazard = hazards[0]
	r.Title = title(g)
	r.Chain = e.chain(g, s, sec, r.Hazard)
	r.Options = e.controlOptions(g, hazards)
	r.Action = e.action(g, s, &r)
	e.ask(g, s, sec)
	return r
}

// riskID depends on what the risk is about and on nothing else: the product,
// the advisory or component, and the consequence.
func riskID(g *group) string {
	kind := ""
	switch {
	case g.support:
		kind = "end_of_support"
	case !g.scored:
		kind = "unscored"
	}
	return id("R-", g.pid, g.subject, string(g.consequence), kind)
}

// productName is maker, name and version; the maker is left out where the name
// begins with a word of it.
func productName(p *wardbook.Product) string {
	parts := []string{p.Name}
	first, _, _ := strings.Cut(p.Name, " ")
	if p.Manufacturer != "" && (first == "" || !strings.Contains(spaced(p.Manufacturer), spaced(first))) {
		parts = []string{p.Manufacturer, p.Name}
	}
	if p.Version != "" {
		parts = append(parts, p.Version)
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

func (g *group) name() string {
	if g.product == nil || g.product.Manufacturer+g.product.Name == "" {
		return g.pid
	}
	return productName(g.product)
}

// model is the product's name and version without its maker.
func (g *group) model() string {
	if g.product == nil || g.product.Name == "" {
		return g.name()
	}
	return strings.TrimSpace(g.product.Name + " " + g.product.Version)
}

func (g *group) maker() string {
	if g.product == nil || g.product.Manufacturer == "" {
		return "the maker"
	}
	return g.product.Manufacturer
}

// title is the risk in one line.
func title(g *group) string {
	what := map[wardbook.Impact]string{
		wardbook.Integrity:       "can be changed or controlled by others",
		wardbook.Availability:    "can be stopped or slowed by others",
		wardbook.Confidentiality: "can give out data of patients",
		"":                       "has a weakness whose effect is not known",
	}[g.consequence]
	in := ""
	switch {
	case g.support && g.component != nil:
		what = "runs on " + componentName(*g.component) + ", which is past its support end"
	case g.support:
		what, in = "is past its support end", ""
	case g.component != nil:
		in = " through " + componentName(*g.component)
	}
	t := fmt.Sprintf("%s %s%s (%s)", g.name(), what, in, reference(g))
	switch g.certainty {
	case wardbook.PossiblyAffected:
		return "Possibly: " + t
	case wardbook.UnderInvestigation:
		return "Under investigation: " + t
	}
	return t
}

// reference names the advisory, else the vulnerabilities.
func reference(g *group) string {
	if g.advisory != "" {
		return g.advisory
	}
	return vulnerabilities(g)
}

func vulnerabilities(g *group) string {
	first := strings.TrimPrefix(g.findings[0].Vulnerability, "EOS:")
	if n := len(g.findings) - 1; n > 0 {
		return fmt.Sprintf("%s and %d more", first, n)
	}
	return first
}

// componentName is the readable part of a component's key: a purl without its
// type and qualifiers.
func componentName(key string) string {
	s, ok := strings.CutPrefix(key, "pkg:")
	if !ok {
		return key
	}
	s, _, _ = strings.Cut(s, "?")
	if _, rest, ok := strings.Cut(s, "/"); ok {
		s = rest
	}
	s = strings.ReplaceAll(s, "%20", " ")
	return strings.ReplaceAll(s, "%2B", "+")
}

// chain says how the hazard leads to harm.
func (e *engine) chain(g *group, s *setting, sec exploitable, hazard string) wardbook.Chain {
	c := wardbook.Chain{Hazard: hazard}
	if h := e.cat.Hazard(hazard); h != nil {
		c.Hazard = h.Name + ": " + h.Text
	}
	c.Sequence = []string{reach(sec.vector), use(g)}
	c.Sequence = append(c.Sequence, map[wardbook.Impact]string{
		wardbook.Integrity:       "What the device does, shows or stores is changed.",
		wardbook.Availability:    "The device slows down, restarts or stops.",
		wardbook.Confidentiality: "What the device holds or sends is read.",
		"":                       "What follows is not known; the worst is assumed.",
	}[g.consequence])
	c.Situation = situation(g, s)
	if g.class == nil {
		c.Harm = "Not known: the class of device is not known."
		return c
	}
	im := g.consequence
	if im == "" {
		im = wardbook.Integrity
	}
	c.Harm = g.class.Consequence[im].Says
	return c
}

// reach says from where somebody has to act.
func reach(v *Vector) string {
	if v == nil {
		return "Somebody reaches the device; from where, is not known."
	}
	from := map[string]string{
		"N": "Somebody reaches the device over the network",
		"A": "Somebody in the same network segment or in radio range reaches the device",
		"L": "Somebody with a foothold on the device acts",
		"P": "Somebody who can touch the device acts",
	}[v.modified("AV")]
	login := ""
	switch {
	case v.Version() == "2.0" && v.metric("Au") == "N", v.modified("PR") == "N":
		login = ", without a login"
	case v.modified("PR") == "H":
		login = ", with an administrator's login"
	default:
		login = ", with a login"
	}
	if ui := v.modified("UI"); ui == "R" || ui == "P" || ui == "A" {
		login += ", and somebody of the staff takes part unknowingly"
	}
	return from + login + "."
}

func use(g *group) string {
	what := g.name()
	if g.component != nil {
		what = componentName(*g.component) + " in " + what
	}
	if g.support {
		return "A hole becomes known in " + what + " and is not mended any more."
	}
	return "They use " + vulnerabilities(g) + " of " + what + "."
}

func situation(g *group, s *setting) string {
	who := "The device is in use"
	if n := len(s.devices); n > 1 {
		who = fmt.Sprintf("One or more of %d devices are in use", n)
	}
	switch n := len(s.wards); {
	case n == 1:
		who += " in " + s.wards[0]
	case n > 1:
		who += fmt.Sprintf(" in %s and %d more places", s.wards[0], n-1)
	}
	if g.class != nil {
		who += ". Its function: " + lower(g.class.Function)
		return who
	}
	return who + "."
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// due sets the due date: the days of the worst level, from the day of the
// first assessment that had the risk; what is known to be exploited is due
// earlier. Where no level is known it is the time to find out.
func (e *engine) due(r *wardbook.Risk, g *group) {
	first := e.in.At
	since := "first assessed on "
	if t, err := time.Parse(time.DateOnly, e.in.FirstSeen[r.ID]); err == nil && t.Before(first) {
		first = t
	}
	r.FirstSeen = first.Format(time.DateOnly)
	since += r.FirstSeen
	days, rule := e.pol.Due.UnknownDays, "due.unknown_days: no level is known, %d days to find out, %s"
	if k, l := r.Worst(e.pol); l != nil {
		days, rule = l.DueDays, "levels."+l.ID+".due_days: "+string(k)+" is "+l.Name+", %d days, %s"
	}
	var due time.Time
	if days > 0 {
		due = first.AddDate(0, 0, days)
		r.DueRule = fmt.Sprintf(rule, days, since)
	}
	for _, f := range g.findings {
		if f.KEV == nil {
			continue
		}
		if n := e.pol.Due.KEVDays; n > 0 {
			if t := first.AddDate(0, 0, n); due.IsZero() || t.Before(due) {
				due, r.DueRule = t, fmt.Sprintf("due.kev_days: %s is known to be exploited, %d days, %s", f.Vulnerability, n, since)
			}
		}
		t, err := time.Parse(time.DateOnly, f.KEV.DueDate)
		if e.pol.Due.KEVDate && err == nil && t.After(first) && (due.IsZero() || t.Before(due)) {
			due, r.DueRule = t, "due.kev_date: the KEV catalogue sets the date for "+f.Vulnerability
		}
	}
	if due.IsZero() {
		return
	}
	r.Due = due.Format(time.DateOnly)
	r.Overdue = r.Due < e.in.At.Format(time.DateOnly)
}
