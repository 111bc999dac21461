package telemetry_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"hawker/internal/platform/telemetry"
)

func shown(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	rw := httptest.NewRecorder()
	m.Handler().ServeHTTP(rw, httptest.NewRequest("GET", "/metrics", nil))
	if rw.Code != 200 {
		t.Fatalf("the figures answer %d: %s", rw.Code, rw.Body)
	}
	return rw.Body.String()
}

func TestRequestsAreCountedByOperationAndClass(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	for _, r := range []struct {
		operation string
		status    int
	}{
		{"order-place", 201},
		{"order-place", 200},
		{"order-place", 409},
		{"order-place", 503},
		{"", 404},
		{"socket", 101},
		{"hijacked", 0},
		{"odd", 999},
	} {
		m.ObserveRequest(r.operation, r.status, 0.002)
	}
	got := shown(t, m)
	for _, want := range []string{
		`hawker_http_request_seconds_count{operation="order-place",status="2xx"} 2`,
		`hawker_http_request_seconds_count{operation="order-place",status="4xx"} 1`,
		`hawker_http_request_seconds_count{operation="order-place",status="5xx"} 1`,
		`hawker_http_request_seconds_count{operation="",status="4xx"} 1`,
		`hawker_http_request_seconds_count{operation="socket",status="1xx"} 1`,
		`hawker_http_request_seconds_count{operation="hijacked",status="2xx"} 1`,
		`hawker_http_request_seconds_count{operation="odd",status="2xx"} 1`,
		`hawker_http_request_seconds_bucket{operation="order-place",status="2xx",le="0.001"} 0`,
		`hawker_http_request_seconds_bucket{operation="order-place",status="2xx",le="0.003"} 2`,
		"go_goroutines ", "process_resident_memory_bytes ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not shown", want)
		}
	}
}

// A figure is read when it is asked for, and what is gone is shown no more.
func TestFiguresAreReadWhenAskedFor(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	depth, streams := 1.0, []telemetry.Row{{0, "rom_a", 25}, {1, "rom_a", 2}, {0, "rom_b", 30}}
	m.Gauge("hawker_depth", "How deep.", func() float64 { return depth })
	m.Table("stream", []telemetry.Figure{{"hawker_fps", "Frames."}, {"hawker_readers", "Readers."}},
		func() []telemetry.Row { return streams })
	got := shown(t, m)
	for _, want := range []string{
		"# HELP hawker_depth How deep.\n", "hawker_depth 1\n", `hawker_fps{stream="rom_a"} 25`,
		`hawker_readers{stream="rom_a"} 2`, `hawker_fps{stream="rom_b"} 30`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not shown", want)
		}
	}
	depth, streams = 7, streams[2:]
	got = shown(t, m)
	if !strings.Contains(got, "hawker_depth 7\n") || strings.Contains(got, "rom_a") || !strings.Contains(got, "rom_b") {
		t.Errorf("after a change:\n%s", got)
	}
}

func TestALogSpeaksAsItWasTold(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log, err := telemetry.NewLog(&out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	log.Info("quiet")
	log.Warn("loud", "order", "ord_1")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if line["msg"] != "loud" || line["order"] != "ord_1" || line["level"] != "WARN" {
		t.Errorf("the line is %v", line)
	}
	out.Reset()
	if log, err = telemetry.NewLog(&out, "DEBUG", "text"); err != nil {
		t.Fatal(err)
	}
	log.Debug("seen")
	if got := out.String(); !strings.Contains(got, "level=DEBUG msg=seen") {
		t.Errorf("in text: %s", got)
	}
	for _, c := range []struct{ level, format, want string }{
		{"loud", "text", "log.level"}, {"info", "xml", "log.format"}, {"", "text", "log.level"},
	} {
		if _, err := telemetry.NewLog(&out, c.level, c.format); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q as %q: %v, want a word about %s", c.level, c.format, err, c.want)
		}
	}
}
