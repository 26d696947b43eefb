package wardbook

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A Ref is a typed reference to a record. In JSON it is the id as a string;
// the kind follows from the field. The zero value refers to nothing. The
// store keeps references as links and refuses one to a record that is not
// there.
type Ref[T Record] struct{ ID string }

// MarshalText gives the id.
func (r Ref[T]) MarshalText() ([]byte, error) { return []byte(r.ID), nil }

// UnmarshalText takes the id.
func (r *Ref[T]) UnmarshalText(b []byte) error { r.ID = string(b); return nil }

// IsZero reports whether r refers to nothing.
func (r Ref[T]) IsZero() bool { return r.ID == "" }

func (r Ref[T]) target() (kind, id string) {
	var zero T
	return zero.RecordKind(), r.ID
}

// A Link says that a record refers to another, and with which of its fields.
type Link struct {
	Path string `json:"path"` // JSON pointer of the field
	Kind string `json:"kind"` // of the record referred to
	ID   string `json:"id"`
}

// Links returns all references in r in the order of their paths' text, empty
// ones left out. It looks into structs, slices, arrays, maps and pointers, 64
// deep.
func Links(r Record) ([]Link, error) {
	var links []Link
	if err := walkLinks(reflect.ValueOf(r), "", 0, &links); err != nil {
		return nil, fmt.Errorf("references of %s: %w", r.RecordKind(), err)
	}
	slices.SortFunc(links, func(a, b Link) int { return strings.Compare(a.Path, b.Path) })
	return links, nil
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

func walkLinks(v reflect.Value, path string, depth int, links *[]Link) error {
	if depth > 64 {
		return fmt.Errorf("%s: nested too deep", path)
	}
	if !v.IsValid() {
		return nil
	}
	if v.Kind() == reflect.Struct && v.CanInterface() {
		if ref, ok := v.Interface().(interface{ target() (string, string) }); ok {
			if kind, id := ref.target(); id != "" {
				*links = append(*links, Link{Path: path, Kind: kind, ID: id})
			}
			return nil
		}
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return walkLinks(v.Elem(), path, depth+1, links)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := walkLinks(v.Index(i), path+"/"+strconv.Itoa(i), depth+1, links); err != nil {
				return err
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			name := pointerEscape.Replace(fmt.Sprint(it.Key().Interface()))
			if err := walkLinks(it.Value(), path+"/"+name, depth+1, links); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "-" {
				continue
			}
			at := path
			if name == "" {
				name = f.Name
			}
			if !f.Anonymous || f.Tag.Get("json") != "" {
				at += "/" + pointerEscape.Replace(name)
			}
			if err := walkLinks(v.Field(i), at, depth+1, links); err != nil {
				return err
			}
		}
	}
	return nil
}
