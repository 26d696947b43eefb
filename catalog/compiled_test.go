package catalog

import (
	"bytes"
	"reflect"
	"testing"
)

// The compiled form is that of the files as they are, and gives the same
// catalogue as they do.
func TestCompiled(t *testing.T) {
	want, err := Compile()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(compiledRows, want) {
		t.Fatal("compiled.json is not what go generate ./catalog makes: run it")
	}
	src := embedded()
	if src.rows == nil {
		t.Fatal("the compiled form is not used")
	}
	fast, err := load(src)
	if err != nil {
		t.Fatal(err)
	}
	slow, err := load(source{FS: files})
	if err != nil {
		t.Fatal(err)
	}
	for i := range fast.SupportEnds {
		fast.SupportEnds[i].NamesText("") // compiles the text
	}
	a, b := reflect.ValueOf(*fast), reflect.ValueOf(*slow)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		if name != "risk" && !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
			t.Errorf("%s differ", name)
		}
	}
	if !reflect.DeepEqual(fast.risk, slow.risk) {
		t.Error("the tables for risks differ")
	}
}
