// Package certs has the certificates by which this installation speaks TLS: either of an
// authority that gives them by itself (ACME, RFC 8555), asked for and renewed in the
// background, or of files that somebody else renews, read again when they change.
package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"

	"hawker/internal/base/clock"
)

// Options say where certificates come from. Of Domains and File one is set.
type Options struct {
	Clock clock.Clock
	Log   *slog.Logger

	Domains   []string // to be asked for
	Folder    string   // where what was given is kept, with its keys
	Directory string   // address of the authority; empty: Let's Encrypt
	Email     string   // to which the authority may write; may be empty
	RootFile  string   // PEM of who vouches for the authority itself; empty: whom the system trusts
	HTTPS     string   // address at which this program is reached by TLS
	HTTP      string   // address at which it is reached without

	File, Key string // PEM, with all that stands between it and the authority's own
}

// Certs are the certificates.
type Certs struct {
	options Options
	files   *files // nil: asked for
	magic   *certmagic.Config
	issuer  *certmagic.ACMEIssuer
	cache   *certmagic.Cache
}

// Open reads the files, or makes ready to ask. Nothing is asked for before Run.
func Open(o Options) (*Certs, error) {
	c := &Certs{options: o}
	if len(o.Domains) == 0 {
		f, err := openFiles(o)
		c.files = f
		return c, err
	}
	roots, err := trusted(o.RootFile)
	if err != nil {
		return nil, err
	}
	c.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return c.magic, nil },
		Logger:           zap.NewNop(),
	})
	c.magic = certmagic.New(c.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: o.Folder}, Logger: zap.NewNop(), OnEvent: c.tell,
	})
	host, port := split(o.HTTPS)
	_, plain := split(o.HTTP)
	c.issuer = certmagic.NewACMEIssuer(c.magic, certmagic.ACMEIssuer{
		CA: o.Directory, Email: o.Email, Agreed: true, TrustedRoots: roots, ListenHost: host,
		AltTLSALPNPort: port, AltHTTPPort: plain, Logger: zap.NewNop(),
	})
	c.magic.Issuers = []certmagic.Issuer{c.issuer}
	return c, nil
}

func trusted(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return pool, nil
}

func split(address string) (host string, port int) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0
	}
	port, _ = strconv.Atoi(p)
	return host, port
}

// tell writes down what a merchant at night has to know: that there is no certificate yet,
// and why.
func (c *Certs) tell(_ context.Context, event string, data map[string]any) error {
	switch event {
	case "cert_obtained":
		c.options.Log.Info("certificate obtained", "domain", data["identifier"], "renewal", data["renewal"])
	case "cert_failed":
		c.options.Log.Error("no certificate; it will be asked for again", "domain", data["identifier"], "error",
			data["error"])
	}
	return nil
}

// TLS is how connections are spoken: certificates by name, and what proves to the
// authority that a name is ours. The protocols are those of web pages.
func (c *Certs) TLS() *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.certificate}
	t.NextProtos = []string{"h2", "http/1.1"}
	if c.magic != nil {
		t.NextProtos = append(t.NextProtos, "acme-tls/1") // RFC 8737
	}
	return t
}

func (c *Certs) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if c.files != nil {
		return c.files.current()
	}
	return c.magic.GetCertificate(hello)
}

// Challenge answers what the authority asks on the port without TLS, and leaves
// everything else to next.
func (c *Certs) Challenge(next http.Handler) http.Handler {
	if c.issuer == nil {
		return next
	}
	return c.issuer.HTTPChallengeHandler(next)
}

// Run asks for certificates and renews them until ctx ends. Who cannot have one waits
// longer and longer and is asked for again; the port stays open.
func (c *Certs) Run(ctx context.Context) error {
	if c.magic == nil {
		<-ctx.Done()
		return nil
	}
	err := c.magic.ManageAsync(ctx, c.options.Domains)
	if err == nil {
		<-ctx.Done()
	}
	c.cache.Stop()
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return err
}
