// Package password says which passwords are taken and keeps them as argon2id hashes.
// A password is compared in the form of NFKC, whichever keyboard it came from. Whose a
// password is and what follows from a right or wrong one is not its job.
package password

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the list of common passwords
	"io"
	"sort"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
)

// Limits, in characters (ASVS 5, 6.2.1 and 6.2.9).
const (
	Min = 8
	Max = 128

	differentMin = 4 // characters, not counting what shows nothing
	wordMin      = 4 // a shorter word is part of too many others
)

// Check reports why a password is not taken. Words are what anybody would try of this
// person and place (an e-mail address, the mall's name): they count for nothing in its
// length. Faults account.weak_password, account.common_password.
func Check(text string, words ...string) error {
	plain := typed(text)
	if n := utf8.RuneCountInString(plain); n < Min || n > Max || !utf8.ValidString(plain) {
		return fault.Invalid("account.weak_password", "min", Min, "max", Max).At("body.password")
	}
	small := strings.ToLower(plain)
	if different(small) < differentMin || common(small) || common(strings.TrimSpace(small)) ||
		utf8.RuneCountInString(plain)-said(small, words) < Min {
		return fault.Invalid("account.common_password").At("body.password")
	}
	return nil
}

// typed is a password whichever keyboard it came from: one sends é as a letter, the
// other as two signs; an input method sends wide letters.
func typed(text string) string { return norm.NFKC.String(text) }

func different(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		if !unicode.In(r, unicode.Cf, unicode.Cc, unicode.Zs, unicode.Mn) {
			seen[r] = true
		}
	}
	return len(seen)
}

// said counts the letters of a password that are of words, also with other signs between
// them, and of what stands before the @ of an address.
func said(small string, words []string) (n int) {
	rest := letters(small)
	for _, w := range words {
		w = strings.ToLower(typed(w))
		local, _, _ := strings.Cut(w, "@")
		for _, part := range []string{letters(w), letters(local)} {
			if size := utf8.RuneCountInString(part); size >= wordMin {
				n += size * strings.Count(rest, part)
				rest = strings.ReplaceAll(rest, part, "")
			}
		}
	}
	return n
}

func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text)
}

//go:embed data/common.txt.gz
var packed []byte

// list is read when the first password is chosen.
var list = sync.OnceValue(func() []string {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		panic("password: " + err.Error())
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		panic("password: " + err.Error())
	}
	return strings.Split(strings.TrimSpace(string(raw)), "\n")
})

// common reports whether many have chosen a password.
func common(small string) bool {
	all := list()
	i := sort.SearchStrings(all, small)
	return i < len(all) && all[i] == small
}

// Common counts the passwords that are known to be common.
func Common() int { return len(list()) }
