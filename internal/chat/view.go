package chat

import (
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
)

// MessageView is a message as screens show it.
type MessageView struct {
	ID   id.Message `json:"id"`
	Kind Kind       `json:"kind" enum:"chat,staff,order,host,system"`
	Name string     `json:"user_name"`
	Text string     `json:"text"`
	// Texts is there for what the program says itself: news go to readers of every language at once.
	Texts    lang.Text `json:"texts,omitempty"`
	At       time.Time `json:"at"`
	Held     bool      `json:"held,omitempty" doc:"A moderator looks first; only its author sees it"`
	Question bool      `json:"question,omitempty"`
}

// View draws a message.
func View(m Message) MessageView {
	return MessageView{m.ID, m.Kind, m.Name, m.Text, m.Texts, m.At, m.State == Held, m.Question}
}

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

type heldNews struct {
	Type    string      `json:"type"`
	Room    id.Room     `json:"room_id"`
	Message MessageView `json:"message"`
}

// Masked shows the first letter of a name: others need not know who bought.
func Masked(name string) string {
	for _, r := range name {
		return string(r) + "**"
	}
	return "**"
}
