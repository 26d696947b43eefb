package score

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// asks gathers questions by kind and key.
type asks map[askKey]*ask

type askKey struct {
	kind wardbook.QuestionKind
	key  string
}

type ask struct {
	text     string
	findings []string
	lists    [][]string // lists of devices, joined at the end
}

func (a asks) add(kind wardbook.QuestionKind, key, text string, devices []string, findings ...string) {
	k := askKey{kind, key}
	q := a[k]
	if q == nil {
		q = &ask{text: text}
		a[k] = q
	}
	q.findings = append(q.findings, findings...)
	if !slices.ContainsFunc(q.lists, func(l []string) bool { return keyOf(l) == keyOf(devices) }) {
		q.lists = append(q.lists, devices)
	}
}

// ClassKey is the key of the question which class of device a maker's model is
// of: one answer holds for all its versions, however the names are spaced and
// whatever case they are in.
func ClassKey(maker, model string) string {
	fold := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	return fold(maker) + " / " + fold(model)
}

// ask records what a group leaves open.
func (e *engine) ask(g *group, s *setting, sec exploitable) {
	if g.class == nil {
		key, name := g.pid, g.pid
		if g.product != nil {
			key, name = ClassKey(g.product.Manufacturer, g.product.Name), productName(g.product)
		}
		text := fmt.Sprintf("What class of device is %s? Until it is known, what it can mean for patients and care cannot be said (%s). Answer with the id of a device class, such as pump_lvp or monitor_patient.", name, g.classWhy)
		ids := make([]string, 0, len(g.findings))
		for _, f := range g.findings {
			ids = append(ids, f.ID)
		}
		e.asks.add(wardbook.AskClass, key, text, s.devices, ids...)
	}
	for _, f := range g.findings {
		v := e.vector(f)
		if v != nil && (e.table(v) > 0 || sec.step > 0) && e.losesSomething(v) {
			continue
		}
		key := f.Vulnerability
		text := fmt.Sprintf("How exploitable is %s, and what can it take? No CVSS vector is known that says it. Answer with a vector.", f.Vulnerability)
		if g.support {
			key, text = "support_end", "The policy's vector for what is past its support end cannot be used. Correct support_end in the policy."
		}
		e.asks.add(wardbook.AskScore, key, text, s.devices, f.ID)
	}
}

func (e *engine) losesSomething(v *Vector) bool {
	for _, im := range wardbook.Impacts {
		if v.Impact(im) > AmountNone {
			return true
		}
	}
	return false
}

// questions returns what was asked, by kind and key.
func (e *engine) questions() []wardbook.Question {
	list := make([]wardbook.Question, 0, len(e.asks))
	for k, q := range e.asks {
		slices.Sort(q.findings)
		var devices []string
		if len(q.lists) == 1 {
			devices = q.lists[0]
		} else {
			seen := map[string]bool{}
			for _, l := range q.lists {
				for _, id := range l {
					if !seen[id] {
						seen[id] = true
						devices = append(devices, id)
					}
				}
			}
		}
		list = append(list, wardbook.Question{
			ID: id("Q-", string(k.kind), k.key), Kind: k.kind, Key: k.key,
			Text: q.text, Devices: devices, Findings: slices.Compact(q.findings),
		})
	}
	slices.SortFunc(list, func(a, b wardbook.Question) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Key, b.Key))
	})
	return list
}
