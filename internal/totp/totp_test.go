package totp_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"hawker/internal/totp"
)

// codeAt is a code by RFC 6238 once more and by other hands.
func codeAt(t *testing.T, secret string, now time.Time) string {
	t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	var step [8]byte
	binary.BigEndian.PutUint64(step[:], uint64(now.Unix()/30))
	h := hmac.New(sha1.New, key)
	h.Write(step[:])
	sum := h.Sum(nil)
	off := sum[19] & 15
	n := (uint32(sum[off])&127)<<24 | uint32(sum[off+1])<<16 | uint32(sum[off+2])<<8 | uint32(sum[off+3])
	return fmt.Sprintf("%06d", n%1e6)
}

// The vectors of RFC 6238, appendix B, by their last six digits.
func TestCodesOfTheRFC(t *testing.T) {
	t.Parallel()
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString([]byte("12345678901234567890"))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037",
		20000000000: "353130",
	} {
		if got := totp.At(secret, time.Unix(at, 0)); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
		if got := codeAt(t, secret, time.Unix(at, 0)); got != want {
			t.Errorf("the test's own at %d: %s, want %s", at, got, want)
		}
	}
}

func TestStepsAroundNow(t *testing.T) {
	t.Parallel()
	secret, now := totp.NewSecret(), time.Unix(1_800_000_015, 0)
	for apart, want := range map[time.Duration]bool{
		0: true, 30 * time.Second: true, -30 * time.Second: true, time.Minute: false, -time.Minute: false,
	} {
		step, ok := totp.StepOf(secret, totp.At(secret, now.Add(apart)), now)
		if ok != want || ok && step != now.Add(apart).Unix()/30 {
			t.Errorf("%v apart: %d, %v", apart, step, ok)
		}
	}
	for _, code := range []string{"", "12345", "1234567", "abcdef"} {
		if _, ok := totp.StepOf(secret, code, now); ok {
			t.Errorf("%q is right", code)
		}
	}
	if _, ok := totp.StepOf("", "000000", now); ok || totp.At("!", now) != "" {
		t.Error("without a secret a code is right")
	}
}
