package sandbox

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"hawker/internal/base/id"
)

// Headers of signed messages. A merchant signs METHOD\nPATH?QUERY\nTS\nNONCE\n
// BODY\n; the provider signs TS\nNONCE\nBODY\n of answers and notifications.
const (
	headerMerchant  = "Sandbox-Merchant"
	headerTimestamp = "Sandbox-Timestamp"
	headerNonce     = "Sandbox-Nonce"
	headerKeyID     = "Sandbox-Key-Id"
	headerSignature = "Sandbox-Signature"
)

// signedFor is how far a signed message's clock may be off, either way.
const signedFor = 300 * time.Second

// Errors of ParseNotification and of answers that are not the provider's.
var (
	ErrSignature = errors.New("sandbox: signature does not verify")
	ErrKey       = errors.New("sandbox: signed with an unknown key")
	ErrTimestamp = errors.New("sandbox: timestamp is too far from now")
	ErrReplayed  = errors.New("sandbox: this delivery was seen before")
	ErrMerchant  = errors.New("sandbox: meant for another merchant")
)

// KeyID names a public key.
func KeyID(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	return "sbx_key_" + hex.EncodeToString(sum[:8])
}

func message(parts ...string) []byte {
	return []byte(strings.Join(parts, "\n") + "\n")
}

// signAnswer signs what the provider sends.
func signAnswer(h http.Header, key ed25519.PrivateKey, now time.Time, body []byte) {
	ts, nonce := strconv.FormatInt(now.Unix(), 10), id.Token()
	h.Set(headerTimestamp, ts)
	h.Set(headerNonce, nonce)
	h.Set(headerKeyID, KeyID(key.Public().(ed25519.PublicKey)))
	h.Set(headerSignature, base64.StdEncoding.EncodeToString(ed25519.Sign(key, message(ts, nonce, string(body)))))
}

// verifyAnswer checks what claims to come from the provider: key, signature,
// then age, in this order, so that nothing unsigned is believed.
func verifyAnswer(h http.Header, key ed25519.PublicKey, now time.Time, body []byte) error {
	if h.Get(headerKeyID) != KeyID(key) {
		return ErrKey
	}
	ts, nonce := h.Get(headerTimestamp), h.Get(headerNonce)
	return verify(key, h, now, message(ts, nonce, string(body)))
}

func signRequest(r *http.Request, merchant string, key ed25519.PrivateKey, now time.Time, body []byte) {
	ts, nonce := strconv.FormatInt(now.Unix(), 10), id.Token()
	r.Header.Set(headerMerchant, merchant)
	r.Header.Set(headerTimestamp, ts)
	r.Header.Set(headerNonce, nonce)
	signed := message(r.Method, r.URL.RequestURI(), ts, nonce, string(body))
	r.Header.Set(headerSignature, base64.StdEncoding.EncodeToString(ed25519.Sign(key, signed)))
}

// verifyRequest checks a merchant's request. A repeat within the time allowed
// does no harm: every request is idempotent by the merchant's numbers.
func verifyRequest(r *http.Request, key ed25519.PublicKey, now time.Time, body []byte) error {
	ts, nonce := r.Header.Get(headerTimestamp), r.Header.Get(headerNonce)
	return verify(key, r.Header, now, message(r.Method, r.URL.RequestURI(), ts, nonce, string(body)))
}

func verify(key ed25519.PublicKey, h http.Header, now time.Time, signed []byte) error {
	sig, err := base64.StdEncoding.DecodeString(h.Get(headerSignature))
	if err != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, signed, sig) {
		return ErrSignature
	}
	seconds, err := strconv.ParseInt(h.Get(headerTimestamp), 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrTimestamp, err)
	}
	if off := now.Sub(time.Unix(seconds, 0)); off >= signedFor || off <= -signedFor {
		return ErrTimestamp
	}
	return nil
}

// ParsePublicKey reads a public key as the API carries it, base64 of 32 bytes.
func ParsePublicKey(text string) (ed25519.PublicKey, error) {
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != ed25519.PublicKeySize {
		return nil, errors.New("sandbox: a public key is base64 of 32 bytes")
	}
	return raw, nil
}

func formatPublicKey(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }
