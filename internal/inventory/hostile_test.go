package inventory

import (
	"strings"
	"testing"
	"time"
)

// Files that are made to take long do not.
func TestHostile(t *testing.T) {
	head := "Asset ID,Manufacturer,Model,Version,Ward\n"
	start := "1,a,b,1.0,c\n2,a,b,1.0,c\n3,a,b,1.0,c\n4,a,b,1.0,c\n5,a,b,1.0,c\n6,a,b,1.0,c\n7,a,b,1.0,c\n8,a,b,1.0,c\n"
	for name, in := range map[string]string{
		"one id in all rows":      head + strings.Repeat(start, 40) + strings.Repeat("X,a,b,1.0,c\n", 100_000),
		"unclosed quotes":         head + start + strings.Repeat("1,\"a,b,1.0,c\n", 50_000),
		"stray quotes":            head + strings.Repeat("1,\"a\"x,b,1.0,c\n", 50_000),
		"one long line":           strings.Repeat("a,", 3<<20),
		"one long quoted value":   head + `"` + strings.Repeat("a", 3<<20),
		"quotes and nothing else": strings.Repeat(`"`, 1<<20),
		"delimiters of all kinds": strings.Repeat(",;\t|^~:", 1<<17) + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, err := Decode(strings.NewReader(in), "x.csv", Options{})
			took := time.Since(begin)
			t.Log(took.Round(time.Millisecond), err)
			if took > 30*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}
