package app_test

import (
	"log/slog"
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
	if len(brought) < 8 {
		t.Errorf("modules bring %v", brought)
	}
}
