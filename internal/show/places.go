package show

import (
	"context"
	"fmt"

	"hawker/internal/base/id"
)

// bases stand before addresses of what is for everybody: a CDN's, or nothing. A room that is
// private shows itself to some by what they hold, which a CDN is not given.
type bases struct{ live, replays string }

// PlaybackURL is where the picture of a room is.
func (s *Service) PlaybackURL(st Standing) string {
	if st.ExternalURL != "" {
		return st.ExternalURL
	}
	base := s.bases.live
	if st.Private() {
		base = ""
	}
	return fmt.Sprintf("%s/live/%s/index.m3u8", base, st.ID)
}

// ReplayURL is where the newest show of a room can be seen again, "" without a recording.
func (s *Service) ReplayURL(st Standing) string { return s.replay(st.Current(), st.Private()) }

// replay is where a show can be seen again, whichever came after it; "" without a recording.
func (s *Service) replay(x Show, private bool) string {
	if !x.Replay {
		return ""
	}
	base := s.bases.replays
	if private {
		base = ""
	}
	return fmt.Sprintf("%s/replay/%s/%s/index.m3u8", base, x.Room, x.ID)
}

// ReplayURLs tells where shows can be watched again; those without a replay are
// left out.
func (s *Service) ReplayURLs(ctx context.Context, shows []id.Show) (map[id.Show]string, error) {
	out := map[id.Show]string{}
	if len(shows) == 0 {
		return out, nil
	}
	found, err := showsByID(ctx, s.db.Reader(), shows)
	if err != nil {
		return out, err
	}
	private, err := s.privateOf(ctx, found)
	for _, x := range found {
		if url := s.replay(x, private[x.Room]); url != "" && !x.Rehearsal {
			out[x.ID] = url
		}
	}
	return out, err
}

// privateOf answers which rooms of shows are private now, where that makes a difference.
func (s *Service) privateOf(ctx context.Context, shows []Show) (map[id.Room]bool, error) {
	if s.bases.replays == "" || len(shows) == 0 {
		return nil, nil
	}
	rooms := make([]id.Room, len(shows))
	for i, x := range shows {
		rooms[i] = x.Room
	}
	return privateAmong(ctx, s.db.Reader(), rooms)
}
