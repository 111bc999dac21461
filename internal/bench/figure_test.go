package bench

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A figure says what it is a ratio to and how far its repeats lie apart, in the table and in JSON; what it was not
// compared with it does not mention.
func TestAFigureSaysItsRatioAndItsSpread(t *testing.T) {
	t.Parallel()
	f := Figure{Area: "shop", Name: "order", Unit: "ms", Goal: "≤ 2"}.repeated([]float64{6, 4, 5}).of(2, "its floor")
	if f.Value != 5 || f.Ratio != 2.5 || f.Spread != 0.2 {
		t.Errorf("%+v", f)
	}
	for _, part := range []string{"order", "5.00 ms", "±20 %", "2.50 × its floor", "(≤ 2)"} {
		if !strings.Contains(f.String(), part) {
			t.Errorf("%q lacks %q", f, part)
		}
	}
	for want, f := range map[string]Figure{
		`{"area":"shop","name":"order","value":5,"unit":"ms","goal":"≤ 2","ratio":2.5,"to":"its floor","spread":0.2}`: f,
		`{"area":"a","name":"n","value":1,"unit":"u"}`:                                                                {Area: "a", Name: "n", Value: 1, Unit: "u"},
		`{"area":"a","name":"n","value":0,"unit":"u","to":"nothing"}`: {
			Area: "a", Name: "n", Unit: "u", To: "nothing", Ratio: math.NaN(),
		},
	} {
		if raw, err := json.Marshal(f); err != nil || string(raw) != want {
			t.Errorf("%s, %v; want %s", raw, err, want)
		}
	}
	if once := f.repeated([]float64{3}); once.Value != 3 || once.Spread != f.Spread {
		t.Errorf("taken once: %+v", once)
	}
}

// No two askings are spelled alike, and all mean the same place.
func TestACursorInEverOtherSpellings(t *testing.T) {
	t.Parallel()
	v := view{path: "/products?sort=sold", cursor: noProduct, asked: &atomic.Int64{}}
	seen := map[string]bool{}
	for range 500 {
		u, err := url.Parse(v.spelled())
		if err != nil || seen[u.String()] || u.Query().Get("sort") != "sold" {
			t.Fatalf("%s, %v", u, err)
		}
		seen[u.String()] = true
		raw, err := base64.RawURLEncoding.DecodeString(u.Query().Get("cursor"))
		if err != nil {
			t.Fatal(err)
		}
		var place struct {
			K int64
			I string
		}
		if err := json.Unmarshal(raw, &place); err != nil || place.K != 0 || place.I != "" {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if v.cursor = ""; v.spelled() != v.path {
		t.Error("a list without a cursor got one")
	}
}

// Every list is measured in both malls, and the large one's stands beside the small one's.
func TestListsAreMeasured(t *testing.T) {
	in(t, "")
	figures, err := Run(t.Context(), Options{Areas: []string{"large"}, Window: time.Millisecond, Large: smallMall()})
	if err != nil {
		t.Fatal(err)
	}
	small, beside := 0, 0
	for _, f := range figures {
		switch {
		case f.Area != "large" || f.Unit != "ms CPU":
			t.Errorf("%+v", f)
		case strings.HasPrefix(f.Name, "small: "):
			small++
		case f.To == "small" && f.Goal != "":
			beside++
		}
	}
	if small != beside || small < 30 {
		t.Errorf("%d of the small mall, %d beside them, of %d", small, beside, len(figures))
	}
}
