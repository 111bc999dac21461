package chat

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
)

// What was said is answered again for as long as somebody on a bad line tries. It is
// kept in this process and in no row: a message costs one already, and one that a crash
// makes heard twice harms nobody.
const (
	answersMax  = 10_000
	answersKeep = 2 * time.Minute
)

// saying is one intent of one speaker.
type saying struct {
	room id.Room
	user id.User
	kind Kind
	key  string
}

type answer struct {
	text    string
	message Message
}

// once says something unless it was said under the same key; without a key it is said
// each time. Fault: request.idempotency_key_reused.
func (s *Service) once(
	ctx context.Context, key string, m Message, say func(ctx context.Context, m Message) (Message, error),
) (Message, error) {
	if key == "" {
		return say(ctx, m)
	}
	intent := saying{m.Room, m.User, m.Kind, key}
	a, err := s.answers.Get(ctx, intent, func(ctx context.Context, _ saying) (answer, error) {
		said, err := say(ctx, m)
		return answer{m.Text, said}, err
	})
	if err == nil && a.text != m.Text {
		err = fault.Conflict("request.idempotency_key_reused")
	}
	return a.message, err
}
