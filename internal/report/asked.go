package report

import (
	"fmt"

	"github.com/wardbook/wardbook"
)

var inputKinds = map[wardbook.InputKind]string{
	wardbook.InputInventory: "Inventory", wardbook.InputSBOM: "SBOM", wardbook.InputAdvisory: "Advisory",
	wardbook.InputVulnerabilities: "Vulnerabilities", wardbook.InputVEX: "VEX", wardbook.InputKEV: "KEV",
	wardbook.InputEPSS: "EPSS", wardbook.InputPolicy: "Policy", wardbook.InputAnswers: "Answers",
	wardbook.InputColumns: "Columns", wardbook.InputSince: "Earlier assessment",
}

func inputKind(k wardbook.InputKind) string {
	if s := inputKinds[k]; s != "" {
		return s
	}
	return string(k)
}

// maxInputs is how many inputs are listed one by one; a folder of advisories
// can hold thousands.
const maxInputs = 60

// asked is the section on the inputs and their problems.
func (b *builder) asked() []block {
	out := []block{
		para{Lead: true, Text: txt("Which devices are affected by known vulnerabilities, on which wards; what that can mean for patients (safety), for care (effectiveness) and for security; which risks are unacceptable under the policy; and what to do first.")},
		para{Text: txt("Every value in this report is a proposal with its rule. People decide: nothing here has been accepted by the program.")},
		heading{Depth: 2, Text: "Inputs"},
	}
	t := table{Caption: "Inputs", Cols: []column{{"Kind and format", 26, false}, {"File and SHA-256", 95, false}, {"Data of", 20, false}, {"Records", 16, true}, {"Problems", 17, true}}, Compact: true}
	problems := 0
	for i, in := range b.a.Inputs {
		problems += len(in.Problems)
		if i >= maxInputs {
			continue
		}
		asOf := styled(unknown, "unknown")
		if in.AsOf != "" {
			asOf = txt(shortDate(in.AsOf))
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
		return append(out, para{Text: txt("No inputs are recorded.")})
	}
	return append(append(out, t), b.problems(problems)...)
}

// problems lists what was wrong with the inputs.
func (b *builder) problems(all int) []block {
	out := []block{heading{Depth: 2, ID: "problems", Text: "Problems of the inputs"}}
	if all == 0 {
		return append(out, para{Text: txt("None was found.")})
	}
	out = append(out, para{Text: txt(fmt.Sprintf("%s. What could not be read is not part of the answer; it is named here so that it is not lost.", count(all, "problem", "problems")))})
	t := table{Caption: "Problems", Cols: []column{{"Input", 50, false}, {"Place", 36, false}, {"Problem", 82, false}}, Compact: true}
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
