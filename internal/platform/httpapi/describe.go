package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"sync"

	"hawker/internal/platform/schemadoc"
)

// The description is huma's, completed with what Go's types know and huma's
// schemas do not say: which members may be null, which words a type has, what an
// id looks like.

// valued is a type of few words: each of its values.
type valued interface{ Values() []string }

// exemplary is a type whose values look alike: one of them.
type exemplary interface{ Example() string }

const schemaRefs = "#/components/schemas/"

// OpenAPI is the description as JSON.
func (a *API) OpenAPI() ([]byte, error) { return a.described() }

// describe builds the description once; what is registered afterwards is not in it.
func (a *API) describe() ([]byte, error) {
	doc := a.huma.OpenAPI()
	raw, err := doc.MarshalJSON()
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(raw, &tree); err != nil {
		return nil, err
	}
	tree["servers"] = []any{map[string]any{"url": "/", "description": "This installation"}}
	tree["tags"] = a.tags()
	docs, err := schemadoc.Load()
	if err != nil {
		return nil, err
	}
	schemas := member(member(tree, "components"), "schemas")
	for name := range doc.Components.Schemas.Map() {
		t := doc.Components.Schemas.TypeFromRef(schemaRefs + name)
		complete(member(schemas, name), t, docs)
		addComment(member(schemas, name), t, docs)
	}
	for _, methods := range member(tree, "paths") {
		for _, op := range methods.(map[string]any) {
			addDefault(op.(map[string]any))
			addBodyComment(schemas, op.(map[string]any))
		}
	}
	return json.Marshal(tree)
}

// addComment describes a schema by the comment of its type.
func addComment(schema map[string]any, t reflect.Type, docs map[string]string) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || schema == nil || schema["description"] != nil {
		return
	}
	if text := docs[t.PkgPath()+"."+plain(t.Name())]; text != "" {
		schema["description"] = text
	}
}

// plain is a type's name without what it is a type of.
func plain(name string) string {
	name, _, _ = strings.Cut(name, "[")
	return name
}

// addBodyComment describes a body that has no type of its own by what takes it.
func addBodyComment(schemas, op map[string]any) {
	content := member(member(op, "requestBody"), "content")
	ref, _ := member(member(content, "application/json"), "schema")["$ref"].(string)
	schema := member(schemas, strings.TrimPrefix(ref, schemaRefs))
	summary, _ := op["summary"].(string)
	if schema != nil && schema["description"] == nil && summary != "" {
		schema["description"] = "What is sent to: " + summary
	}
}

// addDefault describes what every operation may answer besides: a problem.
func addDefault(op map[string]any) {
	member(op, "responses")["default"] = map[string]any{
		"description": "Any other refusal or failure; code says which",
		"content": map[string]any{problemType: map[string]any{"schema": map[string]any{"$ref": schemaRefs +
			"Problem"}}},
	}
}

func (a *API) tags() (out []any) {
	seen := map[string]bool{}
	for _, op := range a.ops {
		if op.tag != "" && !seen[op.tag] {
			seen[op.tag] = true
			out = append(out, map[string]any{"name": op.tag})
		}
	}
	return out
}

func member(tree map[string]any, name string) map[string]any {
	m, _ := tree[name].(map[string]any)
	return m
}

// complete adds to an object's schema what its Go type knows.
func complete(schema map[string]any, t reflect.Type, docs map[string]string) {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	properties := member(schema, "properties")
	if t == nil || t.Kind() != reflect.Struct || properties == nil {
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

// described answers the description, made when it is first asked for.
func (a *API) serveDescription() {
	a.described = sync.OnceValues(a.describe)
	a.Mount(Route{
		Pattern: Prefix + "/openapi.json", Methods: []string{http.MethodGet}, Access: Anyone,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, err := a.described()
			if err != nil {
				a.WriteProblem(w, r, err)
				return
			}
			w.Header().Set("Content-Type", "application/openapi+json")
			w.Header().Set("Cache-Control", "public, max-age=60")
			if _, err := w.Write(raw); err != nil {
				a.deps.Log.Debug("answer not written", "error", err)
			}
		}),
	})
}

// Section begins a part of the API: the operations that are registered next carry
// its name, or the one under which it is spoken of, as their tag.
func (a *API) Section(name string) { a.section = a.names.Module(name) }
