package checkout

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
)

// For how many wishes, and for how long, it is remembered what a buyer was told that they
// cost.
const (
	shownMax  = 50_000
	shownKeep = 30 * time.Minute
)

// wish is what somebody asked the price of: the same things from the same place.
type wish struct {
	user  id.User
	lines string
	room  id.Room
}

func wishOf(c Command) wish {
	lines := slices.Clone(c.Lines)
	slices.SortFunc(lines, func(a, b LineRequest) int { return cmp.Compare(a.SKU.Int(), b.SKU.Int()) })
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprint(&b, l.SKU, " ", l.Quantity, ";")
	}
	return wish{c.User, b.String(), c.Room}
}

// shownPrices remembers what buyers were told last. It is a help for clients that do not
// say what they showed, kept in this process: those that do say are held to their word.
type shownPrices struct{ last *cache.Map[wish, int64] }

func newShownPrices() *shownPrices {
	return &shownPrices{cache.NewMap[wish, int64](shownMax, shownKeep)}
}

func (s *shownPrices) note(c Command, payable int64) {
	if !c.User.IsZero() {
		s.last.Put(wishOf(c), payable)
	}
}

// unseen reports whether a buyer would pay what they were not shown: another amount than
// the one that they name, or, if they name none, more than they were told last.
func (s *Service) unseen(c Command, payable int64) bool {
	if c.Expected != nil {
		return *c.Expected != payable
	}
	told, ok := s.shownTo.last.Peek(wishOf(c))
	return ok && payable > told
}
