package httpapi

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"hawker/internal/platform/schemadoc"
)

// The description is huma's, completed with what Go's types and their comments say
// (schemadoc).

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
		schemadoc.Complete(member(schemas, name), t, docs)
	}
	for _, methods := range member(tree, "paths") {
		for _, op := range methods.(map[string]any) {
			addDefault(op.(map[string]any))
			addBodyComment(schemas, op.(map[string]any))
		}
	}
	return json.Marshal(tree)
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
