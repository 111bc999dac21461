package certs_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/certs"
	"hawker/internal/platform/certs/certstest"
)

const domain = "shop.example"

// A mall that has nothing but its name gets a certificate by itself from a real
// authority, keeps it over a restart, and shows nobody else one.
func TestACertificateIsAskedFor(t *testing.T) {
	t.Parallel()
	secure, plain := listen(t), listen(t)
	ca := certstest.StartAuthority(t, plain.Addr().(*net.TCPAddr).Port, secure.Addr().(*net.TCPAddr).Port)
	log := certstest.NewLog()
	o := certs.Options{
		Clock: clock.Real{}, Log: log.Logger(), Domains: []string{domain}, Folder: t.TempDir(),
		Directory: ca.Directory, RootFile: ca.RootFile, HTTPS: secure.Addr().String(), HTTP: plain.Addr().String(),
	}
	stop := serve(t, o, secure, plain)
	first := eventually(t, log, ca, secure.Addr().String())
	if err := first.VerifyHostname(domain); err != nil || first.Issuer.CommonName == "" {
		t.Errorf("%v, issued by %q", err, first.Issuer.CommonName)
	}
	if _, err := handshake(t, secure.Addr().String(), "elsewhere.example", nil); err == nil {
		t.Error("a name that is not ours has a certificate")
	}
	for _, key := range keys(t, o.Folder) {
		if info, err := os.Stat(key); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", filepath.Base(key), info.Mode(), err)
		}
	}
	stop()
	again := listen(t)
	defer serve(t, o, again, listen(t))()
	if second := eventually(t, log, ca, again.Addr().String()); !second.Equal(first) {
		t.Error("a restart asks for another certificate")
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

// serve answers on both ports until stop is called.
func serve(t *testing.T, o certs.Options, secure, plain net.Listener) (stop func()) {
	t.Helper()
	c, err := certs.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) })
	s := &http.Server{Handler: page, TLSConfig: c.TLS(), ReadHeaderTimeout: time.Minute}
	p := &http.Server{Handler: c.Challenge(http.NotFoundHandler()), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.ServeTLS(secure, "", "") }()
	go func() { _ = p.Serve(plain) }()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		_, _ = s.Close(), p.Close()
	}
}

func handshake(t *testing.T, addr, name string, roots *x509.CertPool) (*x509.Certificate, error) {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: roots, InsecureSkipVerify: roots == nil}}
	c, err := d.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// eventually waits until the server shows a certificate.
func eventually(t *testing.T, log *certstest.Log, ca certstest.Authority, addr string) *x509.Certificate {
	t.Helper()
	limit, tick := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for {
		c, err := handshake(t, addr, domain, nil)
		if err == nil {
			return c
		}
		select {
		case <-limit:
			t.Fatalf("no certificate within a minute: %v\n%s\n%s", err, log.String(), ca.Said())
		case <-tick.C:
		}
	}
}

func keys(t *testing.T, folder string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if filepath.Ext(path) == ".key" {
			out = append(out, path)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("no keys are kept: %v", err)
	}
	return out
}

// Files that somebody renews are shown anew without a restart; what cannot be read, or is
// half written, leaves the certificate before in use.
func TestRenewedFilesAreReadAnew(t *testing.T) {
	t.Parallel()
	dir, c := t.TempDir(), clock.NewManual(time.Now())
	o := certs.Options{
		Clock: c, Log: certstest.NewLog().Logger(), File: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir,
			"key.pem"),
	}
	if _, err := certs.Open(o); err == nil {
		t.Fatal("opened without its files")
	}
	stamp := time.Now()
	write := func(cert, key []byte) {
		t.Helper()
		stamp = stamp.Add(time.Second)
		for name, content := range map[string][]byte{o.File: cert, o.Key: key} {
			if err := os.WriteFile(name, content, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(name, stamp, stamp); err != nil {
				t.Fatal(err)
			}
		}
	}
	certA, keyA := certstest.SelfSigned(t, "a.example")
	certB, keyB := certstest.SelfSigned(t, "b.example")
	write(certA, keyA)
	cs, err := certs.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	shown := func() string {
		t.Helper()
		pair, err := cs.TLS().GetCertificate(&tls.ClientHelloInfo{})
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.Subject.CommonName
	}
	for _, step := range []struct {
		what      string
		cert, key []byte
		want      string
	}{
		{"as opened", certA, keyA, "a.example"},
		{"half written", certB, keyA, "a.example"},
		{"renewed", certB, keyB, "b.example"},
		{"emptied", nil, nil, "b.example"},
	} {
		write(step.cert, step.key)
		c.Advance(time.Minute)
		if got := shown(); got != step.want {
			t.Errorf("%s: %s is shown, want %s", step.what, got, step.want)
		}
	}
	if err := os.Remove(o.File); err != nil {
		t.Fatal(err)
	}
	c.Advance(time.Minute)
	if got := shown(); got != "b.example" {
		t.Errorf("removed: %s", got)
	}
}

// Pages are spoken by HTTP/2 to whoever can.
func TestPagesBySecondVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key := certstest.SelfSigned(t, domain)
	o := certs.Options{
		Clock: clock.Real{}, Log: certstest.NewLog().Logger(), File: filepath.Join(dir, "c"), Key: filepath.Join(dir,
			"k"),
	}
	for name, content := range map[string][]byte{o.File: cert, o.Key: key} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ln := listen(t)
	defer serve(t, o, ln, listen(t))()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(cert)
	client := http.Client{Transport: &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: domain},
	}}
	res, err := client.Get("https://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "HTTP/2.0" {
		t.Errorf("%s, %v", body, err)
	}
}
