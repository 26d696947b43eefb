package match

import (
	"fmt"
	"strings"

	"github.com/wardbook/wardbook"
)

// fixedIn finds what a remedy says to install: "update to version 4.2",
// "remediated in releases M.04 and N.02".
var fixedIn = pattern(`(?i)\b(?:remediat\w*|updat\w*|upgrad\w*|fixed|resolved|releas\w*|mitigat\w*)\b[^.;\n]{0,60}?\b(?:version|revision|release|rev)s?\.?\s+([A-Z0-9][^;\n]{0,60})`)

// namedIn finds the version that a remedy of few words names ("PICiX Version
// C.03"): it stands in a list under "released the following versions".
var namedIn = pattern(`(?i)\b(?:version|revision|release|rev)s?\.?\s+([A-Z0-9][^;\n]{0,60})`)

const shortRemedy = 120

// notFixed precedes a version that is not a remedy.
var notFixed = pattern(`(?i)(?:prior to|before|earlier than|later than|older than|newer than|above|below|up to|<=?|affected)\s*$`)

var versionToken = pattern(`[A-Za-z]?\d*(?:\.\d+)+[A-Za-z]?|[A-Z]\.\d+(?:\.\d+)*`)

// againstRemedy makes a question of a match whose version the maker's own
// remedy names as the one to install: the product tree and the text disagree.
func (a *Advisories) againstRemedy(adv *wardbook.Advisory, v *wardbook.AdvisoryVulnerability, top *claim, m *AdvisoryMatch) {
	for i := range v.Remediations {
		r := &v.Remediations[i]
		if r.Category != "vendor_fix" || len(r.Products) > 0 && !contains(r.Products, top.product.ID) {
			continue
		}
		fix := remedyNames(r.Details, top.version)
		if fix == "" {
			continue
		}
		key := "remedy " + adv.ID + " | " + fix + " | " + top.version + " | " + top.name.text
		if ans, ok := a.answers.Get(wardbook.AskRange, key); ok && (ans == "yes" || ans == "no") {
			if ans == "no" {
				m.Status = wardbook.Fixed
			}
			m.Why = append(m.Why, wardbook.Step{Step: "answer", Detail: "a person settled that the remedy and the versions disagree: " + ans})
			return
		}
		m.Status = wardbook.PossiblyAffected
		m.Confidence *= .6
		m.Why = append(m.Why, wardbook.Step{Step: "remedy", Detail: fmt.Sprintf("the versions %q hold %q, but the maker's remedy names %q as the one to install", top.product.Versions.Raw, top.version, fix)})
		m.Doubts = append(m.Doubts, Doubt{wardbook.AskRange, key, fmt.Sprintf("%s lists version %q of %q as affected, and its remedy names %q as the one to install. Is %q affected?", adv.ID, top.version, top.name.text, fix, top.version), []string{"yes", "no"}})
		return
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// remedyNames returns the version of a remedy's text that version is, or
// begins with.
func remedyNames(details, version string) string {
	v := strings.ToLower(versionPrefix.ReplaceAllString(strings.TrimSpace(version), ""))
	found := fixedIn().FindAllStringSubmatchIndex(details, -1)
	if len(details) <= shortRemedy {
		found = append(found, namedIn().FindAllStringSubmatchIndex(details, -1)...)
	}
	for _, m := range found {
		text := details[m[2]:m[3]]
		for _, t := range versionToken().FindAllStringIndex(text, -1) {
			fix := strings.ToLower(text[t[0]:t[1]])
			if notFixed().MatchString(text[:t[0]]) || notFixed().MatchString(details[:m[2]]) || notFixed().MatchString(beforeNoun(details[:m[2]]+text[:t[0]])) {
				continue
			}
			if v == fix || strings.HasPrefix(v, fix+".") {
				return text[t[0]:t[1]]
			}
		}
	}
	return ""
}

// beforeNoun is what stands before the word "version" at the end of s: "later
// than T1 Ventilator Version" is about what is later.
func beforeNoun(s string) string {
	low := strings.ToLower(s)
	for _, w := range []string{"prior to", "before", "earlier than", "later than", "newer than"} {
		if i := strings.LastIndex(low, w); i >= 0 && len(low)-i < 60 && !strings.ContainsAny(low[i:], ".;:") {
			return s[:i+len(w)]
		}
	}
	return ""
}
