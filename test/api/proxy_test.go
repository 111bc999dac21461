package api_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/test/kit"
)

// certificate writes one of the test's own.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	who := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, who, who, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: raw},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// program finds one of the machine's.
func program(t *testing.T, name string, files ...string) string {
	t.Helper()
	for _, p := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(p); err == nil {
			for _, f := range files {
				if _, err := os.Stat(f); err != nil {
					t.Skipf("%s has no %s here", name, f)
				}
			}
			return found
		}
	}
	t.Skipf("no %s on this machine", name)
	return ""
}

// shipped is a configuration of deploy/ with some of its texts replaced, each of which
// it must have.
func shipped(t *testing.T, name string, replaced map[string]string) string {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var pairs []string
	for from, to := range replaced {
		if !strings.Contains(string(raw), from) {
			t.Errorf("%s has no %q", name, from)
		}
		pairs = append(pairs, from, to)
	}
	file := filepath.Join(t.TempDir(), name)
	text := strings.NewReplacer(pairs...).Replace(string(raw))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// front runs a proxy until the test ends.
func front(t *testing.T, path string, env []string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was told to go
		if t.Failed() {
			t.Logf("the proxy: %s", said.String())
		}
	})
}

// behind starts a mall that is reached by a proxy at an address.
func behind(t *testing.T, addr string) *kit.Mall {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return kit.Start(t, "HAWKER_PUBLIC_URL=https://localhost:"+port, "HAWKER_TRUSTED_PROXIES=127.0.0.1/32")
}

// works walks what a proxy has to let through: pages, sockets, uploads in pieces.
func works(t *testing.T, m *kit.Mall, addr string) {
	t.Helper()
	trust := &tls.Config{InsecureSkipVerify: true, ServerName: "localhost"}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	shopper := m.SignIn("shopper")
	do := func(method, path string, body []byte, header ...string) *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, "https://"+addr+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Host = "localhost"
		req.Header.Set("Authorization", "Bearer "+shopper.Token)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	m.Eventually("the proxy answers", func() bool {
		conn, err := tls.Dial("tcp", addr, trust)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	page := do("GET", "/", nil)
	if page.StatusCode != http.StatusOK || !strings.HasPrefix(page.Header.Get("Strict-Transport-Security"), "max-age") {
		t.Errorf("the page: %d %v", page.StatusCode, page.Header)
	}
	const tus, half = "1.0.0", 300 << 10
	made := do("POST", "/api/v1/uploads", nil, "Tus-Resumable", tus, "Upload-Length", fmt.Sprint(2*half))
	at := made.Header.Get("Location")
	if i := strings.Index(at, "/api/"); made.StatusCode == http.StatusCreated && i >= 0 {
		at = at[i:]
	} else {
		t.Fatalf("an upload: %d at %q", made.StatusCode, at)
	}
	for n := range 2 {
		sent := do("PATCH", at, make([]byte, half), "Tus-Resumable", tus, "Upload-Offset", fmt.Sprint(n*half),
			"Content-Type", "application/offset+octet-stream")
		if sent.StatusCode != http.StatusNoContent || sent.Header.Get("Upload-Offset") != fmt.Sprint((n+1)*half) {
			t.Errorf("piece %d: %d, %s have come", n, sent.StatusCode, sent.Header.Get("Upload-Offset"))
		}
	}
	secureSocket(t, addr, trust, shopper.Token)
}

// secureSocket opens one through the proxy and hears something.
func secureSocket(t *testing.T, addr string, trust *tls.Config, token string) {
	t.Helper()
	one := trust.Clone()
	one.NextProtos = []string{"http/1.1"}
	conn, err := tls.Dial("tcp", addr, one)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Authorization: Bearer %s\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		token)
	head := make([]byte, len("HTTP/1.1 101"))
	if _, err := io.ReadFull(conn, head); err != nil || string(head) != "HTTP/1.1 101" {
		t.Errorf("a socket: %q, %v", head, err)
	}
}

// encoder shakes hands as an encoder does.
func encoder(t *testing.T, m *kit.Mall, dial func() (net.Conn, error)) {
	t.Helper()
	m.Eventually("an encoder is heard", func() bool {
		conn, err := dial()
		if err != nil {
			return false
		}
		defer conn.Close()
		hello := make([]byte, 1537)
		hello[0] = 3
		answer := make([]byte, 1)
		if err = conn.SetDeadline(time.Now().Add(10 * time.Second)); err == nil {
			_, err = conn.Write(hello)
		}
		if err == nil {
			_, err = io.ReadFull(conn, answer)
		}
		return err == nil && answer[0] == 3
	})
}

func TestNginxInFront(t *testing.T) {
	const modules = "/usr/lib/nginx/modules"
	nginx := program(t, "nginx", modules+"/ngx_stream_module.so")
	web, rtmp, rtmps := port(t), port(t), port(t)
	m := behind(t, web)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "logs"), 0o700); err != nil {
		t.Fatal(err)
	}
	cert, key := certificate(t, dir)
	user := ""
	if os.Getuid() == 0 {
		user = "user root;"
	}
	front(t, nginx, nil, "-p", dir, "-e", filepath.Join(dir, "logs", "error.log"), "-c", shipped(t, "nginx-mall.conf",
		map[string]string{
			"modules/ngx": modules + "/ngx", "user www-data;": user, "worker_processes auto;": "worker_processes 1;\ndaemon off;",
			"/run/nginx.pid": filepath.Join(dir, "nginx.pid"), "/var/log/nginx/": dir + "/", "127.0.0.1:8080": m.URL[len("http://"):],
			"0.0.0.0:80;": port(t) + ";", "0.0.0.0:443": web, "0.0.0.0:1935": rtmp, "0.0.0.0:1936": rtmps,
			// Not every machine that tests speaks IPv6.
			"listen [::]:80;": "", "listen [::]:443 ssl http2;": "", "listen [::]:1935;": "", "listen [::]:1936 ssl;": "",
			"127.0.0.1:19350": m.RTMP, "/etc/ssl/shop.example.pem": cert, "/etc/ssl/shop.example.key": key,
		}))
	works(t, m, web)
	encoder(t, m, func() (net.Conn, error) { return net.Dial("tcp", rtmp) })
	encoder(t, m, func() (net.Conn, error) {
		return tls.Dial("tcp", rtmps,
			&tls.Config{InsecureSkipVerify: true})
	})
}

func TestCaddyInFront(t *testing.T) {
	caddy := program(t, "caddy")
	web := port(t)
	m := behind(t, web)
	home := t.TempDir()
	cert, key := certificate(t, home)
	_, number, err := net.SplitHostPort(web)
	if err != nil {
		t.Fatal(err)
	}
	front(t, caddy, []string{"HOME=" + home, "XDG_DATA_HOME=" + home, "XDG_CONFIG_HOME=" + home}, "run", "--adapter",
		"caddyfile", "--config", shipped(t, "Caddyfile", map[string]string{
			"\nshop.example {": "\n{\n\tadmin off\n\tauto_https disable_redirects\n}\nlocalhost:" + number +
				" {\n\tbind 127.0.0.1\n" +
				"\ttls " + cert + " " + key,
			"127.0.0.1:8080": m.URL[len("http://"):],
		}))
	works(t, m, web)
}
