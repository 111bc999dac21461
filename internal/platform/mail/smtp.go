package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Ways in which a server is spoken to.
const (
	StartTLS = "starttls" // refused where the server does not offer it
	TLS      = "tls"
	Plain    = "none" // on this machine only
)

// SMTP is the server that takes our letters.
type SMTP struct {
	Server   string // host:port
	Security string // StartTLS, TLS or Plain
	User     string
	Password string
	From     string
	Roots    *tls.Config // nil: the certificates of the machine
}

const smtpWithin = 30 * time.Second

// Send implements Sender.
func (s SMTP) Send(ctx context.Context, l Letter) error {
	m := gomail.NewMsg()
	if err := m.From(s.From); err != nil {
		return fmt.Errorf("mail.from: %w", err)
	}
	if err := m.To(l.To); err != nil {
		return fmt.Errorf("letter: %w", err)
	}
	m.Subject(l.Subject)
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	c, err := s.client()
	if err != nil {
		return err
	}
	if err := c.DialAndSendWithContext(ctx, m); err != nil {
		return fmt.Errorf("send by %s: %w", s.Server, err)
	}
	return nil
}

func (s SMTP) client() (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(s.Server)
	if err != nil {
		return nil, fmt.Errorf("mail.server: %w", err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("mail.server: %w", err)
	}
	options := []gomail.Option{gomail.WithPort(n), gomail.WithTimeout(smtpWithin)}
	if s.Roots != nil {
		options = append(options, gomail.WithTLSConfig(s.Roots))
	}
	switch s.Security {
	case TLS:
		options = append(options, gomail.WithSSL())
	case Plain:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if s.User != "" {
		auth := gomail.SMTPAuthAutoDiscover
		if s.Security == Plain {
			auth = gomail.SMTPAuthPlainNoEnc // nobody listens on this machine's own loopback
		}
		options = append(options, gomail.WithSMTPAuth(auth), gomail.WithUsername(s.User),
			gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(host, options...)
}
