// Package moderation decides what may be said and by whom: word lists of the
// platform and of each shop, and people whom a shop has silenced or sent out.
// It judges text; where the text goes is up to those who ask.
package moderation

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Action is what is done with a text, the stricter the greater.
type Action int

// The actions.
const (
	Pass   Action = iota
	Mask          // the words are starred out
	Hold          // a moderator looks first
	Refuse        // it is not taken
)

// Names of the actions in SQL and API.
func names() []string { return []string{"pass", "mask", "hold", "refuse"} }

func (a Action) String() string { return names()[a] }

// ParseAction reads an action that a word may have; fault moderation.bad_word.
func ParseAction(text string) (Action, error) {
	for i, n := range names() {
		if n == text && Action(i) != Pass {
			return Action(i), nil
		}
	}
	return Pass, fault.Invalid("moderation.bad_word").At("body.action")
}

// Word is an entry of a list. Shop zero is the platform's list.
type Word struct {
	ID     id.Word
	Shop   id.Shop
	Text   string
	Action Action
}

// Silence is somebody who may not speak in a shop's rooms, or not enter them.
type Silence struct {
	Shop   id.Shop
	User   id.User
	Banned bool      // may not enter
	Until  time.Time // zero: for good
	By     id.User
	Reason string
	At     time.Time
}

// Limits.
const (
	WordsMax  = 2000 // in one list
	WordMax   = 30   // letters
	ReasonMax = 100
)

// Service is the module.
type Service struct {
	db *sqldb.DB

	mu      sync.Mutex
	filters map[id.Shop]cached
	changes int // of lists: a filter that was read before one is not kept after it
}

type cached struct {
	filter *filter
	at     time.Time
}

// filterFor is how long a node may judge by an older list of another node.
const filterFor = 5 * time.Second

// New makes the module.
func New(db *sqldb.DB) *Service { return &Service{db: db, filters: map[id.Shop]cached{}} }

// Judge looks at a text that is about to be said in a shop's room: the platform's
// words and the shop's. It answers the text as it may be shown: words to be masked
// are starred out also in a text that waits for a moderator, who may then show it.
func (s *Service) Judge(ctx context.Context, shop id.Shop, text string) (string, Action, error) {
	worst, shown := Pass, []rune(text)
	lists := []id.Shop{{}}
	if !shop.IsZero() {
		lists = append(lists, shop)
	}
	for _, list := range lists {
		f, err := s.filterOf(ctx, list)
		if err != nil {
			return text, Refuse, err
		}
		worst = max(worst, f.apply(text, shown))
	}
	return string(shown), worst, nil
}

func (s *Service) filterOf(ctx context.Context, shop id.Shop) (*filter, error) {
	now := s.db.Clock().Now()
	s.mu.Lock()
	c, ok := s.filters[shop]
	changes := s.changes
	s.mu.Unlock()
	if ok && now.Sub(c.at) < filterFor {
		return c.filter, nil
	}
	words, err := wordsOf(ctx, s.db.Reader(), shop)
	if err != nil {
		return nil, err
	}
	f := newFilter(words)
	s.mu.Lock()
	if changes == s.changes {
		s.filters[shop] = cached{f, now}
	}
	s.mu.Unlock()
	return f, nil
}

func (s *Service) forget(shop id.Shop) {
	s.mu.Lock()
	s.changes++
	delete(s.filters, shop)
	s.mu.Unlock()
}

// Words lists a shop's words, or with the zero shop the platform's.
func (s *Service) Words(ctx context.Context, shop id.Shop) ([]Word, error) {
	return wordsOf(ctx, s.db.Reader(), shop)
}

// AddWord adds a word, or changes what is done about it. Faults:
// moderation.bad_word, moderation.too_many_words.
func (s *Service) AddWord(ctx context.Context, w Word) (Word, error) {
	return s.AddWordOnce(ctx, idem.Fresh("word-create"), w)
}

// AddWordOnce is AddWord, once under the key.
func (s *Service) AddWordOnce(ctx context.Context, key idem.Key, w Word) (Word, error) {
	w.Text = strings.TrimSpace(w.Text)
	if n := utf8.RuneCountInString(w.Text); fold(w.Text) == "" || n > WordMax {
		return Word{}, fault.Invalid("moderation.bad_word", "max", WordMax).At("body.word")
	}
	known, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Word, error) {
		if err := lockWords(ctx, tx, w.Shop); err != nil {
			return id.Word{}, err
		}
		known, err := putWord(ctx, tx, w)
		if err != nil {
			return known, err
		}
		n, err := countWords(ctx, tx, w.Shop)
		if err == nil && n > WordsMax { // what is done about a known word takes no new place
			err = fault.Conflict("moderation.too_many_words", "max", WordsMax)
		}
		if err != nil {
			return known, err
		}
		return known, audit.Changed(ctx, tx, "word.set", w.Shop, known, nil, map[string]string{
			"word": w.Text, "action": w.Action.String(),
		})
	})
	w.ID = known
	s.forget(w.Shop)
	return w, err
}

// RemoveWord takes a word off its list.
func (s *Service) RemoveWord(ctx context.Context, shop id.Shop, word id.Word) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := deleteWord(ctx, tx, shop, word); err != nil {
			return err
		}
		return audit.Changed(ctx, tx, "word.removed", shop, word, nil, nil)
	})
	s.forget(shop)
	return err
}

// Silence keeps somebody quiet in a shop's rooms, or out of them.
func (s *Service) Silence(ctx context.Context, x Silence) error {
	if utf8.RuneCountInString(x.Reason) > ReasonMax {
		return fault.Invalid("moderation.reason_too_long", "max", ReasonMax).At("body.reason")
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := putSilence(ctx, tx, x); err != nil {
			return err
		}
		if err := audit.Changed(ctx, tx, "person.silenced", x.Shop, x.User, nil, map[string]any{
			"banned": x.Banned, "until": x.Until, "reason": x.Reason,
		}); err != nil {
			return err
		}
		return events.Record(ctx, tx, Restricted{x.Shop, x.User, x.Banned, x.Until})
	})
}

// Release lets somebody speak and enter again.
func (s *Service) Release(ctx context.Context, shop id.Shop, user id.User) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		lifted, err := deleteSilence(ctx, tx, shop, user)
		if err != nil || !lifted {
			return err
		}
		if err := audit.Changed(ctx, tx, "person.released", shop, user, nil, nil); err != nil {
			return err
		}
		return events.Record(ctx, tx, Lifted{shop, user})
	})
}

// Silenced finds what holds somebody back in a shop; ok is false for nothing.
func (s *Service) Silenced(ctx context.Context, shop id.Shop, user id.User) (x Silence, ok bool, err error) {
	if user.IsZero() {
		return Silence{}, false, nil
	}
	x, err = silenceOf(ctx, s.db.Reader(), shop, user)
	if errors.Is(err, sql.ErrNoRows) {
		return Silence{}, false, nil
	}
	over := !x.Until.IsZero() && !s.db.Clock().Now().Before(x.Until)
	return x, err == nil && !over, err
}

// SilencedIn lists who is held back in a shop, the newest first.
func (s *Service) SilencedIn(ctx context.Context, shop id.Shop) ([]Silence, error) {
	return silencesIn(ctx, s.db.Reader(), shop, s.db.Clock().Now())
}
