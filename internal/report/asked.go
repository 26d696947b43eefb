package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/wardbook/wardbook"
)

var inputKinds = map[wardbook.InputKind]string{
	wardbook.InputInventory: "Inventory of devices", wardbook.InputSBOM: "Software parts lists (SBOM)", wardbook.InputAdvisory: "Security advisories",
	wardbook.InputVulnerabilities: "Vulnerability records", wardbook.InputVEX: "Makers’ statements (VEX)", wardbook.InputKEV: "Known exploited (KEV)",
	wardbook.InputEPSS: "Probability of exploitation (EPSS)", wardbook.InputPolicy: "Policy", wardbook.InputAnswers: "Answers to questions",
	wardbook.InputColumns: "Names of columns", wardbook.InputSince: "Earlier assessment",
}

// expected are the kinds of input that an answer stands on: one that was not
// given is named as missing.
var expected = []wardbook.InputKind{
	wardbook.InputInventory, wardbook.InputSBOM, wardbook.InputAdvisory, wardbook.InputVulnerabilities,
	wardbook.InputVEX, wardbook.InputKEV, wardbook.InputEPSS,
}

// timeless kinds of input have no age that matters.
var timeless = []wardbook.InputKind{wardbook.InputPolicy, wardbook.InputAnswers, wardbook.InputColumns}

func inputKind(k wardbook.InputKind) string {
	if s := inputKinds[k]; s != "" {
		return s
	}
	return string(k)
}

// asked is the section on the question and the kinds of input. It is short, so
// that the answer follows at once.
func (b *builder) asked() []block {
	return []block{
		para{Text: txt("Which devices are affected by known vulnerabilities, and on which wards? What can that mean for patients (safety), for care (effectiveness) and for security? Which risks does the policy not accept, and what is to be done first? ").
			add(bold, "Every value is a proposal with its rule: people decide, and nothing here has been accepted by the program.")},
		b.inputSums(),
	}
}

// An inputSum adds up the inputs of one kind.
type inputSum struct {
	files, records, problems, undated int
	newest                            string
}

// inputSums is the table of the kinds of input.
func (b *builder) inputSums() table {
	sums := map[wardbook.InputKind]*inputSum{}
	kinds := slices.Clone(expected)
	for _, in := range b.a.Inputs {
		s := sums[in.Kind]
		if s == nil {
			s = &inputSum{}
			sums[in.Kind] = s
		}
		if !slices.Contains(kinds, in.Kind) {
			kinds = append(kinds, in.Kind)
		}
		s.files++
		s.records += in.Records
		s.problems += len(in.Problems)
		if in.AsOf == "" {
			s.undated++
		}
		s.newest = max(s.newest, in.AsOf)
	}
	t := table{Caption: "Kinds of input", Compact: true, Line: true, Cols: []column{{"Input", 58, false}, {"Files", 14, true}, {"Records", 18, true}, {"Problems", 18, true}, {"Newest data of", 66, false}}}
	for _, k := range kinds {
		s := sums[k]
		if s == nil {
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(inputKind(k))}, {Text: txt("0")}, {}, {}, {Text: styled(unknown, "not given")}}})
			continue
		}
		n := txt(group(s.problems))
		if s.problems > 0 {
			n = rich{}.link(warn, group(s.problems), "problems")
		}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(inputKind(k))}, {Text: txt(group(s.files))}, {Text: txt(group(s.records))}, {Text: n}, {Text: b.newest(k, s)}}})
	}
	t.More = "Each input with its digest and its problems: section “" + inputsTitle + "”."
	return t
}

// newest says of which day the data of a kind is, and how old that is.
func (b *builder) newest(k wardbook.InputKind, s *inputSum) rich {
	if s.newest == "" {
		if slices.Contains(timeless, k) {
			return styled(dim, "–")
		}
		return styled(unknown, "unknown")
	}
	r := txt(shortDate(s.newest))
	if n, ok := days(s.newest, b.a.At); ok {
		kind := dim
		if n > oldData {
			kind = warn
		}
		r = r.add(kind, " · "+count(n, "day", "days")+" old")
	}
	if s.undated > 0 {
		r = r.add(dim, fmt.Sprintf(" · %s without a date", group(s.undated)))
	}
	return r
}

// oldData is the age in days from which data is marked as old.
const oldData = 30

// days is how many days one date lies before another.
func days(from, to string) (int, bool) {
	a, ok1 := date(from)
	z, ok2 := date(to)
	return int(z.Sub(a) / (24 * time.Hour)), ok1 && ok2
}

// inputsTitle is the title of the section with every input.
const inputsTitle = "Inputs and their digests"

// maxInputs is how many inputs are listed one by one; a folder of advisories
// can hold thousands.
const maxInputs = 100

// inputs is the section with every input and its problems.
func (b *builder) inputs() []block {
	t := table{Caption: "Inputs", Tight: true, Cols: []column{{"Kind and format", 34, false}, {"File and SHA-256", 92, false}, {"Data of", 20, false}, {"Records", 14, true}, {"Problems", 15, true}}}
	problems := 0
	for i, in := range b.a.Inputs {
		problems += len(in.Problems)
		if i >= maxInputs {
			continue
		}
		asOf := styled(unknown, "unknown")
		if in.AsOf != "" {
			asOf = txt(shortDate(in.AsOf))
		} else if slices.Contains(timeless, in.Kind) {
			asOf = styled(dim, "–")
		}
		n := txt(group(len(in.Problems)))
		if len(in.Problems) > 0 {
			n = styled(warn, group(len(in.Problems)))
		}
		file := txt(in.Path)
		if in.SHA256 != "" {
			file = file.line().add(mono, in.SHA256)
		}
		if in.Quality != "" {
			file = file.line().add(dim, in.Quality)
		}
		t.Rows = append(t.Rows, row{Cells: []cell{
			{Text: styled(bold, inputKind(in.Kind)).line().add(dim, in.Format)},
			{Text: file},
			{Text: asOf}, {Text: txt(group(in.Records))}, {Text: n},
		}})
	}
	t.More = andMore(len(b.a.Inputs), min(len(b.a.Inputs), maxInputs), "Inputs")
	if len(t.Rows) == 0 {
		return []block{para{Text: txt("No inputs are recorded.")}}
	}
	return append([]block{t}, b.problems(problems)...)
}

// problems lists what was wrong with the inputs.
func (b *builder) problems(all int) []block {
	out := []block{heading{Depth: 2, ID: "problems", Text: "Problems of the inputs", Outline: true}}
	if all == 0 {
		return append(out, para{Text: txt("None was found.")})
	}
	out = append(out, para{Text: txt(fmt.Sprintf("%s. What could not be read is not part of the answer; it is named here so that it is not lost.", count(all, "problem", "problems")))})
	t := table{Caption: "Problems", Cols: []column{{"Input", 44, false}, {"Place", 30, false}, {"Problem", 100, false}}, Tight: true}
	for _, in := range b.a.Inputs {
		for _, p := range in.Problems {
			if len(t.Rows) == b.lim.Problems {
				break
			}
			t.Rows = append(t.Rows, row{Cells: []cell{{Text: txt(in.Path)}, {Text: txt(p.Place)}, {Text: txt(p.Message)}}})
		}
	}
	t.More = andMore(all, len(t.Rows), "Problems")
	return append(out, t)
}
