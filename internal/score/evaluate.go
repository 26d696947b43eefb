package score

import (
	"fmt"

	"github.com/wardbook/wardbook"
)

// evaluations proposes the three evaluations of a group.
func (e *engine) evaluations(g *group, s *setting, sec exploitable) map[wardbook.KeyProperty]wardbook.Evaluation {
	all := make(map[wardbook.KeyProperty]wardbook.Evaluation, len(wardbook.KeyProperties))
	for _, k := range wardbook.KeyProperties {
		var ev wardbook.Evaluation
		ev.Severity, ev.Why = e.severity(k, g, s)
		var why []wardbook.Step
		if k == wardbook.Security {
			ev.Likelihood, why = sec.step, sec.why
		} else {
			ev.Likelihood, why = e.clinical(k, g, s, sec)
		}
		ev.Why = append(ev.Why, why...)
		e.decide(k, g, &ev)
		all[k] = ev
	}
	return all
}

// decide looks the level up and says what follows. Acceptable is yes only when
// nothing that it rests on is missing.
func (e *engine) decide(k wardbook.KeyProperty, g *group, ev *wardbook.Evaluation) {
	add := func(step, format string, args ...any) {
		ev.Why = append(ev.Why, wardbook.Step{Step: step, Detail: fmt.Sprintf(format, args...)})
	}
	place := "matrices." + string(k)
	l := e.pol.LevelAt(k, ev.Severity, ev.Likelihood)
	if l == nil {
		add(place, "no level: %s is not known", unknownAxis(ev))
		return
	}
	ev.Level, ev.Acceptable, ev.Authority = l.ID, l.Acceptable, l.Authority
	add(place, "severity %d (%s) and likelihood %d (%s) give %s: %s", ev.Severity, e.stepName(e.pol.Scales.Severity[k], ev.Severity),
		ev.Likelihood, e.stepName(e.pol.Scales.Likelihood[k], ev.Likelihood), l.Name, l.Condition)
	if g.class == nil && ev.Acceptable == wardbook.Yes {
		ev.Acceptable = wardbook.Unknown
		add("device_class", "whether that is acceptable cannot be said before the class of device is known")
	}
	switch g.certainty {
	case wardbook.PossiblyAffected:
		add("certainty", "holds only if the devices are affected, which is a question for a person")
	case wardbook.UnderInvestigation:
		add("certainty", "holds only if the devices are affected, which the maker is still looking into")
	}
}

func unknownAxis(ev *wardbook.Evaluation) string {
	switch {
	case ev.Severity == 0 && ev.Likelihood == 0:
		return "neither severity nor likelihood"
	case ev.Severity == 0:
		return "the severity"
	}
	return "the likelihood"
}

func (e *engine) stepName(scale []wardbook.ScaleStep, step int) string {
	if step < 1 || step > len(scale) {
		return "unknown"
	}
	return scale[step-1].Name
}

// loss is what a finding can take: by its vector, and everything where it has
// none, since the worst credible consequence is then the worst of the class.
func (e *engine) loss(f *wardbook.Finding, im wardbook.Impact) (a Amount, known bool) {
	v := e.vector(f)
	if v == nil {
		return AmountHigh, false
	}
	return v.Impact(im), true
}

// canAct reports whether any finding of g can change or stop a device, or
// whether none says that it cannot.
func (e *engine) canAct(g *group) bool {
	for _, f := range g.findings {
		for _, im := range []wardbook.Impact{wardbook.Integrity, wardbook.Availability} {
			if a, _ := e.loss(f, im); a > AmountNone {
				return true
			}
		}
	}
	return false
}

// severity proposes the severity for k: the worst credible consequence of the
// class for what the findings can take, then life support and care area.
func (e *engine) severity(k wardbook.KeyProperty, g *group, s *setting) (int, []wardbook.Step) {
	n, why := e.consequenceSeverity(k, g)
	add := func(step, format string, args ...any) {
		why = append(why, wardbook.Step{Step: step, Detail: fmt.Sprintf(format, args...)})
	}
	if !e.canAct(g) {
		return n, why
	}
	if least := e.pol.Severity.LifeSupport[k]; least > n {
		if yes, because := s.lifeSupport(g.class); yes {
			n = least
			add("severity.life_support", "%s: at least %d (%s)", because, n, e.stepName(e.pol.Scales.Severity[k], n))
		}
	}
	raise, where := 0, areaUse{}
	for _, u := range s.areas {
		if r := u.area.Raise[k]; n >= u.area.From && r > raise {
			raise, where = r, u
		}
	}
	if raise > 0 && n < wardbook.Steps {
		n = min(n+raise, wardbook.Steps)
		add("severity.areas."+where.area.ID, "used in %q (%s): raised to %d (%s)", where.text, where.area.Name, n, e.stepName(e.pol.Scales.Severity[k], n))
	}
	return n, why
}

func (e *engine) consequenceSeverity(k wardbook.KeyProperty, g *group) (int, []wardbook.Step) {
	worst, from := 0, (*wardbook.Finding)(nil)
	var impact wardbook.Impact
	var amount Amount
	for _, f := range g.findings {
		for _, im := range wardbook.Impacts {
			a, _ := e.loss(f, im)
			if n := e.impactSeverity(k, g, im, a); n > worst {
				worst, from, impact, amount = n, f, im, a
			}
		}
	}
	if worst == 0 {
		return e.noConsequence(k, g)
	}
	step := wardbook.Step{Step: "severity.without_class"}
	if g.class != nil {
		step.Step = "device_class." + g.class.ID
		step.Detail = fmt.Sprintf("%s, worst credible consequence of a loss of %s: %s", g.class.Name, impact, g.class.Consequence[impact].Says)
	} else {
		step.Detail = fmt.Sprintf("the class of device is not known (%s); a loss of %s by itself", g.classWhy, impact)
	}
	step.Detail += fmt.Sprintf(" %d (%s)", worst, e.stepName(e.pol.Scales.Severity[k], worst))
	why := []wardbook.Step{step}
	if _, known := e.loss(from, impact); !known {
		why = append(why, wardbook.Step{Step: "severity", Detail: from.Vulnerability + " has no CVSS vector that says what is lost: the worst of the class counts"})
	} else if amount == AmountLow && e.pol.Severity.LowImpact > 0 {
		why = append(why, wardbook.Step{Step: "severity.low_impact", Detail: fmt.Sprintf("%s takes only part of it: %d less, not below 1", from.Vulnerability, e.pol.Severity.LowImpact)})
	}
	return worst, why
}

func (e *engine) noConsequence(k wardbook.KeyProperty, g *group) (int, []wardbook.Step) {
	if g.class == nil {
		return 0, []wardbook.Step{{Step: "device_class", Detail: "not known, so the severity for " + string(k) + " is not either: " + g.classWhy}}
	}
	return 0, []wardbook.Step{{Step: "severity", Detail: "the vector says that nothing is lost: a person has to say what it is about"}}
}

// impactSeverity is the severity of losing an amount of something, 0 when it
// is none or not known.
func (e *engine) impactSeverity(k wardbook.KeyProperty, g *group, im wardbook.Impact, a Amount) int {
	n := 0
	switch {
	case a == AmountNone:
		return 0
	case g.class != nil:
		n = g.class.Consequence[im].Severity(k)
	case k == wardbook.Security:
		n = e.pol.Severity.WithoutClass[im]
	}
	if a == AmountLow && n > 0 {
		n = max(n-e.pol.Severity.LowImpact, 1)
	}
	return n
}

// clinical proposes the likelihood of safety or effectiveness from the
// security step and the clinical context.
func (e *engine) clinical(k wardbook.KeyProperty, g *group, s *setting, sec exploitable) (int, []wardbook.Step) {
	rule := "clinical_likelihood." + string(k)
	switch {
	case sec.step == 0:
		return 0, []wardbook.Step{{Step: rule, Detail: "not known, since the security likelihood is not known"}}
	case g.class == nil:
		return 0, []wardbook.Step{{Step: rule, Detail: "not known, since the class of device is not known: " + g.classWhy}}
	}
	context := g.class.Context
	var why []wardbook.Step
	if milder, ok := e.pol.Redundancy[context]; ok && s.redundant && e.onlyAvailability(g) {
		why = append(why, wardbook.Step{Step: "redundancy", Detail: fmt.Sprintf("a replacement is at hand for every device and only availability can be lost: %s counts as %s", context, milder)})
		context = milder
	}
	row := e.pol.ClinicalLikelihood[k][context]
	if sec.step > len(row) {
		return 0, why
	}
	n := row[sec.step-1]
	why = append(why, wardbook.Step{Step: rule + "." + string(context),
		Detail: fmt.Sprintf("security step %d on a device of context %s gives %d (%s)", sec.step, context, n, e.stepName(e.pol.Scales.Likelihood[k], n))})
	return n, why
}

// onlyAvailability reports whether all findings are known to leave integrity
// alone.
func (e *engine) onlyAvailability(g *group) bool {
	for _, f := range g.findings {
		if a, _ := e.loss(f, wardbook.Integrity); a > AmountNone {
			return false
		}
	}
	return true
}
