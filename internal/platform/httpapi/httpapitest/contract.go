package httpapitest

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Contract is the program's own description of its API, against which every answer
// that a test gets is held.
type Contract struct {
	compiler *jsonschema.Compiler
	paths    map[string]any

	mu      sync.Mutex
	schemas map[string]*jsonschema.Schema
	seen    map[string]bool // operations that have answered with success
}

const contractURL = "https://hawker.test/openapi.json"

// Answer is what a request got.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// NewContract reads a description.
func NewContract(raw []byte) (*Contract, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(contractURL, doc); err != nil {
		return nil, err
	}
	members, ok := doc.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("this is no description: %.200s", raw)
	}
	paths, _ := members["paths"].(map[string]any) // none: a module of routes alone
	return &Contract{compiler: c, paths: paths, schemas: map[string]*jsonschema.Schema{}, seen: map[string]bool{}}, nil
}

// Seen tells whether an operation has answered with success.
func (c *Contract) Seen(operation string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.seen[operation]
}

// find gives the operation that a request is for.
func (c *Contract) find(method, path string) (template string, op map[string]any) {
	path, _, _ = strings.Cut(path, "?")
	want := strings.Split(path, "/")
	best := -1
	for t, methods := range c.paths {
		found, ok := methods.(map[string]any)[strings.ToLower(method)].(map[string]any)
		fixed := matches(strings.Split(t, "/"), want)
		if ok && fixed > best {
			best, template, op = fixed, t, found
		}
	}
	return template, op
}

// matches counts the fixed segments of a template that fits, -1 for one that does not.
func matches(template, path []string) (fixed int) {
	if len(template) != len(path) {
		return -1
	}
	for i, s := range template {
		switch {
		case s == path[i]:
			fixed++
		case !strings.HasPrefix(s, "{"):
			return -1
		}
	}
	return fixed
}

// Check fails the test when an answer is not what the description says of it.
func (c *Contract) Check(t testing.TB, method, path string, a Answer) {
	t.Helper()
	template, op := c.find(method, path)
	if op == nil {
		return
	}
	id, _ := op["operationId"].(string)
	responses, _ := op["responses"].(map[string]any)
	status := fmt.Sprint(a.Status)
	described, ok := responses[status].(map[string]any)
	if !ok {
		if described, ok = responses["default"].(map[string]any); !ok {
			t.Errorf("%s answered %s, which its description does not know: %.300s", id, status, a.Body)
			return
		}
		status = "default"
	}
	if a.Status/100 == 2 {
		c.mu.Lock()
		c.seen[id] = true
		c.mu.Unlock()
	}
	content, _ := described["content"].(map[string]any)
	if len(content) == 0 {
		if len(a.Body) > 0 {
			t.Errorf("%s answered %s with a body, where none is described: %.300s", id, status, a.Body)
		}
		return
	}
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil || content[kind] == nil {
		t.Errorf("%s answered %s as %q, which is not described", id, status, a.Header.Get("Content-Type"))
		return
	}
	pointer := strings.Join([]string{
		"", "paths", escape(template), strings.ToLower(method), "responses", status, "content", escape(kind), "schema",
	}, "/")
	if err := c.validate(pointer, a.Body); err != nil {
		t.Errorf("%s answered %s with what is not described: %v\n%.600s", id, status, err, a.Body)
	}
}

// escape writes a key of a JSON pointer within an address.
func escape(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
}

func (c *Contract) validate(pointer string, body []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	schema := c.schemas[pointer]
	if schema == nil {
		var err error
		if schema, err = c.compiler.Compile(contractURL + "#" + pointer); err != nil {
			return err
		}
		c.schemas[pointer] = schema
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(v)
}
