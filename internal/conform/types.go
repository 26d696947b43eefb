package conform

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/wardbook/wardbook"
)

// A Book is what was found when the book of the file was verified.
type Book struct {
	Entries int      `json:"entries"`
	Faults  []string `json:"faults"`
}

// kinds are the records that expressions can ask, by name. What is not a record
// of the store (policy, evidence, book) is added with File.Put.
var kinds = map[string]reflect.Type{
	"answer":        reflect.TypeFor[wardbook.Answer](),
	"applicability": reflect.TypeFor[wardbook.Applicability](),
	"assessment":    reflect.TypeFor[wardbook.Standing](),
	"book":          reflect.TypeFor[Book](),
	"comment":       reflect.TypeFor[wardbook.Comment](),
	"control":       reflect.TypeFor[wardbook.Control](),
	"decision":      reflect.TypeFor[wardbook.Decision](),
	"evidence":      reflect.TypeFor[wardbook.Evidence](),
	"membership":    reflect.TypeFor[wardbook.Membership](),
	"organization":  reflect.TypeFor[wardbook.Organization](),
	"policy":        reflect.TypeFor[wardbook.Policy](),
	"question":      reflect.TypeFor[wardbook.Asked](),
	"risk":          reflect.TypeFor[wardbook.Risk](),
	"source":        reflect.TypeFor[wardbook.Source](),
	"triage":        reflect.TypeFor[wardbook.Triage](),
	"work":          reflect.TypeFor[wardbook.Work](),
}

// Kinds lists the kinds of records that checks can ask, in the order of their
// names.
func Kinds() []string { return slices.Sorted(maps.Keys(kinds)) }

// Stored lists those of Kinds that are records of the store; the others are
// brought with File.Put.
func Stored() []string {
	return slices.DeleteFunc(Kinds(), func(k string) bool { return !kinds[k].Implements(reflect.TypeFor[wardbook.Record]()) })
}

// A shape is a Go struct as expressions see it.
type shape struct {
	name   string
	cel    *types.Type
	zero   reflect.Value
	fields map[string]*shapeField
}

type shapeField struct {
	index []int
	cel   *types.FieldType
}

// vocabulary has the shapes of all kinds and of what they are made of. It is
// the type provider and adapter of CEL, and is built once.
type vocabulary struct {
	*types.Registry
	byName map[string]*shape
	byType map[reflect.Type]*shape
}

var (
	timeType = reflect.TypeFor[time.Time]()
	refType  = reflect.TypeFor[interface{ IsZero() bool }]()

	rootPackage = reflect.TypeFor[wardbook.Risk]().PkgPath()
)

func newVocabulary() (*vocabulary, error) {
	r, err := types.NewRegistry()
	if err != nil {
		return nil, err
	}
	v := &vocabulary{r, map[string]*shape{}, map[reflect.Type]*shape{}}
	for _, k := range Kinds() {
		v.shapeOf(kinds[k])
	}
	for _, d := range reverses {
		v.addReverse(d)
	}
	return v, nil
}

func (v *vocabulary) shapeOf(t reflect.Type) *shape {
	if s, ok := v.byType[t]; ok {
		return s
	}
	name := t.String()
	s := &shape{name: name, cel: types.NewObjectType(name), zero: reflect.Zero(t), fields: map[string]*shapeField{}}
	v.byType[t], v.byName[name] = s, s
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		inlined := f.Anonymous && tag == "" // its fields are visible by themselves
		if !f.IsExported() || tag == "-" || inlined || s.fields[tag] != nil {
			continue
		}
		if tag == "" {
			tag = strings.ToLower(f.Name)
		}
		if ct := v.typeOf(f.Type); ct != nil {
			s.fields[tag] = &shapeField{f.Index, &types.FieldType{Type: ct, IsSet: isSet(f.Index), GetFrom: v.getFrom(f.Index)}}
		}
	}
	return s
}

// typeOf is nil for what expressions cannot see.
func (v *vocabulary) typeOf(t reflect.Type) *types.Type {
	switch t.Kind() {
	case reflect.String:
		return types.StringType
	case reflect.Bool:
		return types.BoolType
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return types.IntType
	case reflect.Float32, reflect.Float64:
		return types.DoubleType
	case reflect.Pointer:
		return v.typeOf(t.Elem())
	case reflect.Slice, reflect.Array:
		if e := v.typeOf(t.Elem()); e != nil {
			return types.NewListType(e)
		}
	case reflect.Map:
		if e := v.typeOf(t.Elem()); e != nil && t.Key().Kind() == reflect.String {
			return types.NewMapType(types.StringType, e)
		}
	case reflect.Struct:
		if t == timeType {
			return types.TimestampType
		}
		if kind := refKind(t); kind != "" {
			if target, ok := kinds[kind]; ok {
				return v.shapeOf(target).cel
			}
			return types.StringType // a record that expressions cannot ask: its id
		}
		return v.shapeOf(t).cel
	}
	return nil
}

// refKind is the kind that a wardbook.Ref refers to; empty: t is none.
func refKind(t reflect.Type) string {
	if t.PkgPath() != rootPackage || !strings.HasPrefix(t.Name(), "Ref[") || !t.Implements(refType) {
		return ""
	}
	name := strings.TrimSuffix(strings.TrimPrefix(t.Name(), "Ref["), "]")
	for kind, target := range kinds {
		if target.PkgPath()+"."+target.Name() == name {
			return kind
		}
	}
	return "other"
}

func isSet(index []int) ref.FieldTester {
	return func(target any) bool {
		o, ok := target.(*object)
		if !ok {
			return false
		}
		f, err := o.v.FieldByIndexErr(index)
		return err == nil && !f.IsZero() && (f.Kind() != reflect.Slice && f.Kind() != reflect.Map || f.Len() > 0)
	}
}

func (v *vocabulary) getFrom(index []int) ref.FieldGetter {
	return func(target any) (any, error) {
		o, ok := target.(*object)
		if !ok {
			return nil, fmt.Errorf("%T has no fields", target)
		}
		f, err := o.v.FieldByIndexErr(index)
		if err != nil {
			return nil, err
		}
		return v.value(f, o.file), nil
	}
}

// value is f as CEL sees it. What is not there is the zero value of its type.
func (v *vocabulary) value(f reflect.Value, file *File) ref.Val {
	switch f.Kind() {
	case reflect.String:
		return types.String(f.String())
	case reflect.Bool:
		return types.Bool(f.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return types.Int(f.Int())
	case reflect.Float32, reflect.Float64:
		return types.Double(f.Float())
	case reflect.Pointer:
		if f.IsNil() {
			return v.value(reflect.Zero(f.Type().Elem()), file)
		}
		return v.value(f.Elem(), file)
	case reflect.Slice, reflect.Array:
		list := make([]ref.Val, f.Len())
		for i := range list {
			list[i] = v.value(f.Index(i), file)
		}
		return types.NewRefValList(v, list)
	case reflect.Map:
		m := make(map[ref.Val]ref.Val, f.Len())
		for it := f.MapRange(); it.Next(); {
			m[types.String(it.Key().String())] = v.value(it.Value(), file)
		}
		return types.NewRefValMap(v, m)
	case reflect.Struct:
		if f.Type() == timeType {
			return types.Timestamp{Time: f.Interface().(time.Time)}
		}
		if kind := refKind(f.Type()); kind != "" {
			return v.referred(kind, f.Field(0).String(), file)
		}
		return &object{v: f, shape: v.byType[f.Type()], file: file}
	}
	return types.NewErr("%s cannot be read in expressions", f.Type())
}

func (v *vocabulary) referred(kind, id string, file *File) ref.Val {
	t, ok := kinds[kind]
	if !ok {
		return types.String(id)
	}
	if file != nil {
		if r := file.find(kind, id); r != nil {
			return r.object
		}
	}
	s := v.byType[t]
	return &object{v: s.zero, shape: s, file: file}
}
