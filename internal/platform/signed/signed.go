// Package signed makes addresses of what is not public, for those who may see it: a
// token in the path opens what lies below one folder, until it expires. It stands in the path, so
// that whatever is named relative to the address has it too, and stays the same for a while, so that a player
// and its cache do not lose what they have. Who may be told an address is not decided here; whoever is
// told it may pass it on until it ends.
package signed

import (
	"crypto/hmac"
	"strconv"
	"strings"
	"time"

	"hawker/internal/base/clock"
)

// Seal is a keyed hash that nobody else makes.
type Seal interface {
	Index(value, context string) string
}

// Links are addresses of one kind.
type Links struct {
	Seal  Seal
	Clock clock.Clock
	Kind  string        // what they open: a token of one kind opens nothing of another
	Every time.Duration // a token is told for so long, and lives for so long at the least, for twice at the most
}

// Token opens a folder.
func (l Links) Token(folder string) string {
	return l.until(folder, l.Clock.Now().Truncate(l.Every).Add(2*l.Every).Unix())
}

func (l Links) until(folder string, end int64) string {
	expires := strconv.FormatInt(end, 36)
	return expires + "-" + l.Seal.Index(expires+"/"+folder, "signed."+l.Kind)
}

// Opens tells whether a token opens a folder now.
func (l Links) Opens(token, folder string) bool {
	expires, _, _ := strings.Cut(token, "-")
	end, err := strconv.ParseInt(expires, 36, 64)
	if err != nil || !l.Clock.Now().Before(time.Unix(end, 0)) {
		return false
	}
	return hmac.Equal([]byte(token), []byte(l.until(folder, end)))
}
