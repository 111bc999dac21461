package app_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"hawker/internal/app"
)

// eventsDescribed is the description, and a compiler that knows it.
func eventsDescribed(t *testing.T) (tree map[string]any, c *jsonschema.Compiler) {
	t.Helper()
	raw, err := app.AsyncAPI(t.Context(), "hawker")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	tree = doc.(map[string]any)
	for _, s := range tree["components"].(map[string]any)["schemas"].(map[string]any) {
		s.(map[string]any)["additionalProperties"] = false // readers may, we do not
	}
	c = jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("https://hawker.test/asyncapi.json", tree); err != nil {
		t.Fatal(err)
	}
	return tree, c
}

// TestTheDescriptionOfEventsIsAsyncAPI holds it against the specification's own schema.
func TestTheDescriptionOfEventsIsAsyncAPI(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../platform/events/asyncapi/testdata/asyncapi-3.0.0.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(plain)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://hawker.test/3.0.0.json", schema); err != nil {
		t.Fatal(err)
	}
	spec, err := c.Compile("https://hawker.test/3.0.0.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, _ := eventsDescribed(t)
	if err := spec.Validate(doc); err != nil {
		t.Error(err)
	}
	doc["channels"].(map[string]any)["kafka"].(map[string]any)["address"] = 7
	if spec.Validate(doc) == nil {
		t.Error("an address that is a number passes: this proves nothing")
	}
}

// TestPublishedEventsKeepTheirForm holds every event that outsiders may read, with all
// its members, against its schema, and the guide's table against the declarations.
func TestPublishedEventsKeepTheirForm(t *testing.T) {
	t.Parallel()
	doc, c := eventsDescribed(t)
	messages := doc["components"].(map[string]any)["messages"].(map[string]any)
	a := open(t, settings(t))
	defer closed(t, a)
	var names []string
	for _, m := range a.Modules() {
		for _, e := range m.Published {
			names = append(names, e.EventName())
			full := reflect.New(reflect.TypeOf(e)).Elem()
			fill(t, full)
			message := messages["kafka."+e.EventName()].(map[string]any)
			pointer := message["payload"].(map[string]any)["$ref"].(string)
			schema, err := c.Compile("https://hawker.test/asyncapi.json" + pointer)
			if err != nil {
				t.Fatal(err)
			}
			raw, err := json.Marshal(full.Interface())
			if err != nil {
				t.Fatal(err)
			}
			v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s: %s: %v", e.EventName(), raw, err)
			}
		}
	}
	guide, err := os.ReadFile("../../docs/guides/events.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	outside := regexp.MustCompile("(?m)^\\| `([^`]+)` \\|.*\\| yes \\|$")
	for _, row := range outside.FindAllStringSubmatch(string(guide), -1) {
		told = append(told, row[1])
	}
	slices.Sort(names)
	slices.Sort(told)
	if !slices.Equal(names, told) {
		t.Errorf("published are %v, the guide says %v", names, told)
	}
}

// fill sets every member to something.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	if one, ok := v.Interface().(interface{ Example() string }); ok {
		if err := json.Unmarshal([]byte(`"`+one.Example()+`"`), v.Addr().Interface()); err != nil {
			t.Fatal(err)
		}
		return
	}
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 11, 30, 1, 2, 3, 4e6, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(t, f)
			} else if v.Type().Field(i).Anonymous { // what it promotes is set by its own name
				for _, p := range reflect.VisibleFields(f.Type()) {
					fill(t, v.FieldByName(p.Name))
				}
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.String:
		v.SetString("x")
	case reflect.Int64:
		v.SetInt(7)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("how is a %s filled?", v.Type())
	}
}

// TestPublishedEventsHoldNothingPersonal names what may not be in them. Who somebody is
// stands behind their id, for those who may ask.
func TestPublishedEventsHoldNothingPersonal(t *testing.T) {
	t.Parallel()
	never := []string{
		"address", "alias", "birth", "browser", "card", "city", "code", "email", "first_name", "full_name", "ip", "key",
		"last_name", "mail", "message", "mobile", "name", "nickname", "note", "password", "phone", "phone_number", "pin_code",
		"recipient", "remark", "secret", "session", "street", "text", "token", "user_agent", "zip",
	}
	doc, _ := eventsDescribed(t)
	for of, schema := range doc["components"].(map[string]any)["schemas"].(map[string]any) {
		members, _ := schema.(map[string]any)["properties"].(map[string]any)
		if len(members) == 0 {
			t.Errorf("%s has no members: this proves nothing", of)
		}
		for name := range maps.Keys(members) {
			if slices.Contains(never, strings.ToLower(name)) {
				t.Errorf("%s holds %s", of, name)
			}
		}
	}
}
