package luckybag_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/luckybag"
)

// proven is a proof that holds.
func proven(seed []byte, aliases []string, winners int64) luckybag.Proof {
	bag, sum := id.FromInt[id.Bag](7), sha256.Sum256(seed)
	sorted := slices.Sorted(slices.Values(aliases))
	return luckybag.Proof{
		Bag: bag, Seed: hex.EncodeToString(seed), SeedHash: hex.EncodeToString(sum[:]), Entrants: sorted,
		ListHash: luckybag.ListHash(sorted), Winners: luckybag.Draw(bag.String(), seed, aliases, winners),
	}
}

// FuzzProof holds what anybody may send to be verified: it never panics, and what was
// drawn by the method holds, whatever the names and the seed are.
func FuzzProof(f *testing.F) {
	f.Add([]byte("seed"), "a,b,c", int64(2), "00")
	f.Add([]byte{}, "", int64(0), "")
	f.Add([]byte{0xff}, "王,王2,\x00", int64(9), "zz")
	f.Add(make([]byte, 1000), strings.Repeat("x,", 200)+"y", int64(100), "0")
	f.Fuzz(func(t *testing.T, seed []byte, names string, winners int64, other string) {
		var aliases []string
		for _, n := range strings.Split(names, ",") {
			if n != "" && !slices.Contains(aliases, n) && !strings.Contains(n, "\n") {
				aliases = append(aliases, n)
			}
		}
		p := proven(seed, aliases, winners)
		if err := luckybag.Verify(p); err != nil {
			t.Fatalf("%v: %+v", err, p)
		}
		if forged := p; other != p.Seed {
			forged.Seed = other
			if err := luckybag.Verify(forged); err == nil && !strings.EqualFold(other, p.Seed) {
				t.Errorf("seed %q holds for %q", other, p.Seed)
			}
		}
		if len(p.Winners) > 0 && len(aliases) > 1 {
			forged := p
			forged.Winners = slices.Clone(p.Winners)
			forged.Winners[0] = aliases[(slices.Index(aliases, p.Winners[0])+1)%len(aliases)]
			if err := luckybag.Verify(forged); !errors.Is(err, luckybag.ErrProof) {
				t.Errorf("another winner holds: %v", err)
			}
		}
	})
}

// Everybody wins as often as everybody else: over many seeds no place in the list is
// better than another.
func TestNoPlaceInTheListIsBetter(t *testing.T) {
	t.Parallel()
	const rounds, people = 20_000, 7
	aliases := strings.Split("abcdefg", "")
	won := map[string]int{}
	for i := range rounds {
		seed := sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
		for _, w := range luckybag.Draw("bag", seed[:], aliases, 2) {
			won[w]++
		}
	}
	want := rounds * 2 / people
	for _, a := range aliases {
		// Five standard deviations of a binomial draw: a fair one fails once in a million.
		if off := won[a] - want; off*off > 25*want {
			t.Errorf("%s won %d times, want about %d", a, won[a], want)
		}
	}
}
