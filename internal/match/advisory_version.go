package match

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// version decides whether the device's version lies in the product's range.
func (a *Advisories) version(id Identity, adv *wardbook.Advisory, f *named) {
	a.versionInRange(id, adv, f)
	condition := f.name.condition
	if condition == "" || f.conditionHolds() {
		condition = f.serials
	}
	if f.verdict != Inside || condition == "" {
		return
	}
	f.verdict = Undecided
	f.versionWhy += "; the product's name has a condition: " + condition
	key := condition + " | " + a.versionQuestion(f.device)
	if !a.answered(f, wardbook.AskCondition, key) {
		f.doubts = append(f.doubts, conditionDoubt(adv, f, id, []string{condition}, key))
	}
}

func (a *Advisories) versionInRange(id Identity, adv *wardbook.Advisory, f *named) {
	r := f.product.Versions
	version := id.Version
	if v, ok := a.answers.Get(wardbook.AskVersion, a.versionQuestion(f.device)); ok && version == "" {
		version = v
		f.step("answer", "a person said that these devices run version %q", v)
	}
	f.version = version
	if f.byListedModel(a, id, r) {
		return
	}
	r.Conditions = f.itsConditions(r.Conditions)
	if len(f.name.versions) > 0 && (r.All || r.Raw == "") {
		r = wardbook.VersionRange{Raw: f.product.Product, Intervals: f.name.versions}
	}
	if r.Raw == "" && !r.All && len(r.Intervals)+len(r.Versions) == 0 && r.Unclear == "" {
		f.verdict, f.versionWhy = Inside, "the document names no version: every version is meant"
		return
	}
	f.verdict, f.versionWhy = InRange(r, version)
	why := unsure(r.Raw)
	if why == "" && trailingZero(r, version) {
		why = "with or without the zero at its end it may be the same version"
	}
	if f.verdict == Outside && why != "" {
		f.verdict, f.versionWhy = Undecided, why
	}
	f.versionWhy = fmt.Sprintf("%s: version %s against %q: %s", f.verdict, quoteVersion(version), r.Raw, f.versionWhy)
	if f.verdict != Undecided {
		return
	}
	switch {
	case version == "" && r.All && len(r.Conditions) > 0:
		key := strings.Join(r.Conditions, "; ") + " | " + a.versionQuestion(f.device)
		if !a.answered(f, wardbook.AskCondition, key) {
			f.doubts = append(f.doubts, conditionDoubt(adv, f, id, r.Conditions, key))
		}
	case version == "":
		f.doubts = append(f.doubts, Doubt{wardbook.AskVersion, a.versionQuestion(f.device), fmt.Sprintf("Which version runs on %q of %s?", deviceLabel(id), orUnknown(id.Manufacturer)), nil})
	case r.Unclear == "" && len(r.Conditions) > 0:
		key := strings.Join(r.Conditions, "; ") + " | " + a.versionQuestion(f.device)
		if a.answered(f, wardbook.AskCondition, key) {
			return
		}
		f.doubts = append(f.doubts, conditionDoubt(adv, f, id, r.Conditions, key))
	default:
		key := r.Raw + " | " + version + " | " + f.name.text
		if a.answered(f, wardbook.AskRange, key) {
			return
		}
		f.doubts = append(f.doubts, Doubt{wardbook.AskRange, key, fmt.Sprintf("%s gives the versions of %q as %q. Is version %q one of them?", adv.ID, f.name.text, r.Raw, version), []string{"yes", "no"}})
	}
}

func conditionDoubt(adv *wardbook.Advisory, f *named, id Identity, conditions []string, key string) Doubt {
	return Doubt{wardbook.AskCondition, key, fmt.Sprintf("%s names %q under a condition: %s. Does it hold for %q?", adv.ID, f.name.text, strings.Join(conditions, "; "), deviceLabel(id)), []string{"yes", "no"}}
}

// conditionHolds reports whether the device's name has a word of the condition.
func (f *named) conditionHolds() bool {
	for _, w := range f.name.conditionWords {
		if _, ok := f.device.forms[w]; ok {
			return true
		}
	}
	return false
}

// ofModels is a condition that is about some models only: "X3/MX100 for Rev M
// only".
var ofModels = pattern(`^([A-Za-z]*[0-9][\w-]*(?:\s*[/,]\s*[\w-]+)*) (?:for|with|from) .* only$`)

// itsConditions leaves out conditions that are about other models than the
// device.
func (f *named) itsConditions(list []string) []string {
	var out []string
	for _, c := range list {
		if m := ofModels().FindStringSubmatch(c); m != nil {
			mine := false
			for _, t := range tokens(fold(m[1])) {
				_, ok := f.device.forms[t.text]
				mine = mine || ok
			}
			if !mine {
				continue
			}
		}
		out = append(out, c)
	}
	return out
}

// answered applies a person's yes or no to the version of f.
func (a *Advisories) answered(f *named, kind wardbook.QuestionKind, key string) bool {
	ans, ok := a.answers.Get(kind, key)
	if !ok || ans != "yes" && ans != "no" {
		return false
	}
	f.verdict = Outside
	if ans == "yes" {
		f.verdict = Inside
	}
	f.versionWhy += fmt.Sprintf("; a person answered %s", ans)
	return true
}

// byListedModel decides where the range names models in place of versions.
func (f *named) byListedModel(a *Advisories, id Identity, r wardbook.VersionRange) bool {
	d := f.device
	for _, m := range r.ExceptModels {
		if _, ok := d.forms[joined(m)]; ok {
			f.verdict, f.versionWhy = Outside, fmt.Sprintf("the range excludes model %q", m)
			return true
		}
	}
	if len(r.Models) == 0 {
		return false
	}
	versions := len(r.Intervals)+len(r.Versions) > 0
	other := ""
	for _, m := range r.Models {
		if _, ok := d.forms[joined(m)]; ok {
			f.versionWhy = fmt.Sprintf("the range names model %q, which the device has in its name", m)
			if versions && !slices.Contains(r.Versions, m) {
				return false
			}
			f.verdict = Inside
			return true
		}
	}
	if versions {
		return false
	}
	for _, m := range r.Models {
		for i, w := range d.words {
			if f.used&(1<<i) != 0 {
				continue // part of the product's own name
			}
			if (d.kinds[i] == designator) && shape(w) == shape(joined(m)) && len(w) >= 4 {
				other = w
			}
			if i+1 < len(d.words) && shape(w+d.words[i+1]) == shape(joined(m)) && len(w)+len(d.words[i+1]) >= 4 {
				other = w + d.words[i+1]
			}
			if other != "" && f.name.asks(other) {
				other = ""
			}
		}
	}
	if other != "" {
		f.verdict, f.versionWhy = Outside, fmt.Sprintf("the range names the models %s, the device is a %q", strings.Join(r.Models, ", "), other)
		return true
	}
	f.verdict = Undecided
	f.versionWhy = fmt.Sprintf("the range names the models %s, the inventory none of them", strings.Join(r.Models, ", "))
	key := a.productQuestion(f.device, f.indexed) + " | " + strings.Join(r.Models, ", ")
	if a.answered(f, wardbook.AskProduct, key) {
		return true
	}
	f.doubts = append(f.doubts, Doubt{wardbook.AskProduct, key, fmt.Sprintf("%s names the models %s of %q. Is %q one of them?", a.list[f.advisory].ID, strings.Join(r.Models, ", "), f.name.text, deviceLabel(id)), []string{"yes", "no"}})
	return true
}

// trailingZero reports whether version differs from a listed one by a zero at
// its end only: "2.20" and "2.2".
func trailingZero(r wardbook.VersionRange, version string) bool {
	if !strings.Contains(version, ".") {
		return false
	}
	listed := append([]string(nil), r.Versions...)
	for _, i := range r.Intervals {
		if i.Min == i.Max {
			listed = append(listed, i.Min)
		}
	}
	for _, v := range listed {
		if v != version && strings.Contains(v, ".") && (v+"0" == version || version+"0" == v) {
			return true
		}
	}
	return false
}

// shape tells letters from digits: numbers of one shape are of one kind.
func shape(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			b[i] = '0'
		default:
			b[i] = 'a'
		}
	}
	return string(b)
}

var twoRevisions = pattern(`\b[A-Z]\.\d+\.[A-Z]\.\d`)

// unsure says why a text of versions is too odd to put a version outside of it;
// empty where it is not.
func unsure(raw string) string {
	low := strings.ToLower(raw)
	switch {
	case strings.Contains(low, "version") && strings.Contains(low, "firmware"):
		return "the text speaks of a version and of firmware: which of them the inventory states is not known"
	case twoRevisions().MatchString(raw):
		return "the text looks like two versions run together"
	}
	return ""
}
