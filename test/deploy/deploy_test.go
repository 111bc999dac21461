// Package deploy_test holds what lies in deploy/ to the tools that will read it: Docker's
// own parser and linter, Compose's loader, Helm's engine and linter with Kubernetes' types, Prometheus' and
// Alertmanager's, systemd's. It is a module of its own, so that nothing of them comes near
// the program.
package deploy_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

const (
	root        = "../.."
	token       = "figures"
	startWithin = 2 * time.Minute // a limit, not a figure
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func free(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// mall starts the built program with its demo room on air and gives its address.
func mall(t *testing.T) string {
	t.Helper()
	program := os.Getenv("HAWKER_TEST_BINARY")
	if program == "" {
		t.Fatal("HAWKER_TEST_BINARY names no program: run by make check-deploy")
	}
	dir, addr := t.TempDir(), free(t)
	pass, backups := filepath.Join(dir, "pass"), filepath.Join(dir, "backups")
	if err := os.WriteFile(pass, []byte("a passphrase for a test"), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "serve", "--demo")
	cmd.Env = append(os.Environ(), "HAWKER_DATA="+filepath.Join(dir, "data"), "HAWKER_HTTP="+addr,
		"HAWKER_RTMP="+free(t), "HAWKER_PAYMENT_SANDBOX_ADDR="+free(t), "HAWKER_METRICS_TOKEN="+token,
		"HAWKER_BACKUP_TO="+backups, "HAWKER_BACKUP_PASSPHRASE_FILE="+pass)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			raw, _ := os.ReadFile(log.Name())
			t.Errorf("the program: %v\n%s", err, raw)
		}
		log.Close()
	})
	return "http://" + addr
}

// figures are the names of all figures of a running mall, once a stream is on air.
func figures(t *testing.T, mall string) map[string]bool {
	t.Helper()
	names := map[string]bool{"up": true} // Prometheus' own
	eventually(t, "a stream is on air", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, mall+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(get(t, req), -1) {
			names[m[1]] = true
		}
		return names["hawker_stream_bits_per_second"] && names["hawker_http_request_seconds_count"]
	})
	return names
}

// get is "" while nobody answers.
func get(t *testing.T, req *http.Request) string {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline, tick := time.After(startWithin), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}
