package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"
	"time"
)

// in has temporary folders lie in one of the test's, and the fake in a mood.
func in(t *testing.T, mood string) (temp string) {
	t.Helper()
	temp = t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv(fakeVariable, mood)
	return temp
}

func empty(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A run measures what the server does and nothing of it is guessed: of twenty in a
// rush of two hundred, twenty are sold and the others refused. Each figure is there
// once, in the table and in JSON, and nothing stays behind.
func TestAShopIsMeasured(t *testing.T) {
	temp := in(t, "")
	var table bytes.Buffer
	figures, err := Run(t.Context(), Options{Areas: []string{"shop"}, Window: 30 * time.Millisecond, Out: &table})
	if err != nil {
		t.Fatal(err)
	}
	empty(t, temp)
	got := map[string]float64{}
	for _, f := range figures {
		if _, twice := got[f.Name]; twice || f.Area != "shop" || f.Unit == "" {
			t.Errorf("%+v", f)
		}
		got[f.Name] = f.Value
		if strings.Count(table.String(), f.Name) != 1 {
			t.Errorf("%q is not once in the table", f.Name)
		}
	}
	for name, want := range map[string]float64{
		"rush of 200 for 20: sold": 20, "rush: clean refusals": 180, "rush: anything else": 0,
	} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s: %v, want %v", name, v, want)
		}
	}
	for _, name := range []string{"product list: p99", "rush: attempts", "product detail: requests a CPU second"} {
		if got[name] <= 0 {
			t.Errorf("%s: %v", name, got[name])
		}
	}
	var out bytes.Buffer
	var read []Figure
	if err := Print(&out, figures); err != nil || json.Unmarshal(out.Bytes(), &read) != nil ||
		len(read) != len(figures) {
		t.Errorf("%v: %s", err, &out)
	}
}

// What ends a run is said with its area, whatever it was, what was measured before is
// given all the same, and no folder and no server stays.
func TestARunThatEndsEarly(t *testing.T) {
	for mood, c := range map[string]struct {
		areas []string
		word  string
	}{
		"no demo":   {[]string{"shop"}, "the shelf fell"},
		"ends":      {[]string{"chat"}, "the server ended"},
		"no orders": {[]string{"shop"}, "/orders answered 500"},
		"":          {[]string{"shop", "tea"}, "no such area"},
	} {
		temp := in(t, mood)
		figures, err := Run(t.Context(), Options{Areas: c.areas, Window: time.Millisecond})
		if err == nil || !strings.Contains(err.Error(), c.word) || !strings.Contains(err.Error(),
			c.areas[len(c.areas)-1]) {
			t.Errorf("%q: %v, want a word of %q", mood, err, c.word)
		}
		if (len(figures) > 0) != (mood == "no orders") {
			t.Errorf("%q: %d figures", mood, len(figures))
		}
		empty(t, temp)
	}
}

// Who gives up while the server starts is let go at once, and the server with them.
func TestGivingUpWhileTheServerStarts(t *testing.T) {
	temp := in(t, "deaf")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := Run(ctx, Options{Areas: []string{"live"}}); err == nil || ctx.Err() == nil {
		t.Errorf("%v", err)
	}
	empty(t, temp)
}

// A figure that could not be taken is null, and costs no other one.
func TestAFigureThatCouldNotBeTaken(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := Print(&out, []Figure{
		{Area: "shop", Name: "a", Value: 1.5, Unit: "ms", Goal: "≤ 2"},
		{Area: "shop", Name: "b", Value: math.Inf(1), Unit: "1/CPU s", Goal: ""},
		{Area: "live", Name: "c", Value: math.NaN(), Unit: "", Goal: ""},
		{Area: "live", Name: "d", Value: 0, Unit: "s", Goal: ""},
	})
	var read []struct {
		Area, Name, Unit, Goal string
		Value                  *float64
	}
	if err != nil || json.Unmarshal(out.Bytes(), &read) != nil || len(read) != 4 {
		t.Fatalf("%v: %s", err, &out)
	}
	if *read[0].Value != 1.5 || read[0].Goal != "≤ 2" || read[1].Value != nil || read[2].Value != nil ||
		read[3].Value == nil || *read[3].Value != 0 || read[1].Name != "b" || strings.Contains(out.String(),
		`"goal": ""`) {
		t.Errorf("%s", &out)
	}
}

// An idle server is waited for and costs what its threads ran; beside itself it is worth
// about one, and what cannot be compared is left out.
func TestAnIdleServerBesideItself(t *testing.T) {
	temp := in(t, "")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	figures, err := Run(t.Context(), Options{
		Areas: []string{"idle"}, Window: 20 * time.Millisecond, Out: &table, Beside: self,
	})
	if err != nil {
		t.Fatal(err)
	}
	empty(t, temp)
	units := map[string]int{}
	for _, f := range figures {
		units[f.Unit]++
		if f.Area != "idle" || f.Value < 0 {
			t.Errorf("%+v", f)
		}
	}
	if units["ms/min"] != 1 || units["bytes/min"] != 1 {
		t.Errorf("figures: %v", figures)
	}
}

// TestFiguresBesideAnothers takes ratios of what both have, in the same unit.
func TestFiguresBesideAnothers(t *testing.T) {
	b := &Bench{figures: []Figure{
		{Area: "shop", Name: "list", Value: 3, Unit: "ms"},
		{Area: "shop", Name: "rows", Value: 3, Unit: "rows"},
		{Area: "shop", Name: "new", Value: 3, Unit: "ms"},
		{Area: "live", Name: "list", Value: 3, Unit: "ms"},
		{Area: "shop", Name: "none", Value: 3, Unit: "ms"},
	}}
	b.compare("shop", []Figure{
		{Area: "shop", Name: "list", Value: 6, Unit: "ms"},
		{Area: "shop", Name: "rows", Value: 6, Unit: "lines"},
		{Area: "live", Name: "list", Value: 6, Unit: "ms"},
		{Area: "shop", Name: "none", Value: 0, Unit: "ms"},
	})
	got := b.figures[5:]
	if len(got) != 1 || got[0] != (Figure{Area: "shop", Name: "list", Value: 0.5, Unit: "× beside"}) {
		t.Errorf("ratios: %+v", got)
	}
}
