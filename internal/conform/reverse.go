package conform

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/wardbook/wardbook"
)

// A reverse is a field that lists the records that refer to a record. Without
// it a check would have to look through all of them for each record.
type reverse struct {
	kind, field string // "risk" has "controls"
	from        string // kind of those that refer
	names       func(record any) []string
}

var reverses = []reverse{
	{"risk", "controls", "control", func(r any) []string { return r.(wardbook.Control).Risks }},
	{"risk", "work", "work", func(r any) []string { return []string{r.(wardbook.Work).Risk.ID} }},
	{"risk", "comments", "comment", func(r any) []string { return []string{r.(wardbook.Comment).Risk.ID} }},
	{"decision", "comments", "comment", func(r any) []string { return []string{r.(wardbook.Comment).Decision.ID} }},
}

func (v *vocabulary) addReverse(d reverse) {
	s := v.byType[kinds[d.kind]]
	get := func(target any) []ref.Val {
		o, ok := target.(*object)
		if !ok || o.file == nil || o.record == "" {
			return nil
		}
		index := o.file.referring(d)
		found := index[o.record]
		// Assessments name risks by the id that follows from content.
		if r, ok := o.v.Interface().(wardbook.Risk); ok && r.ID != o.record {
			found = append(found[:len(found):len(found)], index[r.ID]...)
		}
		return found
	}
	s.fields[d.field] = &shapeField{cel: &types.FieldType{
		Type:    types.NewListType(v.byType[kinds[d.from]].cel),
		IsSet:   func(target any) bool { return len(get(target)) > 0 },
		GetFrom: func(target any) (any, error) { return types.NewRefValList(v, get(target)), nil },
	}}
}

// referring is the index of a reverse field.
func (f *File) referring(d reverse) map[string][]ref.Val {
	key := d.kind + "." + d.field
	if m, ok := f.reverse[key]; ok {
		return m
	}
	m := map[string][]ref.Val{}
	for _, r := range f.list(d.from) {
		for _, id := range d.names(r.object.v.Interface()) {
			if id != "" {
				m[id] = append(m[id], r.object)
			}
		}
	}
	f.reverse[key] = m
	return m
}
