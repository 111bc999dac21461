// Package totp makes and checks the codes that authenticator programs show: RFC 6238 with
// SHA-1, six digits and steps of 30 seconds, which all of them know. That a code counts
// once is not its job.
package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6238 has no other that authenticator programs know; a keyed hash of it holds
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Of a code by time (RFC 6238), as every authenticator program has them.
const (
	stepSize   = 30 * time.Second
	stepSkew   = 1 // steps that two clocks may be apart
	codeDigits = 6
	secretSize = 20
)

// base32Plain is how authenticator programs write secrets.
func base32Plain() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// NewSecret makes a secret, in base32.
func NewSecret() string {
	raw := make([]byte, secretSize)
	_, _ = rand.Read(raw) // it never fails: crypto/rand
	return base32Plain().EncodeToString(raw)
}

func stepAt(now time.Time) int64 { return now.Unix() / int64(stepSize/time.Second) }

// At is the code of a secret at a time, "" for what is no secret.
func At(secret string, now time.Time) string {
	raw, err := base32Plain().DecodeString(secret)
	if err != nil {
		return ""
	}
	return codeOf(raw, stepAt(now))
}

// codeOf is the code of a step (RFC 4226, 5.3).
func codeOf(secret []byte, step int64) string {
	m := hmac.New(sha1.New, secret)
	_ = binary.Write(m, binary.BigEndian, step) // a hash takes everything
	sum := m.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	n := binary.BigEndian.Uint32(sum[at:at+4]) & (1<<31 - 1)
	return fmt.Sprintf("%0*d", codeDigits, n%1_000_000)
}

// StepOf finds the step of a code around now, false where it is of none.
func StepOf(secret, code string, now time.Time) (int64, bool) {
	raw, err := base32Plain().DecodeString(secret)
	if err != nil || len(code) != codeDigits {
		return 0, false
	}
	found, ok := int64(0), false
	for step := stepAt(now) - stepSkew; step <= stepAt(now)+stepSkew; step++ {
		if subtle.ConstantTimeCompare([]byte(codeOf(raw, step)), []byte(code)) == 1 {
			found, ok = step, true
		}
	}
	return found, ok
}

// URI is what an authenticator program reads from a picture.
func URI(issuer, account, secret string) string {
	label := url.PathEscape(issuer) + ":" + url.PathEscape(account)
	q := url.Values{"secret": {secret}, "issuer": {issuer}, "digits": {"6"}, "period": {"30"}, "algorithm": {"SHA1"}}
	return "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
