package cluster_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hawker/test/kit"
)

// balanced stands in front of nodes as nginx does by itself: it knows no probe, and asks the next
// one only when a connection is refused.
func balanced(t *testing.T, nodes ...*kit.Mall) *kit.Mall {
	t.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/nginx"); err != nil {
			t.Skip("nginx is not installed (Debian: nginx-light)")
		}
	}
	dir, at := t.TempDir(), kit.FreePort(t)
	var servers strings.Builder
	for _, m := range nodes {
		fmt.Fprintf(&servers, "server %s max_fails=0;", strings.TrimPrefix(m.URL, "http://"))
	}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	conf := fmt.Sprintf(`daemon off; worker_processes 1; pid %[1]s/pid; error_log %[1]s/error.log; %[4]s
events { worker_connections 512; }
http {
	access_log off; client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	upstream mall { %[2]s keepalive 32; }
	server {
		listen %[3]s;
		location / { proxy_pass http://mall; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
			proxy_next_upstream error; }
	}
}`, dir, servers.String(), at, user)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	})
	front := nodes[0].At(t, "http://"+at)
	front.Eventually("nginx answers", func() bool { return front.Visitor().Fetch("/healthz").Status == http.StatusOK })
	return front
}

// TestAnUpgradeRefusesNobody: each node in turn is stopped and started again, as an upgrade does,
// while people look and buy through a proxy. No request is refused, no order is lost, an open page
// hears on.
func TestAnUpgradeRefusesNobody(t *testing.T) {
	a, b := nodes(t, "HAWKER_NODE_DRAIN=2s")
	front := balanced(t, a, b)
	host, shopper := a.SignIn("merchant"), a.SignIn("shopper")
	sku := host.Find(t, mug).SKUs[0]
	host.Post("/merchant/"+host.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta": 100_000, "reason": "for all",
	}).Want(t, http.StatusOK)
	s := shopping(t, sku.ID, front.As(shopper), front.As(shopper), front.As(shopper))
	looks := make(chan error, 1)
	stop := make(chan struct{})
	go func() {
		defer close(looks)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if got := front.Visitor().Fetch("/api/v1/products"); got.Status != http.StatusOK {
				looks <- fmt.Errorf("look %d: %d %w %s", n, got.Status, got.Err, got.Body)
				return
			}
		}
	}()
	for _, m := range []*kit.Mall{a, b} {
		before := s.placed.Load()
		m.Eventually("people buy", func() bool { return s.placed.Load() > before+5 })
		m.Stop()
		m.Boot()
	}
	close(stop)
	if err := <-looks; err != nil {
		t.Error(err)
	}
	if n := s.refused.Load(); n > 0 {
		t.Errorf("%d orders were refused, %d placed", n, s.placed.Load())
	}
	s.end(t, shopper)
	a.Doctor()
}
