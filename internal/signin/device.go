package signin

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

// nameOf finds under which name somebody signed in from this browser before, "" for never.
func nameOf(box *secret.Box, cookie string, user id.User) string {
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

// known is the cookie of a browser from which somebody has just signed in.
func known(box *secret.Box, cookie string, user id.User) string {
	name := nameOf(box, cookie, user)
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
