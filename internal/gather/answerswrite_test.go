package gather

import (
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/wardbook/wardbook"
)

// The answers file is what the YAML library writes, whatever stands in it.
func FuzzAnswersWrite(f *testing.F) {
	for _, s := range []string{"", "a", "yes", "Is it hit?", "no: a", "a - b", "infinity", "Infinity", "NaN value", "null", "0x12", "1.10", "2026-11-24", "2026-11-24T10:00:00Z", "+1", "-", "- a",
		"#a", "a #b", "a#", "a\\", "{a}", "[a]", "'a'", "\"a\"", "a\nb", "a\r", "a\tb", " a", "a ", "a:", "a: b", "a:b", "é\u0085", "\u2028", "\x00", "\xff", "pkg:deb/debian/dash@0.5?arch=amd64 = CVE-2024-1", "falsehood", "?", "? a", "@a", "`a`", "%a", "%", "<<", "a, b", "Patient's", "true", "…"} {
		f.Add(s, s, 0)
		f.Add(s, "key", 2)
	}
	f.Fuzz(func(t *testing.T, a, b string, n int) {
		file := answersFile{Answers: []fileAnswer{
			{Question: a, Choices: b, Devices: n, Answer: wardbook.Answer{Kind: wardbook.AskComponent, Key: b}},
			{Answer: wardbook.Answer{Kind: wardbook.QuestionKind(b), Key: a, Answer: b, By: a, Date: b, Reason: a}},
		}}
		want, err := yaml.Marshal(file)
		if err != nil {
			t.Skip(err)
		}
		got, err := file.append(nil)
		if err != nil || string(got) != string(want) {
			t.Errorf("%v\n%s", err, cmp.Diff(string(want), string(got)))
		}
	})
}

func TestAnswersWriteNone(t *testing.T) {
	var file answersFile
	want, err := yaml.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := file.append(nil); err != nil || string(got) != string(want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
