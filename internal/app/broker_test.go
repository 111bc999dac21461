package app_test

import (
	"log/slog"
	"strings"
	"testing"

	"hawker/internal/app"
	"hawker/internal/base/clock"
)

// A mall whose broker is away opens, answers and stops; an address that can be none is
// refused before, without what it holds.
func TestABrokerThatIsAway(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"amqp://user:secret@127.0.0.1:1/", "kafka://127.0.0.1:1"} {
		cfg := settings(t)
		cfg.Broker.URL = url
		a := open(t, cfg)
		stop := run(t, a)
		if status, text := get(t, "http://"+a.HTTPAddr()+"/readyz"); status != 200 {
			t.Errorf("%s: answered %d %s", url, status, text)
		}
		if err := stop(); err != nil {
			t.Errorf("%s: %v", url, err)
		}
		closed(t, a)
	}
	cfg := settings(t)
	cfg.Broker.URL = "amqp://user:secret@127.0.0.1:5672/%2F/mall?heartbeat=soon"
	_, err := app.Open(t.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}})
	if err == nil || !strings.Contains(err.Error(), "broker.url") || strings.Contains(err.Error(), "secret") {
		t.Errorf("opened with an address that is none: %v", err)
	}
}
