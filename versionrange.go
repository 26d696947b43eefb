package wardbook

// A VersionRange is a set of versions as somebody else stated it, together
// with what of the statement could not be understood. A version is in the
// range when All or any of Intervals or Versions holds and none of Except does.
// Versions stand without a leading "V", "Version" or "Rev". Versions of
// different letter series (U61 and L81) are not comparable.
type VersionRange struct {
	// Raw is the text as the source has it.
	Raw string `json:"raw,omitempty"`
	// All means every version.
	All bool `json:"all,omitempty"`
	// Scheme is the vers scheme or the ecosystem whose order applies
	// ("semver", "deb", "npm", …); empty for maker's own versions.
	Scheme    string     `json:"scheme,omitempty"`
	Intervals []Interval `json:"intervals,omitempty"`
	Versions  []string   `json:"versions,omitempty"` // single versions
	Except    []Interval `json:"except,omitempty"`
	// Models are model or part numbers that the text gives in place of, or
	// beside, versions ("model 35700BAX3", "MMT-1754 | MMT-1755"). Where it
	// gives models only, All is true: every version of those models. Where a
	// number may be either, it is in Versions and Models, and Unclear says so.
	Models []string `json:"models,omitempty"`
	// ExceptModels are model or part numbers that the text excludes.
	ExceptModels []string `json:"except_models,omitempty"`
	// Conditions are understood words that no inventory field answers, such as
	// "on Windows 8.1 with IIS 7.5", "version of BIOS" (the bounds are those of a
	// part) or "dated before 2018-05": a match in the range is then a question.
	Conditions []string `json:"conditions,omitempty"`
	// Unclear is empty when the whole text was understood, else it says what
	// was not: the range then needs a person.
	Unclear string `json:"unclear,omitempty"`
}

// An Interval is a stretch of versions. An empty bound is open. Min == Max,
// both inclusive, is one version. A Prefix interval holds every version that
// starts with the parts of Min ("5.x.x": Min "5").
type Interval struct {
	Min          string `json:"min,omitempty"`
	Max          string `json:"max,omitempty"`
	MinInclusive bool   `json:"min_inclusive,omitempty"`
	MaxInclusive bool   `json:"max_inclusive,omitempty"`
	Prefix       bool   `json:"prefix,omitempty"`
}
