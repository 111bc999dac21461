package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
)

// OWASP's first choice of argon2id parameters. One hash takes 19 MiB, so a
// semaphore bounds how many run at once.
const (
	argonTime    = 2
	argonMemory  = 19 * 1024 // KiB
	argonThreads = 1
	saltSize     = 16
	hashSize     = 32
)

// Hasher makes and compares hashes, a few at a time: each takes 19 MiB and much of a core.
type Hasher struct {
	slots chan struct{}
	queue chan struct{}
	dummy string // compared when there is no account, so that time does not tell
}

// waitingMax bounds how many wait for a hash: who comes later hears at once that it takes
// too long, instead of waiting behind them.
const waitingMax = 256

// NewHasher makes a hasher; one a program.
func NewHasher() *Hasher {
	h := &Hasher{slots: make(chan struct{}, max(2, runtime.NumCPU())), queue: make(chan struct{}, waitingMax)}
	h.dummy = encode(make([]byte, saltSize), make([]byte, hashSize))
	return h
}

// enter waits for a turn; fault auth.busy where too many wait.
func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return fault.Unavailable("auth.busy")
	}
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hash makes a PHC string. Fault auth.busy.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	salt := make([]byte, saltSize)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	return encode(salt, argon2.IDKey([]byte(typed(password)), salt, argonTime, argonMemory, argonThreads, hashSize)),
		nil
}

func encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// Matches compares in constant time; phc "" compares with nothing and is false. Fault
// auth.busy.
func (h *Hasher) Matches(ctx context.Context, password, phc string) (bool, error) {
	ok, err := h.matches(ctx, typed(password), phc)
	if before := norm.NFC.String(password); err == nil && !ok && before != typed(password) {
		return h.matches(ctx, before, phc) // a hash of when passwords were kept in the form of NFC
	}
	return ok, err
}

func (h *Hasher) matches(ctx context.Context, password, phc string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.slots }()
	known := phc != ""
	if !known {
		phc = h.dummy
	}
	var version, memory, time int
	var threads uint8
	parts := strings.Split(phc, "$")
	if len(parts) != 6 {
		return false, fmt.Errorf("password hash of an unknown form")
	}
	if _, err := fmt.Sscanf(parts[2]+" "+parts[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &time,
		&threads); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	salt, err := base64.RawStdEncoding.DecodeString(parts[4])
	if err != nil {
		return false, err
	}
	want, err := base64.RawStdEncoding.DecodeString(parts[5])
	if err != nil {
		return false, err
	}
	got := argon2.IDKey([]byte(password), salt, uint32(time), uint32(memory), threads, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}
