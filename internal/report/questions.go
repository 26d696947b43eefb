package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/wardbook/wardbook"
)

// questionKind is a kind of question for people: what it asks, and what to do
// about it.
type questionKind struct {
	Kind        wardbook.QuestionKind
	Title, Task string
}

// questionKinds are the kinds in the order in which they are asked: what can
// be looked up at the device first.
var questionKinds = []questionKind{
	{wardbook.AskVersion, "Which version runs on the devices?", "Read the software version at one device of each model, or in its service menu, and write it as it stands there. Better still: put it into the inventory."},
	{wardbook.AskRange, "Is this version among those that the advisory means?", "Read the versions in the advisory and ask the maker where its words leave a doubt. Answer yes or no."},
	{wardbook.AskCondition, "Does the condition hold?", "The advisory is about devices with an option, module or setting. Look whether yours have it. Answer yes or no."},
	{wardbook.AskProduct, "Is this model the product that the advisory names?", "Compare the name on the type plate with the advisory. Answer yes or no."},
	{wardbook.AskMaker, "Are these two names one maker?", "Makers are renamed and bought. Answer yes or no; the answer counts for all their devices."},
	{wardbook.AskComponent, "Is this component the product that the record names?", "Compare the component of the parts list (SBOM) with the record, or ask the maker. Answer yes or no."},
	{wardbook.AskClass, "What kind of device is this?", "Choose the device class: it says what a fault can mean for patients."},
	{wardbook.AskScore, "How exploitable is the vulnerability?", "No source gives a score. Ask the maker for a CVSS vector, or let somebody who knows the weakness set one."},
	{wardbook.AskConflict, "Which statement holds?", "Statements disagree. Ask the one who knows best, mostly the maker, and answer with the statement that holds."},
}

// perQuestion is how many devices of one question are named.
const perQuestion = 3

// questions is the section with what only a person can settle, by kind.
func (b *builder) questions() []block {
	all := b.a.Questions
	if len(all) == 0 {
		return []block{para{Text: txt("There are none.")}}
	}
	shown := map[wardbook.QuestionKind][]*wardbook.Question{}
	total := map[wardbook.QuestionKind]int{}
	for i := range all {
		total[all[i].Kind]++
		if i < b.lim.Questions {
			shown[all[i].Kind] = append(shown[all[i].Kind], &all[i])
		}
	}
	out := []block{
		para{Text: txt(fmt.Sprintf("%s. A doubtful match is asked, never dropped and never stated as fact. ", count(len(all), "question is open", "questions are open"))).
			add(bold, "How to answer: ").add(plain, "open answers.yaml in the output folder, write behind “answer:”, with your name and reason, and run the assessment again with --answers answers.yaml. An answer counts for all devices and advisories that it fits, so the questions about most devices come first.")},
	}
	kinds := questionKinds
	for i := range all {
		if !slices.ContainsFunc(kinds, func(k questionKind) bool { return k.Kind == all[i].Kind }) {
			kinds = append(slices.Clip(kinds), questionKind{Kind: all[i].Kind, Title: capital(string(all[i].Kind))})
		}
	}
	for _, k := range kinds {
		if n := total[k.Kind]; n > 0 {
			out = append(out, b.questionsOf(k, n, shown[k.Kind])...)
		}
	}
	return out
}

// questionsOf sets the questions of one kind.
func (b *builder) questionsOf(k questionKind, all int, shown []*wardbook.Question) []block {
	out := []block{heading{Depth: 2, ID: "ask-" + string(k.Kind), Text: fmt.Sprintf("%s (%s)", k.Title, group(all)), Outline: true}}
	if k.Task != "" {
		out = append(out, para{Text: txt(k.Task)})
	}
	t := table{Caption: k.Title, Tight: true, Line: true, Cols: []column{{"Question", 101, false}, {"Devices", 13, true}, {"Which", 60, false}}}
	for _, q := range shown {
		text := txt(q.Text)
		if len(q.Choices) > 0 && !onlyYesNo(q.Choices) {
			text = text.line().add(dim, "Choices: "+few(q.Choices, 8))
		}
		which := styled(mono, strings.Join(q.Devices[:min(len(q.Devices), perQuestion)], ", "))
		if n := len(q.Devices) - perQuestion; n > 0 {
			which = which.add(dim, fmt.Sprintf(" and %s more", group(n)))
		}
		t.Rows = append(t.Rows, row{ID: q.ID, Cells: []cell{{Text: text.add(mono, "  "+q.ID)}, {Text: txt(group(len(q.Devices)))}, {Text: which}}})
	}
	t.More = andMore(all, len(shown), "Questions")
	if len(shown) == 0 {
		return append(out, para{Small: true, Text: txt(t.More)})
	}
	return append(out, t)
}

// onlyYesNo reports whether choices are yes and no, which the kind says.
func onlyYesNo(choices []string) bool {
	return len(choices) == 2 && choices[0] == "yes" && choices[1] == "no"
}
