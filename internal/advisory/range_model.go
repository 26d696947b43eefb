package advisory

import (
	"strings"
)

// looksLikeModel reports whether v has the shape of a model or part number
// and of no version: MMT-1715, 1SAP500900R0101, HEN32204.
func looksLikeModel(v string) bool {
	if strings.ContainsAny(v, ". ") || len(v) < 5 {
		return false
	}
	i := 0
	for i < len(v) && isLetter(v[i]) {
		i++
	}
	letters, rest := v[:i], strings.TrimLeft(v[i:], "-")
	if isVersionWord(letters) || strings.EqualFold(letters, "se") || strings.EqualFold(letters, "v") {
		return false
	}
	n := 0
	for n < len(rest) && isDigit(rest[n]) {
		n++
	}
	if len(letters) >= 2 && n >= 3 {
		return true
	}
	// Part numbers with letters in their midst, longer than versions are.
	return len(v) >= 13 && n > 0 && n < len(rest) && letters == "" && isLetter(rest[n]) && v == strings.ToUpper(v)
}

// resolveNames decides what the single words and numbers of a product_version
// text are. Where one of them is plainly a name, all of the list are names.
func (p *rangeParser) resolveNames() {
	named := false
	for _, n := range p.names {
		named = named || classify(n) == isModel
	}
	var doubtful []string
	for _, n := range p.names {
		switch c := classify(n); {
		case c == isVersion && !named:
			p.r.Versions = append(p.r.Versions, n)
		case c == isModel || named || p.calledModel(n):
			p.models(n)
		default:
			p.r.Versions = append(p.r.Versions, n)
			p.models(n)
			doubtful = append(doubtful, n)
		}
	}
	if len(doubtful) > 0 {
		p.unclear("whether these are versions or models: " + strings.Join(doubtful, ", "))
	}
}

// models adds the model numbers of n: "MMT-522(K) / MMT-722(K) Paradigm" are
// four numbers and a name.
func (p *rangeParser) models(n string) {
	var name []string
	for w := range strings.FieldsSeq(n) {
		switch {
		case w == "/" || w == "or" || w == "and":
		case len(name) > 0 || !hasDigit(w):
			name = append(name, w)
		default:
			if stem, in, ok := strings.Cut(w, "("); ok && strings.HasSuffix(in, ")") {
				p.r.Models = append(p.r.Models, stem, stem+strings.TrimSuffix(in, ")"))
				continue
			}
			p.r.Models = append(p.r.Models, w)
		}
	}
	if len(name) > 0 {
		p.r.Models = append(p.r.Models, strings.Join(name, " "))
	}
}

// calledModel reports whether the product's full name says "model" before n.
func (p *rangeParser) calledModel(n string) bool {
	if p.product == nil {
		return false
	}
	p.contextual = true
	for _, name := range []string{p.product.Name, p.product.Product + " " + n} {
		low := strings.ToLower(name)
		at := strings.LastIndex(low, strings.ToLower(n))
		model := strings.LastIndex(low[:max(at, 0)], "model")
		if at > 0 && model >= 0 && at-model < 30 {
			return true
		}
	}
	return false
}

type nameKind int

const (
	isVersion nameKind = iota
	isModel
	isDoubtful
)

// classify tells versions, models and what may be either by its shape.
func classify(n string) nameKind {
	first, rest, more := strings.Cut(n, " ")
	if strings.Contains(n, ".") || !more && len(n) <= 2 {
		if orderable(n) {
			return isVersion
		}
		return isModel
	}
	if more {
		return classifyWords(n, first, rest)
	}
	switch {
	case !hasDigit(n):
		return isModel
	case looksLikeModel(n):
		return isModel
	case digits(n) && isYear(n):
		return isVersion
	case digits(n) && len(n) >= 3, len(n) >= 4 && digits(n[:len(n)-1]), len(n) <= 4 && isLetter(n[0]) && isLetter(n[1]) && !isVersionWord(strings.TrimRight(n, "0123456789")):
		return isDoubtful
	}
	return isVersion
}

func classifyWords(n, first, rest string) nameKind {
	words := 0
	for w := range strings.FieldsSeq(n) {
		if letters := strings.Trim(w, "()/-,"); !hasDigit(w) && letters != "" && !isVersionWord(letters) {
			words++
		}
	}
	switch {
	case words == 0 && (isYear(first) || !digits(first) || len(first) < 3):
		return isVersion // 2017 R2, V9 SP8, 2nd Edition
	case words == 0, words == 1 && !looksLikeModel(first) && !(digits(first) && len(first) >= 4) && hasDigit(rest):
		return isDoubtful // 3002 S3, CR-IR 357
	}
	return isModel
}

func isYear(s string) bool { return len(s) == 4 && (s[:2] == "19" || s[:2] == "20") }
