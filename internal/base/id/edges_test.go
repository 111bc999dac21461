package id_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
)

// A machine whose clock was never set would make the ids of its last start again.
func TestAClockThatWasNeverSetMakesNoIDs(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{time.Unix(0, 0), time.Date(2023, 12, 31, 23, 59, 59, 0, time.UTC), {}} {
		if _, err := id.NewGenerator(clock.NewManual(at), 0); err == nil {
			t.Errorf("ids are made in %s", at)
		}
	}
	for node, ok := range map[int]bool{-1: false, 0: true, id.NodeMax: true, id.NodeMax + 1: false} {
		_, err := id.NewGenerator(clock.NewManual(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)), node)
		if (err == nil) != ok {
			t.Errorf("node %d: %v", node, err)
		}
	}
}

// Ids of one node grow whatever its clock does, and those of two never meet.
func TestIDsGrowWhateverTheClockDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := clock.NewManual(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
		one, err := id.NewGenerator(c, rapid.IntRange(0, 511).Draw(rt, "one"))
		if err != nil {
			rt.Fatal(err)
		}
		other, err := id.NewGenerator(c, rapid.IntRange(512, id.NodeMax).Draw(rt, "other"))
		if err != nil {
			rt.Fatal(err)
		}
		seen, last := map[int64]bool{}, int64(0)
		for range rapid.IntRange(1, 50).Draw(rt, "steps") {
			c.Advance(time.Duration(rapid.Int64Range(-int64(time.Hour), int64(time.Hour)).Draw(rt, "step")))
			for range rapid.IntRange(1, 5).Draw(rt, "burst") {
				a, b := one.NextID(), other.NextID()
				if a <= last || seen[a] || seen[b] {
					rt.Fatalf("%d and %d after %d", a, b, last)
				}
				last, seen[a], seen[b] = a, true, true
			}
		}
	})
}

// Two kinds with one prefix would read each other's ids. The source is what names
// them all.
func TestEachKindHasAPrefixOfItsOwn(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "kinds.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		literal := fn.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit)
		prefix, err := strconv.Unquote(literal.Value)
		kind := fmt.Sprint(fn.Recv.List[0].Type)
		if err != nil || len(prefix) != 3 || strings.ToLower(prefix) != prefix || seen[prefix] != "" {
			t.Errorf("%s has the prefix %q, as %q has", kind, prefix, seen[prefix])
		}
		seen[prefix] = kind
	}
	if len(seen) < 30 {
		t.Errorf("%d kinds: this proves nothing", len(seen))
	}
}

// An id inside a body is text of its kind, "" for none, and nothing else.
func TestIDsInBodies(t *testing.T) {
	t.Parallel()
	type body struct {
		Order id.Order `json:"order"`
		Buyer id.User  `json:"buyer,omitzero"`
	}
	raw, err := json.Marshal(body{})
	if err != nil || string(raw) != `{"order":""}` {
		t.Errorf("none is %s, %v", raw, err)
	}
	for _, text := range []string{
		`{"order":7}`, `{"order":"usr_0000000000007"}`, `{"order":{}}`, `{"order":"ord_00000000000 7"}`,
		`{"order":"ord_000000000000I"}`, `{"order":"ORD_0000000000007"}`, `{"order":"ord_７"}`,
	} {
		var b body
		if err := json.Unmarshal([]byte(text), &b); err == nil {
			t.Errorf("%s was read as %s", text, b.Order)
		}
	}
	var b body
	if err := json.Unmarshal([]byte(`{"order":"ord_0000000000007","buyer":""}`), &b); err != nil || b.Order.Int() != 7 {
		t.Errorf("%+v, %v", b, err)
	}
	if err := json.Unmarshal([]byte(`{"order":""}`), &b); err != nil || !b.Order.IsZero() {
		t.Errorf("an id stays where none is said: %s, %v", b.Order, err)
	}
	if example := id.FromInt[id.Order](1).Example(); json.Unmarshal([]byte(`{"order":"`+example+`"}`), &b) != nil {
		t.Errorf("the example %s is no id", example)
	}
}

// What the database gives is a number or nothing.
func TestIDsInRows(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		stored any
		want   int64
		ok     bool
	}{
		{int64(7), 7, true},
		{nil, 0, true},
		{int64(0), 0, true},
		{"7", 0, false},
		{3.5, 0, false},
		{[]byte("7"), 0, false},
	} {
		o := id.FromInt[id.Order](1)
		err := o.Scan(c.stored)
		if (err == nil) != c.ok || c.ok && o.Int() != c.want {
			t.Errorf("%v is read as %d, %v", c.stored, o.Int(), err)
		}
	}
	if v, err := id.FromInt[id.Order](7).Value(); v != int64(7) || err != nil {
		t.Errorf("stored as %v, %v", v, err)
	}
}

// FuzzParse holds that whatever is read as an id is written the same.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"ord_0000000000007", "ord_7zzzzzzzzzzzz", "ord_", "", "ord_8000000000000",
		"ord_\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var o id.Order
		err := o.UnmarshalText([]byte(text))
		switch {
		case err == nil && o.String() != text:
			t.Errorf("%q became %q", text, o)
		case err == nil && text != "" && o.Int() <= 0:
			t.Errorf("%q is %d", text, o.Int())
		case err != nil && !errors.Is(err, id.ErrMalformed):
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestTokensAreNotGuessed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		token := id.Token()
		if len(token) < 26 || token != strings.ToLower(token) || seen[token] {
			t.Fatalf("%q came before or is short", token)
		}
		seen[token] = true
	}
}
