package mail_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	netmail "net/mail"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"hawker/internal/platform/jobs"
	"hawker/internal/platform/mail"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
)

// office is a real SMTP server that keeps what it is given.
type office struct {
	mu      sync.Mutex
	taken   []string
	secure  []bool // was it by TLS
	to      []string
	refuses int    // so many letters first
	user    string // "" for anybody
}

func (o *office) NewSession(c *smtp.Conn) (smtp.Session, error) {
	_, secure := c.TLSConnectionState()
	return &visit{office: o, secure: secure, known: o.user == ""}, nil
}

type visit struct {
	*office
	secure, known bool
}

func (*visit) AuthMechanisms() []string { return []string{sasl.Plain} }

func (v *visit) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != v.user || password != "secret" {
			return errors.New("not you")
		}
		v.known = true
		return nil
	}), nil
}

func (v *visit) Mail(string, *smtp.MailOptions) error {
	if !v.known {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (v *visit) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.to = append(v.to, to)
	return nil
}
func (*visit) Reset()        {}
func (*visit) Logout() error { return nil }

func (v *visit) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.refuses > 0 {
		v.refuses--
		return &smtp.SMTPError{Code: 451, Message: "come again"}
	}
	v.taken, v.office.secure = append(v.taken, string(raw)), append(v.office.secure, v.secure)
	return err
}

// serve runs the office; tlsFirst speaks TLS from the first byte.
func (o *office) serve(t *testing.T, offer *tls.Config, tlsFirst bool) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtp.NewServer(o)
	s.Domain, s.AllowInsecureAuth = "127.0.0.1", true
	if offer != nil && !tlsFirst {
		s.TLSConfig = offer
	}
	if tlsFirst {
		ln = tls.NewListener(ln, offer)
	}
	var group sync.WaitGroup
	group.Go(func() { _ = s.Serve(ln) })
	t.Cleanup(func() { _ = s.Close(); group.Wait() })
	return ln.Addr().String()
}

// certificate is one of this machine's address, and who trusts it.
func certificate(t *testing.T) (*tls.Config, *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	of := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	raw, err := x509.CreateCertificate(rand.Reader, of, of, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}},
		&tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}
}

func TestLettersBySMTP(t *testing.T) {
	t.Parallel()
	server, client := certificate(t)
	letter := mail.Letter{
		To: "王@example.com", Subject: "确认你的邮箱",
		Text: "打开链接：\nhttps://mall.example/confirm-email#abc\n",
	}
	letter.To = "wang@example.com"
	for name, c := range map[string]struct {
		security string
		offer    *tls.Config
		first    bool
		user     string
		roots    *tls.Config
		want     string // of the error
	}{
		"STARTTLS":                      {mail.StartTLS, server, false, "shop", client, ""},
		"STARTTLS that is not offered":  {mail.StartTLS, nil, false, "", client, "STARTTLS"},
		"STARTTLS of a stranger":        {mail.StartTLS, server, false, "", nil, "certificate"},
		"TLS from the first byte":       {mail.TLS, server, true, "shop", client, ""},
		"plain, on this machine":        {mail.Plain, nil, false, "", nil, ""},
		"plain with a password":         {mail.Plain, nil, false, "shop", nil, ""},
		"a password that is not theirs": {mail.StartTLS, server, false, "other", client, "AUTH"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &office{}
			if c.user != "" {
				o.user = "shop"
			}
			s := mail.SMTP{
				Server: o.serve(t, c.offer, c.first), Security: c.security, User: c.user, Password: "secret",
				From: "吆喝 <mall@example.com>", Roots: c.roots,
			}
			err := s.Send(t.Context(), letter)
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) || len(o.taken) > 0 {
					t.Errorf("%v, %d letters taken; want an error with %q", err, len(o.taken), c.want)
				}
				return
			}
			if err != nil || len(o.taken) != 1 || o.secure[0] != (c.security != mail.Plain) {
				t.Fatalf("%v, %d letters taken, by TLS %v", err, len(o.taken), o.secure)
			}
			check(t, o.taken[0], letter)
		})
	}
}

// A domain that people read in their own letters goes to servers as the net writes it: few of them take another.
func TestLettersToDomainsInAnyLetters(t *testing.T) {
	t.Parallel()
	o := &office{}
	s := mail.SMTP{Server: o.serve(t, nil, false), Security: mail.Plain, From: "吆喝 <mall@吆喝.example>"}
	for to, want := range map[string]string{
		"wang@bücher.example": "wang@xn--bcher-kva.example", "wang@例子.测试": "wang@xn--fsqu00a.xn--0zwm56d",
		"Wang@Example.com": "Wang@example.com",
	} {
		o.to, o.taken = nil, nil
		if err := s.Send(t.Context(), mail.Letter{To: to, Subject: "a", Text: "b\n"}); err != nil {
			t.Errorf("%s: %v", to, err)
			continue
		}
		if !slices.Equal(o.to, []string{want}) {
			t.Errorf("%s goes to %q", to, o.to)
		}
		check(t, o.taken[0], mail.Letter{To: want, Subject: "a", Text: "b\n"})
		if !strings.Contains(o.taken[0], "<mall@xn--") || strings.Contains(o.taken[0], "go-mail") {
			t.Errorf("it comes from %s", o.taken[0])
		}
		if host, err := os.Hostname(); err == nil && strings.Contains(o.taken[0], "@"+host+">") {
			t.Errorf("it names the machine: %s", o.taken[0])
		}
	}
}

func check(t *testing.T, raw string, want mail.Letter) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mimeWords).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject || m.Header.Get("To") != "<"+want.To+">" ||
		m.Header.Get("Message-Id") == "" || m.Header.Get("Date") == "" {
		t.Errorf("head %v, subject %q, %v", m.Header, subject, err)
	}
	if text := decoded(t, m); strings.ReplaceAll(text, "\r\n", "\n") != want.Text {
		t.Errorf("text %q", text)
	}
}

// A letter whose server does not take it is sent again, and lies sealed meanwhile.
func TestLettersAreSentUntilTheyAreTaken(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	o := &office{refuses: 2}
	s := mail.SMTP{Server: o.serve(t, nil, false), Security: mail.Plain, From: "mall@example.com"}
	l := mail.Letter{To: "wang@example.com", Subject: "s", Text: "the code is abc\n"}
	if err := db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		return mail.Post(ctx, tx, box, l)
	}); err != nil {
		t.Fatal(err)
	}
	var payload string
	if err := db.Reader().QueryRow(t.Context(), "SELECT payload FROM job").Scan(&payload); err != nil ||
		strings.Contains(payload, "abc") || strings.Contains(payload, "wang") {
		t.Errorf("the job holds %q, %v", payload, err)
	}
	q := jobs.NewQueue(db, supervise.New(slog.New(slog.DiscardHandler), c), mail.Kind(box, s))
	for range 4 {
		if err := q.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Advance(time.Minute)
	}
	if len(o.taken) != 1 {
		t.Fatalf("%d letters taken", len(o.taken))
	}
	check(t, o.taken[0], l)
}

func TestWithoutAServerLettersAreInTheLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := mail.Log{Log: slog.New(slog.NewTextHandler(&out, nil))}
	if err := s.Send(t.Context(), mail.Letter{To: "wang@example.com", Text: "the code is abc"}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "wang@example.com") || !strings.Contains(out.String(), "the code is abc") {
		t.Errorf("the log: %s", out.String())
	}
}
