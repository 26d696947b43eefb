package gather

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/wardbook/wardbook"
)

// answersFile is the YAML that people write their answers in. Question is for
// people only: kind and key are what an answer applies to.
type answersFile struct {
	Answers []fileAnswer `yaml:"answers"`
}

type fileAnswer struct {
	Question string `yaml:"question,omitempty"`
	Choices  string `yaml:"choices,omitempty"`
	Devices  int    `yaml:"devices,omitempty"`

	wardbook.Answer `yaml:",inline"`
}

// ReadAnswers reads answers strictly; entries without an answer are the
// questions that are still open. name is the file's, for the faults.
func ReadAnswers(b []byte, name string) ([]wardbook.Answer, error) {
	var f answersFile
	if err := decodeAnswers(b, &f); err != nil {
		var ye yaml.Error
		if errors.As(err, &ye) && ye.GetToken() != nil {
			return nil, fmt.Errorf("%s line %d: %s", name, ye.GetToken().Position.Line, ye.GetMessage())
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var ps wardbook.Problems
	var out []wardbook.Answer
	for i, a := range f.Answers {
		place := fmt.Sprintf("%s answer %d", name, i+1)
		if a.Kind == "" || a.Key == "" {
			ps.Add(place, "kind and key are needed: copy them from answers.yaml")
			continue
		}
		if strings.TrimSpace(a.Answer.Answer) == "" {
			continue
		}
		if !a.Kind.Valid() {
			ps.Add(place, "unknown kind %q", a.Kind)
			continue
		}
		if c := a.Choices; c != "" && !strings.Contains(", "+c+", ", ", "+a.Answer.Answer+", ") {
			ps.Add(place, "the answer %q is none of: %s", a.Answer.Answer, c)
			continue
		}
		out = append(out, a.Answer)
	}
	return out, ps.Err()
}

// decodeAnswers reads the YAML with every value as it is written: as a number,
// version 2.10 would become 2.1.
func decodeAnswers(b []byte, f *answersFile) error {
	file, err := parser.ParseBytes(b, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	ast.Walk(asWritten{}, file.Docs[0].Body)
	return yaml.NodeToValue(file.Docs[0].Body, f, yaml.Strict())
}

// asWritten turns numbers and booleans behind the keys of an answer into text.
type asWritten struct{}

func (asWritten) Visit(n ast.Node) ast.Visitor {
	mv, ok := n.(*ast.MappingValueNode)
	if !ok {
		return asWritten{}
	}
	switch mv.Value.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		if key := mv.Key.GetToken().Value; key == "answer" || key == "key" || key == "date" || key == "by" || key == "reason" {
			mv.Value = ast.String(mv.Value.GetToken())
		}
	}
	return asWritten{}
}

const answersHead = `# Questions that only a person can settle. Write your answer behind "answer:"
# and give this file to the next run with --answers; answers apply to all
# devices and advisories with the same kind and key. Add by:, date: and reason:
# so that others know who decided what, and why.
`

// AnswersTemplate is the answers file for people to fill in: what was answered
// so far, then the open questions, the one that settles most first.
func AnswersTemplate(given []wardbook.Answer, open []wardbook.Question) ([]byte, error) {
	var f answersFile
	for _, a := range given {
		f.Answers = append(f.Answers, fileAnswer{Answer: a})
	}
	for _, q := range open {
		f.Answers = append(f.Answers, fileAnswer{
			Question: q.Text, Choices: strings.Join(q.Choices, ", "), Devices: len(q.Devices),
			Answer: wardbook.Answer{Kind: q.Kind, Key: q.Key},
		})
	}
	return f.append([]byte(answersHead))
}
