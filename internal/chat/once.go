package chat

import (
	"context"

	"hawker/internal/platform/idem"
)

// once says something unless it was said under the same key; without a key it is said
// each time. A message costs a row already, so its answer is kept in this process: one
// that a crash makes heard twice harms nobody. Fault: request.idempotency_key_reused.
func (s *Service) once(
	ctx context.Context, key string, m Message, say func(ctx context.Context, m Message) (Message, error),
) (Message, error) {
	if key == "" {
		return say(ctx, m)
	}
	k, err := idem.NewKey("say:"+string(m.Kind)+":"+m.Room.String(), m.User.String(), key, m.Text)
	if err != nil {
		return m, err
	}
	return s.answers.Once(ctx, k, func(ctx context.Context) (Message, error) { return say(ctx, m) })
}
