package app_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"hawker/internal/app"
)

// described is one operation as the description has it.
type described struct {
	ID         string `json:"operationId"`
	Parameters []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"parameters"`
	Responses map[string]struct {
		Content map[string]struct {
			Schema struct {
				Ref string `json:"$ref"`
			} `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
}

func (d described) takes(name string) bool {
	for _, p := range d.Parameters {
		if p.Name == name {
			return true
		}
	}
	return false
}

// succeeds gives the statuses of success, and the schema of the first.
func (d described) succeeds() (statuses []string, schema string) {
	for status, r := range d.Responses {
		if strings.HasPrefix(status, "2") {
			statuses = append(statuses, status)
			schema = strings.TrimPrefix(r.Content["application/json"].Schema.Ref, "#/components/schemas/")
		}
	}
	return statuses, schema
}

// acts are the last words of operations that do more than list, get, create, update,
// set or delete.
func acts() []string {
	return strings.Fields(`adjust bid cancel claim complete confirm end enter follow kick like login logout notify pay pin
		publish quote read reauthenticate recover register remove requeue reset share ship show sign silence start stop
		unfollow unlike unpin unpublish verify`)
}

// TestOperationsKeepTheirHabits holds the API to one rule for each habit: docs/adr.
func TestOperationsKeepTheirHabits(t *testing.T) {
	t.Parallel()
	raw, err := app.OpenAPI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]described `json:"paths"`
		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Paths) < 80 {
		t.Fatalf("only %d paths are described", len(doc.Paths))
	}
	for _, methods := range doc.Paths {
		for method, op := range methods {
			statuses, schema := op.succeeds()
			if len(statuses) != 1 {
				t.Errorf("%s succeeds as %v", op.ID, statuses)
				continue
			}
			for _, fault := range bad(method, op, statuses[0], schema) {
				t.Errorf("%s: %s", op.ID, fault)
			}
			if _, cursor := doc.Components.Schemas[schema].Properties["next_cursor"]; cursor != op.takes("cursor") {
				t.Errorf("%s takes a cursor: %v, gives one: %v", op.ID, op.takes("cursor"), cursor)
			}
		}
	}
}

// bad lists what an operation does against the habits.
func bad(method string, op described, status, schema string) (out []string) {
	verb := op.ID[strings.LastIndexByte(op.ID, '-')+1:]
	methods := map[string][]string{
		"list": {"get"}, "get": {"get"}, "create": {"post"}, "update": {"patch"}, "set": {"put", "post"},
		"delete": {"delete"},
	}
	if want, known := methods[verb]; known && !slices.Contains(want, method) {
		out = append(out, method+" does not "+verb)
	} else if !known && !slices.Contains(acts(), verb) {
		out = append(out, verb+" is no verb of the API")
	}
	made := status == "201"
	switch method {
	case "delete":
		if status != "204" {
			out = append(out, "DELETE answers "+status+", not 204")
		}
	case "get":
		if status != "200" {
			out = append(out, "GET answers "+status+", not 200")
		}
	case "post":
		if verb == "create" && !made {
			out = append(out, "creates and answers "+status+", not 201")
		}
		if made && schema == "" {
			out = append(out, "creates and does not show the thing")
		}
		if made && !op.takes("Idempotency-Key") {
			out = append(out, "creates without a key")
		}
	default:
		if made {
			out = append(out, method+" answers 201")
		}
	}
	return out
}
