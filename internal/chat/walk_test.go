package chat_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/chat"
	"hawker/internal/moderation"
	"hawker/internal/room"
	"hawker/internal/stage/stagetest"
)

// spoken is a message as a model keeps it.
type spoken struct {
	id    id.Message
	who   id.User
	text  string
	state chat.State
}

// turn is somebody under one slow mode.
type turn struct {
	who  id.User
	slow time.Duration
}

// parlour is a chat beside a naive idea of it: one show, three people.
type parlour struct {
	*stagetest.Kit
	rt      *rapid.T
	room    id.Room
	people  []id.User
	slow    time.Duration
	only    bool
	follows map[id.User]bool
	muted   map[id.User]time.Time // until; the zero time for good
	banned  map[id.User]bool
	spoke   map[turn]time.Time // last time
	list    []spoken
	pinned  id.Message
	counted int64
}

// refusal is what somebody who speaks must hear; "" for nothing.
func (p *parlour) refusal(who id.User, text string) string {
	now := p.Clock.Now()
	until, muted := p.muted[who]
	at, spoke := p.spoke[turn{who, p.slow}]
	switch {
	case text == " ":
		return "live.bad_text"
	case p.banned[who]:
		return "live.banned"
	case muted && (until.IsZero() || now.Before(until)):
		return "live.muted"
	case p.only && !p.follows[who]:
		return "live.followers_only"
	case p.slow > 0 && spoke && now.Sub(at) < p.slow:
		return "live.slow_mode"
	case text == "bad":
		p.spoke[turn{who, p.slow}] = now // a try is a try
		return "live.refused_text"
	}
	return ""
}

func (p *parlour) speak(t *rapid.T) {
	who := rapid.SampledFrom(p.people).Draw(t, "who")
	text := rapid.SampledFrom([]string{"hi", "odd", "bad", " "}).Draw(t, "text")
	if text == "hi" {
		text = fmt.Sprint("hi ", len(p.list))
	}
	want := p.refusal(who, text)
	m, code := p.Speak(p.room, who, text)
	if code != want {
		p.rt.Fatalf("%q: %q, want %q", text, code, want)
	}
	if code != "" {
		return
	}
	x := spoken{m.ID, who, text, chat.Shown}
	if text == "odd" {
		x.state = chat.Held
	}
	if m.State != x.state {
		p.rt.Fatalf("%q is in state %d, want %d", text, m.State, x.state)
	}
	p.list, p.spoke[turn{who, p.slow}] = append(p.list, x), p.Clock.Now()
	p.counted++
}

func (p *parlour) rules(t *rapid.T) {
	slow := time.Duration(rapid.SampledFrom([]int{0, 10, 30}).Draw(t, "slow")) * time.Second
	only := rapid.Bool().Draw(t, "followers only")
	p.Must(p.Rooms.Update(p.T.Context(), p.Shop, p.room, room.Change{Slow: &slow, FollowersOnly: &only}))
	p.slow, p.only = slow, only
}

func (p *parlour) follow(t *rapid.T) {
	who, on := rapid.SampledFrom(p.people).Draw(t, "who"), rapid.Bool().Draw(t, "on")
	_, err := p.Follows.Follow(p.T.Context(), who, p.Shop, on, p.room)
	p.Must(err)
	p.follows[who] = on
}

func (p *parlour) pick(t *rapid.T) int {
	if len(p.list) == 0 {
		t.Skip("nothing was said")
	}
	return rapid.IntRange(0, len(p.list)-1).Draw(t, "message")
}

func (p *parlour) decide(t *rapid.T) {
	i := p.pick(t)
	to := rapid.SampledFrom([]chat.State{chat.Shown, chat.Removed}).Draw(t, "to")
	p.Must(p.Chat.Decide(p.T.Context(), p.Shop, p.room, p.list[i].id, to))
	p.remove(i, to)
}

func (p *parlour) remove(i int, to chat.State) {
	if p.list[i].state = to; to == chat.Removed && p.pinned == p.list[i].id {
		p.pinned = id.Message{}
	}
}

func (p *parlour) silence(t *rapid.T) {
	i := p.pick(t)
	who, x := p.list[i].who, moderation.Silence{By: p.Host}
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		x.Banned = true
	case 1, 2:
		x.Until = p.Clock.Now().Add(20 * time.Second)
	}
	p.Must(p.Chat.Silence(p.T.Context(), p.Shop, p.room, p.list[i].id, x))
	delete(p.muted, who)
	if p.banned[who] = x.Banned; !x.Banned {
		p.muted[who] = x.Until
	}
	p.remove(i, chat.Removed)
}

func (p *parlour) pin(t *rapid.T) {
	i := p.pick(t)
	err := p.Chat.PinMessage(p.T.Context(), p.Shop, p.room, p.list[i].id)
	if shown := p.list[i].state == chat.Shown; (err == nil) != shown {
		p.rt.Fatalf("pinning a message in state %d: %v", p.list[i].state, err)
	}
	if err == nil {
		p.pinned = p.list[i].id
	}
}

func (p *parlour) pass(t *rapid.T) {
	p.Clock.Advance(time.Duration(rapid.SampledFrom([]int{1, 9, 20, 30}).Draw(t, "seconds")) * time.Second)
}

// those are the newest fifty in some states.
func (p *parlour) those(states ...chat.State) (out []id.Message) {
	for _, m := range p.list {
		if slices.Contains(states, m.state) {
			out = append(out, m.id)
		}
	}
	return out[max(0, len(out)-50):]
}

func ids(list []chat.Message) (out []id.Message) {
	for _, m := range list {
		out = append(out, m.ID)
	}
	return out
}

func (p *parlour) check(*rapid.T) {
	seen, err := p.Chat.Recent(p.T.Context(), p.room)
	if want := p.those(chat.Shown); err != nil || !slices.Equal(ids(seen), want) {
		p.rt.Fatalf("viewers see %v, want %v, %v", ids(seen), want, err)
	}
	for f, states := range map[chat.Filter][]chat.State{
		chat.AllMessages: {chat.Shown, chat.Held}, chat.HeldOnes: {chat.Held},
	} {
		list, err := p.Chat.Messages(p.T.Context(), p.room, f)
		if want := p.those(states...); err != nil || !slices.Equal(ids(list), want) {
			p.rt.Fatalf("the staff see, of %s, %v, want %v, %v", f, ids(list), want, err)
		}
	}
	if st := p.Standing(p.room); st.PinnedMessage != p.pinned || st.Now.Messages != p.counted {
		p.rt.Fatalf("pinned is %s, want %s; %d messages, want %d", st.PinnedMessage, p.pinned, st.Now.Messages,
			p.counted)
	}
}

// Whoever speaks, follows, is silenced or moderates in whatever order hears what the
// rules say, and everybody sees what is left.
func TestAChatThroughWhateverHappens(t *testing.T) {
	t.Parallel()
	k := stagetest.Open(t)
	for word, a := range map[string]moderation.Action{"bad": moderation.Refuse, "odd": moderation.Hold} {
		_, err := k.Words.AddWord(t.Context(), moderation.Word{Shop: k.Shop, Text: word, Action: a})
		k.Must(err)
	}
	stagetest.Walk(t, func(rt *rapid.T) {
		p := &parlour{
			Kit: k, rt: rt, room: k.Room(), follows: map[id.User]bool{}, muted: map[id.User]time.Time{},
			banned: map[id.User]bool{}, spoke: map[turn]time.Time{},
		}
		for range 3 {
			p.people = append(p.people, id.Make[id.User](k.DB))
		}
		k.Publish(p.room)
		rt.Repeat(map[string]func(*rapid.T){
			"speak": p.speak, "speak again": p.speak, "rules": p.rules, "follow": p.follow, "decide": p.decide,
			"silence": p.silence, "pin": p.pin, "pass": p.pass, "": p.check,
		})
	})
}
