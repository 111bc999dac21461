package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	mall := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	addr := strings.TrimPrefix(mall.URL, "http://")
	_, port, _ := strings.Cut(addr, ":")
	for _, listens := range []string{addr, ":" + port, "0.0.0.0:" + port} {
		if err := ask(listens); err != nil {
			t.Errorf("%s: %v", listens, err)
		}
	}
	status = http.StatusServiceUnavailable
	if err := ask(addr); err == nil {
		t.Error("a mall that is not ready is")
	}
	mall.Close()
	for _, listens := range []string{addr, "", "nonsense"} {
		if err := ask(listens); err == nil {
			t.Errorf("%q is ready", listens)
		}
	}
}
