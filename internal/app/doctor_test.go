package app_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"slices"
	"testing"

	"hawker/internal/app"
)

// Doctor runs without modules: what one brings to be checked must be in its own list.
func TestDoctorRunsWhatModulesBring(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	a := open(t, cfg)
	var brought []string
	for _, m := range a.Modules() {
		for _, c := range m.Checks {
			brought = append(brought, c.Name)
		}
	}
	closed(t, a)
	report, err := app.Doctor(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var run []string
	for _, f := range report.Findings {
		run = append(run, f.Check)
		if !f.OK {
			t.Errorf("a new mall: %s: %v", f.Check, f.Details)
		}
	}
	for _, name := range brought {
		if !slices.Contains(run, name) {
			t.Errorf("doctor does not run %q", name)
		}
	}
	for _, lang := range []string{"zh-CN", "en"} {
		raw, err := os.ReadFile("../../web/apps/console/src/features/operator/locales/" + lang + ".json")
		var texts struct {
			Check map[string]struct{ Name, Wrong string } `json:"check"`
		}
		if err != nil || json.Unmarshal(raw, &texts) != nil {
			t.Fatal(err)
		}
		for _, f := range report.Findings {
			if said := texts.Check[f.Code]; f.Code == "" || said.Name == "" || said.Wrong == "" {
				t.Errorf("the console has no words in %s for %q (%s)", lang, f.Code, f.Check)
			}
		}
		if len(texts.Check) != len(report.Findings) {
			t.Errorf("%d checks have words in %s, %d are run: a code is there twice", len(texts.Check), lang,
				len(report.Findings))
		}
	}
	if len(brought) < 8 {
		t.Errorf("modules bring %v", brought)
	}
}
