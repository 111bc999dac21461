package live

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/sqldb"
)

// MessageState says who sees a message.
type MessageState int

// The states.
const (
	Shown   MessageState = iota
	Held                 // a moderator looks first
	Removed              // nobody sees it any more
)

// Speak says something for a viewer. Faults: live.bad_text, live.not_found,
// live.banned, live.muted, live.followers_only, live.slow_mode,
// live.refused_text, live.not_on_air after the end. A message that is held is in the answer and on no screen.
func (s *Service) Speak(ctx context.Context, m Message) (Message, error) {
	r, err := s.Find(ctx, m.Room)
	if err != nil {
		return Message{}, err
	}
	if r.State == Ended || r.State == Cancelled {
		return Message{}, fault.Conflict("live.not_on_air")
	}
	if err := s.maySpeak(ctx, r, m.User); err != nil {
		return Message{}, err
	}
	text, action, err := s.Words.Judge(ctx, r.Shop, cleanText(m.Text))
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
	m, err = s.Say(ctx, m)
	if err == nil && m.State == Shown && s.listener != nil {
		s.listener.Said(ctx, m.Room, m.User, m.Text)
	}
	return m, err
}

// maySpeak holds the room's rules and the shop's silences against a viewer.
func (s *Service) maySpeak(ctx context.Context, r Room, user id.User) error {
	x, silenced, err := s.Words.Silenced(ctx, r.Shop, user)
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
		follows, err := s.Follows.Follows(ctx, user, r.Shop)
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
	ok, err := s.Limiter.Allow(ctx, "chat.slow:"+r.ID.String()+":"+user.String()+":"+r.Slow.String(), cache.Rate{Count: 1, Per: r.Slow})
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
		" how ", " what ", " which ", " when ", " where ", " why ", " does ", " is it ", " can i ", " can you ", " do you ",
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
func (s *Service) Messages(ctx context.Context, room id.Room, f Filter) ([]Message, error) {
	return messagesFor(ctx, s.db.Reader(), room, f, recentSize)
}

// Decide shows a held message, or takes one away. Fault live.no_such_message.
func (s *Service) Decide(ctx context.Context, shop id.Shop, room id.Room, message id.Message, to MessageState) error {
	var m Message
	unpinned := false
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, r Room) (err error) {
		if m, err = messageOf(ctx, tx, room, message); err != nil {
			return err
		}
		if unpinned = to == Removed && r.PinnedMessage == message; unpinned {
			if err := setPinnedMessage(ctx, tx, room, id.Message{}); err != nil {
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
		s.tell(ctx, room, messageNews{newsMessage, viewMessage(m)})
	} else {
		s.tell(ctx, room, removedNews{newsRemoved, message})
	}
	if unpinned {
		s.tell(ctx, room, pinnedMessageNews{Type: newsPinnedMessage})
	}
	return nil
}

// PinMessage holds a message at the top of everybody's chat; the zero id holds
// none.
func (s *Service) PinMessage(ctx context.Context, shop id.Shop, room id.Room, message id.Message) error {
	var view *MessageView
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, _ Room) error {
		view = nil
		if !message.IsZero() {
			m, err := messageOf(ctx, tx, room, message)
			if err != nil {
				return err
			}
			if m.State != Shown {
				return fault.NotFound("live.no_such_message")
			}
			v := viewMessage(m)
			view = &v
		}
		return setPinnedMessage(ctx, tx, room, message)
	})
	if err == nil {
		s.tell(ctx, room, pinnedMessageNews{newsPinnedMessage, view})
	}
	return err
}

// Author tells who wrote a message: moderators act on people by what they said.
func (s *Service) Author(ctx context.Context, room id.Room, message id.Message) (id.User, error) {
	m, err := messageOf(ctx, s.db.Reader(), room, message)
	return m.User, err
}

func messageOf(ctx context.Context, q sqldb.Querier, room id.Room, message id.Message) (Message, error) {
	m, err := messageByID(ctx, q, message)
	if errors.Is(err, sql.ErrNoRows) || err == nil && m.Room != room {
		return Message{}, fault.NotFound("live.no_such_message")
	}
	return m, err
}
