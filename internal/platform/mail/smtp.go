package mail

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	netmail "net/mail"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"hawker/internal/base/id"
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
	from, err := netmail.ParseAddress(s.From)
	if err != nil {
		return fmt.Errorf("mail.from: %w", err)
	}
	// Not with the name of this machine, nor with what sends it: a letter is read by strangers.
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	sender := netForm(from.Address)
	m.SetMessageIDWithValue(id.Token() + sender[strings.LastIndexByte(sender, '@'):])
	if err := m.FromFormat(from.Name, sender); err != nil {
		return fmt.Errorf("mail.from: %w", err)
	}
	if err := m.To(netForm(l.To)); err != nil {
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

// netForm writes an address's domain in the letters of the net (RFC 5891), which every server takes. The client asks no
// server whether it takes others, and sends them.
func netForm(address string) string {
	at := strings.LastIndexByte(address, '@') + 1
	domain, err := idna.Lookup.ToASCII(address[at:])
	if err != nil {
		return address // an inner name, say
	}
	return address[:at] + domain
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
