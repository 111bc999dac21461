package app_test

import (
	"errors"
	"log/slog"
	"testing"

	"hawker/internal/app"
)

// A server seals with the key that it has: the key is changed without one only.
func TestAKeyIsNotChangedUnderAServer(t *testing.T) {
	t.Parallel()
	cfg := settings(t)
	log := slog.New(slog.DiscardHandler)
	a := open(t, cfg)
	if _, err := app.RotateKeys(t.Context(), cfg, log, app.Rotating{}); !errors.Is(err, app.ErrInUse) {
		t.Errorf("beside a server: %v", err)
	}
	closed(t, a)
	done, err := app.RotateKeys(t.Context(), cfg, log, app.Rotating{Remove: true})
	if err != nil || done.To == done.From || done.Aside != "" {
		t.Errorf("%+v, %v", done, err)
	}
	report, err := app.Doctor(t.Context(), cfg, log)
	if err != nil || !report.Healthy {
		t.Errorf("%v\n%s", err, report)
	}
	closed(t, open(t, cfg))
}
