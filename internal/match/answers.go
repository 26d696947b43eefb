package match

import (
	"strings"

	"github.com/wardbook/wardbook"
)

// Answers are what people settled. An answer applies to every match with its
// kind and key. A nil *Answers holds none.
type Answers struct {
	byKey map[string]string
}

// NewAnswers makes Answers of (kind, key, answer) triples; a later one of the
// same kind and key wins.
func NewAnswers(list []wardbook.Answer) *Answers {
	a := &Answers{byKey: make(map[string]string, len(list))}
	for _, x := range list {
		if s := strings.TrimSpace(x.Answer); s != "" {
			a.byKey[string(x.Kind)+"\x00"+x.Key] = s
		}
	}
	return a
}

// Get returns what people answered to a question.
func (a *Answers) Get(kind wardbook.QuestionKind, key string) (string, bool) {
	if a == nil {
		return "", false
	}
	s, ok := a.byKey[string(kind)+"\x00"+key]
	return s, ok
}

// none reports whether nothing was answered.
func (a *Answers) none() bool { return a == nil || len(a.byKey) == 0 }

// The keys of questions name makers and models in one way, so that an answer
// holds for every spelling.

func (a *Advisories) makerQuestion(id Identity, x *indexed) string {
	return normal(id.Manufacturer) + " = " + normal(x.product.Vendor)
}

func (a *Advisories) productQuestion(d *deviceName, x *indexed) string {
	return a.versionQuestion(d) + " = " + normal(x.product.Vendor) + " / " + normal(x.name.text)
}

func (a *Advisories) versionQuestion(d *deviceName) string {
	if d.canon == "" {
		d.canon = a.ledger.canon(d)
	}
	return d.canon
}

func normal(s string) string { return strings.Join(words(tokens(fold(s))), " ") }
