// Package naming says what a name may be, and which names a reader takes for one another,
// so that nobody passes for a shop or for the mall's people. Whose a name is is not its
// job.
package naming

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
)

// Max is how many characters a name may have.
const Max = 32

// Clean is a name in the one form in which it is kept: composed, without what only
// looks different, one blank between words. Fault account.bad_name.
func Clean(text string) (string, error) {
	name := strings.Join(strings.Fields(norm.NFKC.String(text)), " ")
	// Fields would let the end of a line pass for a blank.
	if utf8.RuneCountInString(name) > Max || !lang.Line(name) || !lang.Line(strings.TrimSpace(text)) {
		return "", fault.Invalid("account.bad_name", "max", Max).At("body.display_name")
	}
	return name, nil
}

// skeleton is what a name looks like to a reader in a hurry: Unicode's skeleton (UTS 39,
// section 4) of capitals and of small letters, without what stands between letters, and
// with one letter for I, l and i.
func skeleton(name string) string {
	small := strings.ToLower(confusables.Skeleton(bare(norm.NFKC.String(name))))
	return strings.ReplaceAll(strings.ToLower(confusables.Skeleton(small)), "i", "l")
}

// bare is a name's letters and digits; one of signs and pictures alone is these.
func bare(name string) string {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, name)
	if letters == "" {
		return name
	}
	return letters
}

// Key is equal for names that a reader in a hurry takes for one another.
func Key(name string) string {
	sum := sha256.Sum256([]byte(skeleton(name)))
	return hex.EncodeToString(sum[:])
}

// claims are words by which somebody would pass for the mall or its people. Those of the
// first list count wherever they stand, the others as a word or as the whole name.
func claims() (anywhere, words []string) {
	return []string{"官方", "客服", "管理员", "管理員", "平台", "平臺", "吆喝", "系统消息", "系統消息", "customerservice"},
		[]string{
			"official", "support", "admin", "administrator", "hawker", "operator", "moderator", "staff", "system",
			"helpdesk", "root", "security",
		}
}

// Pretends reports whether a name would pass for the mall or its people.
func Pretends(name string, own []string) bool {
	anywhere, words := claims()
	whole := skeleton(name)
	for _, w := range anywhere {
		if strings.Contains(whole, skeleton(w)) {
			return true
		}
	}
	parts := map[string]bool{whole: true}
	for _, p := range strings.FieldsFunc(norm.NFKC.String(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r)
	}) {
		parts[skeleton(p)] = true
	}
	for _, w := range append(words, own...) {
		if parts[skeleton(w)] {
			return true
		}
	}
	return false
}
