package chat

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/moderation"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
)

// Speak says something for a viewer. Faults: live.bad_text, live.not_found,
// live.banned, live.muted, live.followers_only, live.slow_mode,
// live.refused_text, live.not_on_air after the end. A message that is held is in
// the answer and on no screen.
func (s *Service) Speak(ctx context.Context, m Message) (Message, error) {
	st, err := s.shows.Standing(ctx, m.Room)
	if err != nil {
		return Message{}, err
	}
	if state := st.State(); state == show.Ended || state == show.Cancelled {
		return Message{}, fault.Conflict("live.not_on_air")
	}
	if m.Text, err = checkText(m.Text); err != nil {
		return Message{}, err // before the slow mode counts it
	}
	if err := s.maySpeak(ctx, st.Room, m.User); err != nil {
		return Message{}, err
	}
	text, action, err := s.options.Words.Judge(ctx, st.Shop, m.Text)
	if err != nil {
		return Message{}, err
	}
	switch action {
	case moderation.Refuse:
		return Message{}, fault.Invalid("live.refused_text").At("body.text")
	case moderation.Hold:
		m.State = Held
	default:
		m.Text = text
	}
	m.Question = isQuestion(m.Text)
	if ours, err := s.options.Staff.May(ctx, m.User, st.Shop, permission.CatalogRead); err != nil {
		return Message{}, err
	} else if ours {
		m.Kind = FromStaff // every role has that permission
	}
	m, err = s.Say(ctx, m)
	if err == nil && m.State == Shown && s.options.Listener != nil {
		if err := s.options.Listener.Said(ctx, m.Room, m.User, m.Text); err != nil {
			s.log.Warn("what was said was not heard", "room", m.Room.String(), "error", err)
		}
	}
	return m, err
}

// maySpeak holds the room's rules and the shop's silences against a viewer.
func (s *Service) maySpeak(ctx context.Context, r room.Room, user id.User) error {
	x, silenced, err := s.options.Words.Silenced(ctx, r.Shop, user)
	if err != nil {
		return err
	}
	if silenced && x.Banned {
		return fault.Forbidden("live.banned")
	}
	if silenced {
		return fault.Forbidden("live.muted")
	}
	if r.FollowersOnly {
		follows, err := s.options.Follows.Follows(ctx, user, r.Shop)
		if err != nil {
			return err
		}
		if !follows {
			return fault.Forbidden("live.followers_only")
		}
	}
	if r.Slow <= 0 {
		return nil
	}
	key := "chat.slow:" + r.ID.String() + ":" + user.String() + ":" + r.Slow.String()
	ok, err := s.options.Limiter.Allow(ctx, key, cache.Rate{Count: 1, Per: r.Slow})
	if err == nil && !ok {
		return fault.TooMany("live.slow_mode", "seconds", int(r.Slow/time.Second))
	}
	return err
}

// isQuestion picks out what a host should answer. It is a guess for the host's
// eye: nothing depends on it.
func isQuestion(text string) bool {
	if strings.ContainsAny(text, "?？") {
		return true
	}
	lower := " " + strings.ToLower(text) + " "
	for _, mark := range []string{
		"吗", "呢", "多少", "怎么", "什么", "哪", "几", "能不能", "可以不", "有没有", "是不是", "多大", "多久", "为啥", "为什么",
		" how ", " what ", " which ", " when ", " where ", " why ", " does ", " is it ", " can i ", " can you ",
		" do you ",
	} {
		if strings.Contains(lower, mark) {
			return true
		}
	}
	return false
}

// Filter chooses messages for staff.
type Filter string

// The filters.
const (
	AllMessages Filter = "all"
	HeldOnes    Filter = "held"
	Questions   Filter = "questions"
)

// Messages lists the newest messages as staff see them, the newest last.
func (s *Service) Messages(ctx context.Context, r id.Room, f Filter) ([]Message, error) {
	return messagesFor(ctx, s.db.Reader(), r, f, recentSize)
}

// Decide shows a held message, or takes one away. Faults: live.no_such_message,
// live.not_found.
func (s *Service) Decide(ctx context.Context, shop id.Shop, r id.Room, message id.Message, to State) error {
	var m Message
	unpinned := false
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		if m, err = messageOf(ctx, tx, r, message); err != nil {
			return err
		}
		if unpinned = false; to == Removed {
			if unpinned, err = room.UnpinMessage(ctx, tx, r, message); err != nil {
				return err
			}
		}
		return setMessageState(ctx, tx, message, to)
	})
	if err != nil || m.State == to {
		return err
	}
	m.State = to
	if to == Shown {
		s.news.Tell(ctx, r, messageNews{newsMessage, View(m)})
	} else {
		s.news.Tell(ctx, r, removedNews{newsRemoved, message})
	}
	if unpinned {
		s.news.Tell(ctx, r, pinnedMessageNews{Type: newsPinnedMessage})
	}
	return nil
}

// PinMessage holds a message at the top of everybody's chat; the zero id holds
// none. Faults: live.no_such_message, live.not_found.
func (s *Service) PinMessage(ctx context.Context, shop id.Shop, r id.Room, message id.Message) error {
	var view *MessageView
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if view = nil; message.IsZero() {
			if _, err := room.OfShop(ctx, tx, shop, r); err != nil {
				return err
			}
			return room.PinMessage(ctx, tx, r, message)
		}
		if err := room.Lock(ctx, tx, shop, r); err != nil {
			return err
		}
		m, err := messageOf(ctx, tx, r, message)
		if err != nil {
			return err
		}
		if m.State != Shown {
			return fault.NotFound("live.no_such_message")
		}
		v := View(m)
		view = &v
		return room.PinMessage(ctx, tx, r, message)
	})
	if err == nil {
		s.news.Tell(ctx, r, pinnedMessageNews{newsPinnedMessage, view})
	}
	return err
}

// Silence mutes or bans who wrote a message, and takes the message away. A ban
// ends what they hear at once. Faults: live.no_such_message, live.not_found.
func (s *Service) Silence(ctx context.Context, shop id.Shop, r id.Room, message id.Message,
	x moderation.Silence,
) error {
	if _, err := s.shows.OfShop(ctx, shop, r); err != nil {
		return err // before anybody is silenced
	}
	m, err := messageOf(ctx, s.db.Reader(), r, message)
	if err != nil {
		return err
	}
	x.Shop, x.User = shop, m.User
	if err := s.options.Words.Silence(ctx, x); err != nil {
		return err
	}
	if x.Banned && s.options.Sockets != nil {
		if err := s.options.Sockets.RecheckUser(ctx, m.User); err != nil {
			s.log.Warn("who was banned may still listen", "user", m.User.String(), "error", err)
		}
	}
	return s.Decide(ctx, shop, r, message, Removed)
}

// Find reads a message of a room; fault live.no_such_message.
func (s *Service) Find(ctx context.Context, r id.Room, message id.Message) (Message, error) {
	return messageOf(ctx, s.db.Reader(), r, message)
}

func messageOf(ctx context.Context, q sqldb.Querier, r id.Room, message id.Message) (Message, error) {
	m, err := messageByID(ctx, q, message)
	if errors.Is(err, sql.ErrNoRows) || err == nil && (m.Room != r || m.State == gathered) {
		return Message{}, fault.NotFound("live.no_such_message")
	}
	return m, err
}
