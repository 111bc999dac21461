package rtmp

import (
	"context"
	"testing"
)

// clumsy panics with what one publisher sends and what one player asks for.
type clumsy struct{ *desk }

func (c clumsy) Publish(ctx context.Context, r PublishRequest, kick func(error)) (Sink, error) {
	s, err := c.desk.Publish(ctx, r, kick)
	if r.Name == "spilt" {
		return clumsySink{s}, err
	}
	return s, err
}

type clumsySink struct{ Sink }

func (clumsySink) Video(uint32, []byte) error { panic("spilt") }

// TestAPanicEndsOneConnection has the handling of one publisher's picture panic: its publication is closed as any
// other, and who publishes beside it goes on.
func TestAPanicEndsOneConnection(t *testing.T) {
	d := newDesk()
	addr := serve(t, &Server{Handler: clumsy{d}})
	steady, spilt := dial(t, addr, "/live/steady"), dial(t, addr, "/live/spilt")
	d.wait(t, "publish spilt")
	for _, c := range []*Client{spilt, steady} {
		if err := c.WriteVideo(0, []byte{0x17, 0, 0, 0, 0}); err != nil {
			t.Fatal(err)
		}
		if c == spilt {
			d.wait(t, "close spilt")
		}
	}
	steady.Cut()
	d.wait(t, "close steady")
}
