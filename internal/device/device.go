// Package device makes and reads the cookie of a known browser: who signed in from it
// before. It opens no door; guesses from elsewhere do not shut out who has it.
package device

import (
	"crypto/subtle"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/secret"
)

const (
	devicesMax = 4 // people who sign in from one browser
	proofSize  = 32
)

// entry is one person's line in the cookie of a known browser: whose it is, a random name
// and a proof that we wrote it.
func entry(box *secret.Box, user id.User, name string) string {
	text := user.String() + "." + name
	return text + "." + box.Index(text, "device")[:proofSize]
}

// NameOf finds under which name somebody signed in from this browser before, "" for never.
func NameOf(box *secret.Box, cookie string, user id.User) string {
	for line := range strings.SplitSeq(cookie, "~") {
		parts := strings.Split(line, ".")
		if len(parts) != 3 || parts[0] != user.String() {
			continue
		}
		if subtle.ConstantTimeCompare([]byte(line), []byte(entry(box, user, parts[1]))) == 1 {
			return parts[1]
		}
	}
	return ""
}

// Known is the cookie of a browser from which somebody has just signed in.
func Known(box *secret.Box, cookie string, user id.User) string {
	name := NameOf(box, cookie, user)
	if name == "" {
		name = id.Token()[:16]
	}
	lines := []string{entry(box, user, name)}
	for line := range strings.SplitSeq(cookie, "~") {
		if line != "" && !strings.HasPrefix(line, user.String()+".") && len(lines) < devicesMax {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "~")
}
