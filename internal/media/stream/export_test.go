package stream

import "context"

// PublishAfter publishes as Publish does, with something that happens between finding
// the stream and publishing to it.
func (h *Hub) PublishAfter(ctx context.Context, r PublishRequest, meanwhile func()) (*Publication, error) {
	g, err := h.cfg.Admission.Admit(ctx, r)
	if err != nil {
		return nil, err
	}
	s, err := h.obtain(ctx, g.StreamID)
	if err != nil {
		return nil, err
	}
	meanwhile()
	return h.publishTo(ctx, s, admitted{g, r, nil, h.stagings.Load()})
}
