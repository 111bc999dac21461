// Package search finds what holds a word without reading the rest: an index of the grams of
// texts, written in the transaction that writes the text. What a gram proposes the asker
// still compares with the text itself, so nothing is found that is not there.
package search

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/platform/sqldb"
)

// Kind says what is indexed; it is stored.
type Kind int

// The kinds.
const (
	Products Kind = 1
)

const (
	wordsMax = 6
	// docsMax is how many documents a rare gram has at most: so many rows are read one by one.
	docsMax = 300
	// docsFew are so few that to read them is less than to look at what else the words have.
	docsFew = 30
	// gramsMax is how many grams of a query are looked up.
	gramsMax = 8
)

// Fold makes one form of the many in which a word is typed: full-width or half, composed or
// not, in capitals or not.
func Fold(text string) string {
	return cases.Fold().String(norm.NFKC.String(strings.ToValidUTF8(text, "")))
}

// Words cuts a query into what must all be found. Signs that show nothing are in no text, and
// one of them would end the pattern that is looked for.
func Words(query string) []string {
	w := split(Fold(query))
	return w[:min(len(w), wordsMax)]
}

func split(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// Put makes the index of a document say what the text says, after it said before; both are
// folded. A text that stays costs nothing.
func Put(ctx context.Context, tx *sqldb.Tx, k Kind, doc int64, before, after string) error {
	if before == after {
		return nil
	}
	old, now := grams(before), grams(after)
	if err := drop(ctx, tx, k, doc, without(old, now)); err != nil {
		return err
	}
	return add(ctx, tx, k, doc, without(now, old))
}

func without(list, others []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(g string) bool {
		_, found := slices.BinarySearch(others, g)
		return found
	})
}

// Docs proposes documents that may hold all the words, at most docsMax and none missing. With
// rare false the words are too common, or the index is not complete yet: the asker walks its
// own order, where hits are near, or must stop somewhere.
func Docs(ctx context.Context, q sqldb.Querier, k Kind, words []string) (docs []int64, rare bool, err error) {
	if len(words) == 0 {
		return nil, false, nil
	}
	building, err := isBuilding(ctx, q, k)
	if err != nil || building {
		return nil, false, err
	}
	grams := asked(words)
	for _, most := range []int{docsFew, docsMax} {
		for _, g := range grams {
			found, common, err := g.atMost(ctx, q, k, most)
			if err != nil {
				return nil, false, err
			}
			if common {
				continue
			}
			if docs = both(docs, found); !rare {
				docs, rare = found, true
			}
			if len(docs) <= docsFew {
				return docs, true, nil
			}
		}
	}
	return docs, rare, nil
}

func both(a, b []int64) (out []int64) {
	for _, d := range a {
		if _, found := slices.BinarySearch(b, d); found {
			out = append(out, d)
		}
	}
	return out
}
