package conform

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// An object is a struct as a value of CEL.
type object struct {
	v      reflect.Value
	shape  *shape
	file   *File
	record string // its id in the store; empty: it is a part of a record
}

// FindStructType, FindStructFieldNames, FindStructFieldType and NewValue are of
// types.Provider.
func (v *vocabulary) FindStructType(name string) (*types.Type, bool) {
	if s, ok := v.byName[name]; ok {
		return types.NewTypeTypeWithParam(s.cel), true
	}
	return v.Registry.FindStructType(name)
}

// FindStructFieldNames lists the fields of a type.
func (v *vocabulary) FindStructFieldNames(name string) ([]string, bool) {
	if s, ok := v.byName[name]; ok {
		return slices.Sorted(maps.Keys(s.fields)), true
	}
	return v.Registry.FindStructFieldNames(name)
}

// FindStructFieldType finds a field of a type.
func (v *vocabulary) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	s, ok := v.byName[name]
	if !ok {
		return v.Registry.FindStructFieldType(name, field)
	}
	f, ok := s.fields[field]
	if !ok {
		return nil, false
	}
	return f.cel, true
}

// NewValue refuses: expressions ask records and make none.
func (v *vocabulary) NewValue(name string, fields map[string]ref.Val) ref.Val {
	if _, ok := v.byName[name]; ok {
		return types.NewErr("an expression makes no %s", name)
	}
	return v.Registry.NewValue(name, fields)
}

// NativeToValue keeps what is a value already.
func (v *vocabulary) NativeToValue(value any) ref.Val {
	if r, ok := value.(ref.Val); ok {
		return r
	}
	return v.Registry.NativeToValue(value)
}

// ConvertToNative, ConvertToType, Equal, Type and Value are of ref.Val.
func (o *object) ConvertToNative(t reflect.Type) (any, error) {
	if o.v.Type().AssignableTo(t) {
		return o.v.Interface(), nil
	}
	return nil, fmt.Errorf("%s is no %s", o.shape.name, t)
}

// ConvertToType knows the type of o only.
func (o *object) ConvertToType(t ref.Type) ref.Val {
	if t == types.TypeType {
		return o.shape.cel
	}
	return types.NewErr("%s is no %s", o.shape.name, t.TypeName())
}

// Equal compares all fields.
func (o *object) Equal(other ref.Val) ref.Val {
	p, ok := other.(*object)
	return types.Bool(ok && o.shape == p.shape && reflect.DeepEqual(o.v.Interface(), p.v.Interface()))
}

// Type is the shape's.
func (o *object) Type() ref.Type { return o.shape.cel }

// Value is what FieldType.GetFrom gets.
func (o *object) Value() any { return o }

// Get and IsSet are of traits.Indexer and traits.FieldTester.
func (o *object) Get(name ref.Val) ref.Val {
	f, ok := o.field(name)
	if !ok {
		return types.NewErr("%s has no field %v", o.shape.name, name)
	}
	got, err := f.cel.GetFrom(o)
	if err != nil {
		return types.NewErr("%v", err)
	}
	return got.(ref.Val)
}

// IsSet reports whether a field says something.
func (o *object) IsSet(name ref.Val) ref.Val {
	f, ok := o.field(name)
	if !ok {
		return types.NewErr("%s has no field %v", o.shape.name, name)
	}
	return types.Bool(f.cel.IsSet(o))
}

func (o *object) field(name ref.Val) (*shapeField, bool) {
	s, ok := name.(types.String)
	if !ok {
		return nil, false
	}
	f, ok := o.shape.fields[string(s)]
	return f, ok
}

// records are the records of one kind as a map of CEL, in the order of their
// ids: what an evaluation costs does not depend on chance.
type records struct {
	traits.Mapper
	keys []ref.Val
}

func (r *records) Iterator() traits.Iterator {
	return types.NewRefValList(types.DefaultTypeAdapter, r.keys).Iterator()
}
