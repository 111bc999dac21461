package account

import (
	"net/mail"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
)

const (
	emailMax = 254 // RFC 5321, 4.5.3.1, as the errata have it
	localMax = 64
)

// NormalEmail gives the one form of an address in which it is stored and looked up: small
// letters, composed, the domain as people read it. Refused is what is right by RFC 5322
// and that nobody has: quotes, an address in brackets, a domain without a dot. Fault
// account.bad_email.
func NormalEmail(text string) (string, error) {
	bad := fault.Invalid("account.bad_email").At("body.email")
	plain := norm.NFKC.String(strings.TrimSpace(text))
	a, err := mail.ParseAddress(plain)
	if err != nil || a.Name != "" || len(a.Address) > emailMax || !lang.Line(a.Address) {
		return "", bad
	}
	// Composed once more: a capital that is two signs may be one as a small letter.
	local, domain, _ := strings.Cut(norm.NFKC.String(strings.ToLower(a.Address)), "@")
	domain, ok := normalDomain(domain)
	if !ok || len(local) > localMax || strings.ContainsFunc(local, outsideAtom) {
		return "", bad
	}
	return local + "@" + domain, nil
}

// outsideAtom reports what no mailbox's name has outside quotes (RFC 5322, 3.2.3).
func outsideAtom(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`"(),:;<>@[\]`, r)
}

// normalDomain is a domain as the names of the net are written (RFC 5891), in letters
// that people read.
func normalDomain(text string) (string, bool) {
	ascii, err := idna.Lookup.ToASCII(text)
	if err != nil {
		return "", false
	}
	labels := strings.Split(ascii, ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 || len(last) < 2 || strings.Trim(last, "0123456789") == "" {
		return "", false // a name of this network, or an address in numbers
	}
	read, err := idna.Lookup.ToUnicode(ascii)
	return strings.ToLower(read), err == nil
}
