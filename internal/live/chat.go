package live

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
)

func channel(room id.Room) string { return realtime.RoomChannel(room) }

// News that a room hears, by their type.
const (
	newsMessage = "message"
	newsPin     = "pin"
	newsStats   = "stats"
	newsState   = "state"
	newsStock   = "stock"
	newsJoined  = "joined"
	newsRemoved = "removed"
	newsHeld    = "held"

	newsPinnedMessage = "pinned_message"
)

type messageNews struct {
	Type    string      `json:"type"`
	Message MessageView `json:"message"`
}

type removedNews struct {
	Type    string     `json:"type"`
	Message id.Message `json:"message_id"`
}

type pinnedMessageNews struct {
	Type    string       `json:"type"`
	Message *MessageView `json:"message"`
}

type pinNews struct {
	Type string   `json:"type"`
	Pin  *PinView `json:"pin"`
}

type statsNews struct {
	Type    string `json:"type"`
	Viewers int    `json:"viewers"`
	Likes   int64  `json:"likes"`
}

type stateNews struct {
	Type        string `json:"type"`
	State       State  `json:"state"`
	Mode        Mode   `json:"mode"`
	PlaybackURL string `json:"playback_url"`
	ReplayURL   string `json:"replay_url"`
	// Rules of the chat, which hold for the next message.
	SlowSeconds   int64 `json:"slow_seconds"`
	FollowersOnly bool  `json:"followers_only"`
}

type stockNews struct {
	Type      string     `json:"type"`
	Product   id.Product `json:"product_id"`
	Available int64      `json:"available"`
	Sold      int64      `json:"sold"`
}

// MessageView is a message as screens show it.
type MessageView struct {
	ID   id.Message  `json:"id"`
	Kind MessageKind `json:"kind" enum:"chat,order,host,system"`
	Name string      `json:"user_name"`
	Text string      `json:"text"`
	// Texts is there for what the program says itself: news go to readers of every language at once.
	Texts    lang.Text `json:"texts,omitempty"`
	At       time.Time `json:"at"`
	Held     bool      `json:"held,omitempty" doc:"A moderator looks first; only its author sees it"`
	Question bool      `json:"question,omitempty"`
}

func viewMessage(m Message) MessageView {
	return MessageView{m.ID, m.Kind, m.Name, m.Text, m.Texts, m.At, m.State == Held, m.Question}
}

// tell publishes news to a room. News that do not arrive are logged: whoever
// opens the room reads the state anew.
func (s *Service) tell(ctx context.Context, room id.Room, news any) {
	if err := s.news.Publish(ctx, channel(room), news); err != nil {
		s.log.Warn("room not told", "room", room.String(), "error", err)
	}
}

// Say adds a message to a room and shows it to everybody in it; one that is held
// is shown to the staff. Faults: live.bad_text, live.not_found.
func (s *Service) Say(ctx context.Context, m Message) (Message, error) {
	m.Text = cleanText(m.Text)
	if n := utf8.RuneCountInString(m.Text); n == 0 || n > TextMax {
		return Message{}, fault.Invalid("live.bad_text", "max", TextMax).At("body.text")
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		m.ID, m.At = id.Make[id.Message](tx), tx.Now()
		return addMessage(ctx, tx, m)
	})
	if err != nil {
		return Message{}, err
	}
	if m.State != Held {
		s.tell(ctx, m.Room, messageNews{newsMessage, viewMessage(m)})
		return m, nil
	}
	r, err := s.Find(ctx, m.Room)
	if err == nil {
		err = s.news.Publish(ctx, realtime.ShopChannel(r.Shop), heldNews{newsHeld, m.Room, viewMessage(m)})
	}
	if err != nil {
		s.log.Warn("staff not told of a held message", "error", err)
	}
	return m, nil
}

type heldNews struct {
	Type    string      `json:"type"`
	Room    id.Room     `json:"room_id"`
	Message MessageView `json:"message"`
}

// addMessage writes a message; fault live.not_found.
func addMessage(ctx context.Context, tx *sqldb.Tx, m Message) error {
	ok, err := countMessage(ctx, tx, m.Room)
	if err != nil {
		return err
	}
	if !ok {
		return fault.NotFound("live.not_found")
	}
	return insertMessage(ctx, tx, m)
}

// joiner holds the people of one emoji together.
const joiner = '\u200d'

// cleanText makes one line of what was typed: control characters and runs of
// spaces would let one message cover the chat, and invisible characters would
// turn its direction around or make it look empty.
func cleanText(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r) && r != joiner:
			return -1
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// Recent gives the newest messages, the newest last.
func (s *Service) Recent(ctx context.Context, room id.Room) ([]Message, error) {
	return recentMessages(ctx, s.db.Reader(), room, recentSize)
}
