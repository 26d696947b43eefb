package score

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// remediationKinds says what kind of control a maker's remediation is, by its
// CSAF category. What is not in it only informs.
var remediationKinds = map[string]wardbook.ControlKind{
	"vendor_fix":     wardbook.Inherent,
	"optional_patch": wardbook.Inherent,
	"mitigation":     wardbook.Protective,
	"workaround":     wardbook.Protective,
}

// offered reports whether any finding of g has a remediation of that category.
func (g *group) offered(categories ...string) bool {
	for _, f := range g.findings {
		for _, r := range f.Remediations {
			if slices.Contains(categories, r.Category) {
				return true
			}
		}
	}
	return false
}

// hazards are the ids of what can happen to the device, the likeliest first.
// There is always one.
func (e *engine) hazards(g *group) []string {
	var ids []string
	switch {
	case g.support:
		ids = []string{"HZ-50", "HZ-24"}
	case g.class != nil:
		im := g.consequence
		if im == "" {
			im = wardbook.Integrity
		}
		ids = g.class.Consequence[im].Hazards
	default:
		ids = map[wardbook.Impact][]string{
			wardbook.Integrity:       {"HZ-27", "HZ-29"},
			wardbook.Availability:    {"HZ-16", "HZ-25"},
			wardbook.Confidentiality: {"HZ-28"},
			"":                       {"HZ-24"},
		}[g.consequence]
	}
	if g.component != nil && !slices.Contains(ids, "HZ-34") {
		ids = append(slices.Clone(ids), "HZ-34")
	}
	if !slices.Contains(ids, "HZ-24") {
		ids = append(slices.Clip(ids), "HZ-24")
	}
	return ids
}

// perKind is how many catalogue controls of each kind are offered.
var perKind = map[wardbook.ControlKind]int{
	wardbook.Inherent: 3, wardbook.Protective: 5, wardbook.Information: 4,
}

// controlOptions are the maker's remediations, then catalogue controls, each
// in the order inherent, protective, information.
func (e *engine) controlOptions(g *group, hazards []string) []wardbook.ControlOption {
	maker := makerOptions(g)
	fix := "open" // whether the maker mends it is not said
	if g.offered("vendor_fix", "optional_patch") || g.offered("no_fix_planned", "none_available", "fix_planned") {
		fix = "said"
	}
	if g.support {
		fix = "said"
	}
	class := ""
	if g.class != nil {
		class = g.class.ID
	}
	key := strings.Join(append([]string{class, string(g.consequence), fix}, hazards...), "|")
	shared, ok := e.options[key]
	if !ok {
		shared = e.catalogueOptions(hazards, g.consequence, class, fix == "open")
		e.options[key] = shared
	}
	if len(maker) == 0 {
		return shared
	}
	return append(maker, shared...)
}

func (e *engine) catalogueOptions(hazards []string, impact wardbook.Impact, class string, patch bool) []wardbook.ControlOption {
	list := []wardbook.ControlOption{}
	left := maps.Clone(perKind)
	for _, c := range e.cat.ControlsFor(hazards, impact, class) {
		if left[c.Kind] == 0 || c.ID == "CTL-patch" && !patch {
			continue
		}
		left[c.Kind]--
		list = append(list, wardbook.ControlOption{
			Control: c.ID, Kind: c.Kind, Text: c.Name + ": " + c.Text, Source: "catalogue",
			Effect: c.Effect, Conflict: wardbook.Conflict(c.Effect),
		})
	}
	return slices.Clip(list)
}

// makerOptions are the remediations of the findings, each once.
func makerOptions(g *group) []wardbook.ControlOption {
	type key struct{ category, details, url string }
	seen := map[key]bool{}
	var list []wardbook.ControlOption
	for _, f := range g.findings {
		for _, r := range f.Remediations {
			k := key{r.Category, r.Details, r.URL}
			if seen[k] {
				continue
			}
			seen[k] = true
			kind, ok := remediationKinds[r.Category]
			if !ok {
				kind = wardbook.Information
			}
			source := f.Advisory
			if source == "" {
				source = f.Vulnerability
			}
			text := r.Details
			if text == "" {
				text = strings.ReplaceAll(r.Category, "_", " ")
			}
			list = append(list, wardbook.ControlOption{Kind: kind, Text: text, Source: source, URL: r.URL})
		}
	}
	slices.SortStableFunc(list, func(a, b wardbook.ControlOption) int {
		return slices.Index(wardbook.ControlKinds, a.Kind) - slices.Index(wardbook.ControlKinds, b.Kind)
	})
	return list
}

// action is what is proposed first, as one sentence that can be acted on. The
// worst evaluation sets its urgency.
func (e *engine) action(g *group, s *setting, r *wardbook.Risk) string {
	devices := fmt.Sprintf("the %d devices of %s", len(s.devices), g.name())
	switch len(s.devices) {
	case 0:
		devices = g.name()
	case 1:
		devices = "the one device of " + g.name()
	}
	_, worst := r.Worst(e.pol)
	meanwhile := ""
	if worst != nil && worst.Acceptable == wardbook.No {
		meanwhile = e.meanwhile(g)
	}
	until := func(task string) string {
		if meanwhile == "" {
			return task + "."
		}
		return task + ", and until that is done " + meanwhile + "."
	}
	switch {
	case g.certainty == wardbook.PossiblyAffected:
		return until("Find out whether " + devices + " are affected: answer the open questions about " + reference(g))
	case g.certainty == wardbook.UnderInvestigation:
		return until("Ask " + g.maker() + " for the result on " + reference(g) + " for " + devices)
	case g.support:
		what := devices
		if g.component != nil {
			what = componentName(*g.component) + " in " + devices
		}
		return until("Plan the replacement of " + what)
	case g.offered("vendor_fix") && g.advisory != "":
		return until("Get the update that " + g.advisory + " names from " + g.maker() + " and install it on " + devices)
	case g.advisory != "" && g.offered("mitigation", "workaround"):
		return until("Apply the measures that " + g.advisory + " describes to " + devices)
	case g.component != nil:
		return until("Ask " + g.maker() + " for a version of " + g.model() + " that is not open to " + vulnerabilities(g) + " in " + componentName(*g.component))
	case worst == nil:
		return "Ask " + g.maker() + " how exploitable " + reference(g) + " is on " + devices + " and what it can do."
	}
	return until("Ask " + g.maker() + " for a fix of " + reference(g) + " on " + devices)
}

// meanwhile is the first catalogue measure against the cause (a hole that is
// open, somebody who uses it) that helps at once without making safety worse, as
// words that follow "until that is done".
func (e *engine) meanwhile(g *group) string {
	causes := []string{"HZ-24", "HZ-27"}
	if g.local() {
		causes = []string{"HZ-31", "HZ-33"} // somebody has to be at the device
	}
	class := ""
	if g.class != nil {
		class = g.class.ID
	}
	for _, c := range e.cat.ControlsFor(causes, g.consequence, class) {
		if c.Kind == wardbook.Protective && c.Effect[wardbook.Safety] != wardbook.Worse &&
			c.Effect[wardbook.Security] == wardbook.Better && !wardbook.Conflict(c.Effect) {
			return strings.TrimSuffix(lower(c.Text), ".")
		}
	}
	if g.class != nil && g.class.Outside {
		return "tell the patients who use them what to watch for and whom to call"
	}
	return "watch them closely"
}

// local reports whether all known vectors of g need somebody at the device.
func (g *group) local() bool {
	known := false
	for _, f := range g.findings {
		if f.CVSS == nil {
			continue
		}
		known = true
		if v := f.CVSS.Vector; !strings.Contains(v, "AV:L") && !strings.Contains(v, "AV:P") {
			return false
		}
	}
	return known
}
