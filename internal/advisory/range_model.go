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
	if strings.Count(v, "-") >= 2 && len(letters) != 1 && v[0] != '0' && strings.ToUpper(v[:1]) == v[:1] && len(v) >= 12 && !digits(strings.ReplaceAll(v, "-", "")) {
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
		case meaningless[strings.ToLower(n)] || c == isModel && !p.single && !hasDigit(n) || !hasDigit(n) && !hasLetter(n):
			p.unclear("what " + n + " means")
		case c == isVersion && (!named || strings.Contains(n, ".")):
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
	words := strings.Fields(n)
	i := 0
	for next := true; i < len(words); i++ {
		w := words[i]
		if w == "/" || w == "or" || w == "and" {
			next = true
			continue
		}
		if !next || !hasDigit(w) {
			break
		}
		next = false
		if stem, in, ok := strings.Cut(w, "("); ok && strings.HasSuffix(in, ")") {
			p.addModel(stem)
			w = stem + strings.TrimSuffix(in, ")")
		}
		p.addModel(w)
	}
	switch name := strings.Join(words[i:], " "); {
	case name == "":
	case len(name) < 3 && i > 0:
		p.addModel(n) // "3002 S3": the end alone names nothing
	default:
		p.addModel(name)
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

// meaningless words say that the author did not know either.
var meaningless = map[string]bool{"unknown": true, "none": true, "latest": true, "current": true, "n/a": true, "na": true, "various": true,
	"multiple": true, "unspecified": true, "tbd": true, "other": true, "see advisory": true, "default": true}

func hasLetter(s string) bool { return strings.ContainsAny(s, alphabet) }

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
	letters := n[:len(n)-len(strings.TrimLeft(n, alphabet))]
	number := strings.TrimLeft(n[len(letters):], "-")
	switch {
	case !hasDigit(n) || looksLikeModel(n), len(letters) >= 3 && letters == strings.ToLower(letters) && !isVersionWord(letters):
		return isModel
	case letters == "" && len(n) > 4 && isYear(n[:4]) && digits(n[:4]) && isLetter(n[4]):
		return isVersion // 2022H2
	case isVersionWord(letters) && (!digits(number) || len(number) <= 2 || isYear(number)), digits(n) && isYear(n), digits(n) && len(n) <= 2:
		return isVersion
	case len(letters) == 1: // R140, A10; M221 may be a model
		if strings.ContainsAny(letters, "RVUrvu") || len(strings.TrimRight(number, alphabet)) <= 2 {
			return isVersion
		}
	case letters == "" && len(n) >= 8 && len(n) <= 10 && !digits(n) && digits(n[4:]) && isLetter(n[3]):
		return isVersion // 012U000040
	case letters == "" && len(strings.TrimRight(n, alphabet)) <= 2:
		return isVersion // 11a
	case letters == "" && strings.Count(n, "-") == 1 && !strings.HasPrefix(n, "0"):
		return isVersion // 2018-1, 20-33
	}
	return isDoubtful
}

const alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

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

func isYear(s string) bool { return len(s) == 4 && s >= "1990" && s < "2100" }
