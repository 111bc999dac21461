package schemadoc

import (
	"reflect"
	"strings"
)

// valued is a type of few words: each of its values.
type valued interface{ Values() []string }

// exemplary is a type whose values look alike: one of them.
type exemplary interface{ Example() string }

// Complete adds to a schema of huma's what its Go type and that one's comments (Load) know
// and huma's do not say: which members may be null, which words a type has, what an id
// looks like, what a thing is.
func Complete(schema map[string]any, t reflect.Type, docs map[string]string) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || schema == nil {
		return
	}
	addMembers(schema, t, docs)
	if text := docs[t.PkgPath()+"."+plain(t.Name())]; text != "" && schema["description"] == nil {
		schema["description"] = text
	}
}

func member(tree map[string]any, name string) map[string]any {
	m, _ := tree[name].(map[string]any)
	return m
}

// plain is a type's name without what it is a type of.
func plain(name string) string {
	name, _, _ = strings.Cut(name, "[")
	return name
}

// addMembers completes the members of an object's schema.
func addMembers(schema map[string]any, t reflect.Type, docs map[string]string) {
	properties := member(schema, "properties")
	if t.Kind() != reflect.Struct || properties == nil {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if p := member(properties, name); p != nil && f.IsExported() {
			p = completed(p, f.Type)
			if text := docs[declarer(t, f.Index)+"."+name]; text != "" && p["description"] == nil {
				p["description"] = text
			}
			properties[name] = p
		}
	}
}

// declarer names the struct in which a field stands that may be promoted.
func declarer(t reflect.Type, index []int) string {
	for _, i := range index[:len(index)-1] {
		if t = t.Field(i).Type; t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
	}
	return t.PkgPath() + "." + plain(t.Name())
}

// completed is a member's schema with what its Go type knows.
func completed(p map[string]any, t reflect.Type) map[string]any {
	null := t.Kind() == reflect.Pointer
	if null {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		if items := member(p, "items"); items != nil {
			p["items"] = completed(items, t.Elem())
		}
	default:
		addWords(p, t)
	}
	if ref, isRef := p["$ref"]; isRef && null {
		delete(p, "$ref")
		p["anyOf"] = []any{map[string]any{"$ref": ref}, map[string]any{"type": "null"}}
	}
	return p
}

func addWords(p map[string]any, t reflect.Type) {
	v := reflect.Zero(t).Interface()
	if words, ok := v.(valued); ok && p["enum"] == nil {
		p["enum"] = words.Values()
	}
	if one, ok := v.(exemplary); ok && p["examples"] == nil {
		p["examples"] = []string{one.Example()}
	}
}
