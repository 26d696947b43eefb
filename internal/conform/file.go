package conform

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"github.com/go-json-experiment/json"

	"github.com/wardbook/wardbook"
)

// A Subject names a record in results.
type Subject struct {
	Kind  string `json:"kind"`
	ID    string `json:"id"`
	Short string `json:"short,omitempty"` // "RSK-0042"
	Title string `json:"title,omitempty"`
}

type subjectRecord struct {
	Subject
	object *object
}

// A File is the records that checks are asked of, on a day. One goroutine at a
// time may use it.
type File struct {
	Today string // RFC 3339 date

	voc    *vocabulary
	kinds  map[string]map[string]*subjectRecord
	sorted map[string][]*subjectRecord
	maps   map[string]*records

	reverse map[string]map[string][]ref.Val // see reverses
}

var theVocabulary = sync.OnceValues(newVocabulary)

// NewFile is empty, and asked on a day (RFC 3339 date).
func NewFile(today string) (*File, error) {
	v, err := theVocabulary()
	if err != nil {
		return nil, err
	}
	return &File{Today: today, voc: v, kinds: map[string]map[string]*subjectRecord{}, sorted: map[string][]*subjectRecord{}, maps: map[string]*records{}, reverse: map[string]map[string][]ref.Val{}}, nil
}

// Add takes a revision of the store. One of a kind that checks cannot ask is
// left out.
func (f *File) Add(r wardbook.Revision) error {
	t, ok := kinds[r.Kind]
	if !ok {
		return nil
	}
	p := reflect.New(t)
	if err := json.Unmarshal(r.Data, p.Interface()); err != nil {
		return fmt.Errorf("%s: %w", r.Short(), err)
	}
	f.put(Subject{r.Kind, r.ID, r.Short(), r.Title}, p.Elem())
	return nil
}

// Put takes a value of one of Kinds as the record s.
func (f *File) Put(s Subject, value any) error {
	v := reflect.ValueOf(value)
	if t, ok := kinds[s.Kind]; !ok || v.Type() != t {
		return fmt.Errorf("%T is no %s", value, s.Kind)
	}
	f.put(s, v)
	return nil
}

func (f *File) put(s Subject, v reflect.Value) {
	if f.kinds[s.Kind] == nil {
		f.kinds[s.Kind] = map[string]*subjectRecord{}
	}
	f.kinds[s.Kind][s.ID] = &subjectRecord{s, &object{v, f.voc.byType[v.Type()], f, s.ID}}
	delete(f.sorted, s.Kind)
	delete(f.maps, s.Kind)
	clear(f.reverse)
}

func (f *File) find(kind, id string) *subjectRecord { return f.kinds[kind][id] }

// list is the records of a kind in the order of their ids.
func (f *File) list(kind string) []*subjectRecord {
	if l, ok := f.sorted[kind]; ok {
		return l
	}
	m := f.kinds[kind]
	l := make([]*subjectRecord, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		l = append(l, m[id])
	}
	f.sorted[kind] = l
	return l
}

func (f *File) mapOf(kind string) *records {
	if m, ok := f.maps[kind]; ok {
		return m
	}
	values := map[ref.Val]ref.Val{}
	m := &records{}
	for _, r := range f.list(kind) {
		key := types.String(r.ID)
		values[key] = r.object
		m.keys = append(m.keys, key)
	}
	m.Mapper = types.NewRefValMap(f.voc, values)
	f.maps[kind] = m
	return m
}

// ResolveName gives expressions what they name.
func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case "self":
		return a.self, a.self != nil
	case "today":
		return types.String(a.file.Today), true
	}
	if _, ok := kinds[name]; ok {
		return a.file.mapOf(name), true
	}
	return nil, false
}
