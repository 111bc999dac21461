package httpapi_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// glaze is a word of few.
type glaze string

func (glaze) Values() []string { return []string{"blue", "white"} }

// bowl is what a potter shows.
type bowl struct {
	ID     id.Product  `json:"id"`
	Glaze  glaze       `json:"glaze"`
	Inside *glaze      `json:"inside"`
	Lid    *lid        `json:"lid"`
	Seen   []glaze     `json:"seen"`
	Made   []id.User   `json:"made_by"`
	Twin   *id.Product `json:"twin,omitempty"`
}

type lid struct {
	Knob string `json:"knob"`
}

type turn struct {
	httpapi.IdempotencyKey
	Body struct {
		Glaze glaze `json:"glaze"`
	}
}

type turns struct {
	httpapi.PageQuery
}

func pottery(t *testing.T, seen *[]string) *httpapi.API {
	t.Helper()
	p := people{id.FromInt[id.User](7)}
	a := httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}), Sign: p,
		Staff: p, Metrics: quiet{},
	})
	httpapi.Register(a, httpapi.Operation{
		ID: "bowl-create", Method: "POST", Path: "/bowls", Access: httpapi.Anyone, Status: 201,
	}, func(ctx context.Context, in *turn) (*httpapi.Body[bowl], error) {
		k, err := in.Once(ctx, "bowl-create", in.Body)
		*seen = append(*seen, k.Scope+"|"+k.Value+"|"+k.Hash)
		return httpapi.OK(bowl{}, err)
	})
	httpapi.Register(a, httpapi.Operation{ID: "bowl-list", Method: "GET", Path: "/bowls", Access: httpapi.Anyone},
		func(_ context.Context, in *turns) (*httpapi.Body[page.Page[bowl]], error) {
			return httpapi.OK(page.Cut(make([]bowl, in.Limit), in.Limit, func(bowl) any { return 1 }), nil)
		})
	return a
}

// What may be null, which words there are and what an id looks like stands in the
// description, from which clients are generated.
func TestTheDescriptionKnowsWhatTypesKnow(t *testing.T) {
	t.Parallel()
	a := pottery(t, &[]string{})
	raw, err := a.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage `json:"properties"`
				Required   []string                   `json:"required"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	for name, s := range doc.Components.Schemas {
		if strings.HasSuffix(name, "Bowl") {
			got = s.Properties
		}
	}
	for member, words := range map[string][]string{
		"glaze":   {`"enum":["blue","white"]`},
		"inside":  {`"blue"`, `"null"`},
		"lid":     {`"anyOf"`, `"null"`, `Lid`},
		"seen":    {`"items":{"enum":["blue","white"]`},
		"id":      {`"examples":["prd_`},
		"made_by": {`"examples":["usr_`},
		"twin":    {`prd_`},
	} {
		for _, w := range words {
			if !strings.Contains(string(got[member]), w) {
				t.Errorf("%s is described as %s, want %s", member, got[member], w)
			}
		}
	}
	if strings.Contains(string(got["seen"]), "null") {
		t.Errorf("a list is never null: %s", got["seen"])
	}
	if again, err := a.OpenAPI(); err != nil || string(again) != string(raw) {
		t.Error("it is described in another way each time")
	}
}

// A key names one intent of one caller: it is asked for, has a form, and two callers'
// keys never meet; a page has between one and fifty items.
func TestKeysAndPagesAtTheDoor(t *testing.T) {
	t.Parallel()
	var seen []string
	a := pottery(t, &seen)
	for key, status := range map[string]int{
		"": 422, "short": 422, "long enough": 422, "12345678": 201, "a.b:c-d_e": 201, strings.Repeat("x", 128): 201,
		strings.Repeat("x", 129): 422, "钥匙钥匙钥匙": 422, "semi;colon": 422,
	} {
		header := []string{"Idempotency-Key", key}
		if key == "" {
			header = nil
		}
		if w := call(a, "POST", "/bowls", `{"glaze":"blue"}`, header...); w.Code != status {
			t.Errorf("%.20q: %d %s, want %d", key, w.Code, w.Body, status)
		}
	}
	seen = nil
	same := []string{"Idempotency-Key", "12345678"}
	call(a, "POST", "/bowls", `{"glaze":"blue"}`, same...)
	call(a, "POST", "/bowls", ` { "glaze" : "blue" } `, same...) // the same content
	call(a, "POST", "/bowls", `{"glaze":"white"}`, same...)
	call(a, "POST", "/bowls", `{"glaze":"blue"}`, append(same, "Authorization", "Bearer good")...)
	if len(seen) != 4 || seen[0] != seen[1] || seen[0] == seen[2] || seen[0] == seen[3] {
		t.Errorf("the keys are %q", seen)
	}
	for query, items := range map[string]int{
		"": 20, "?limit=1": 1, "?limit=50": 50, "?limit=51": -1, "?limit=0": -1, "?limit=-1": -1, "?limit=x": -1,
		"?limit=1e9": -1, "?cursor=" + strings.Repeat("A", 513): -1, "?limit=3&unknown=1": 3,
	} {
		w := call(a, "GET", "/bowls"+query, "")
		var p struct{ Items []json.RawMessage }
		err := json.Unmarshal(w.Body.Bytes(), &p)
		if w.Code == 200 && (err != nil || len(p.Items) != items) || w.Code != 200 && items >= 0 || w.Code/100 == 5 {
			t.Errorf("%.30s: %d, %d items, want %d", query, w.Code, len(p.Items), items)
		}
	}
}
