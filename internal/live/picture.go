package live

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/record"
	"hawker/internal/media/stream"
	"hawker/internal/platform/sqldb"
)

// Why a publisher is refused.
var (
	ErrWrongKey = errors.New("wrong stream key")
	ErrEnded    = errors.New("the host has just ended this show")
)

// doorClosed is how long a room refuses publishers after its host has ended the
// show: encoders reconnect by themselves and would put it on air again.
const doorClosed = time.Minute

const ingestApp = "live"

// Admit implements stream.Admission: the stream's name is the key of a room.
func (s *Service) Admit(ctx context.Context, r stream.PublishRequest) (stream.Grant, error) {
	key := r.Name
	if q := r.Query.Get("key"); q != "" {
		key = q
	}
	if r.App != ingestApp || key == "" {
		return stream.Grant{}, ErrWrongKey
	}
	k, err := s.keyHolder(ctx, key)
	if err != nil {
		return stream.Grant{}, err
	}
	part := k.part
	if part <= 0 {
		part = s.Part
	}
	g := stream.Grant{StreamID: k.room.String(), Record: k.recorded, PartTarget: part}
	if k.ladder {
		if g.Ladder = k.renditions; len(g.Ladder) == 0 {
			g.Ladder = s.Renditions
		}
	}
	return g, nil
}

// keyHolder finds the room that a key opens now. Errors ErrWrongKey, ErrEnded.
func (s *Service) keyHolder(ctx context.Context, key string) (keyHolder, error) {
	k, err := roomByKey(ctx, s.db.Reader(), s.box.Index(key, "stream key"))
	if errors.Is(err, sql.ErrNoRows) {
		return k, ErrWrongKey
	}
	if err == nil && (k.state == Cancelled || s.db.Clock().Now().Before(k.closedUntil)) {
		return k, ErrEnded
	}
	return k, err
}

// observing bounds how long a change of a room's state may take.
const observing = 10 * time.Second

// OnPublish implements stream.Observer: the room is on air, or in warm-up ready
// to be.
func (s *Service) OnPublish(streamID string, generation int64) {
	if generation > 1 {
		defer s.remark(streamID)
	}
	s.observed(streamID, func(ctx context.Context, tx *sqldb.Tx, r Room) (State, error) {
		if err := setExternal(ctx, tx, r.ID, "", ""); err != nil || r.Mode == WarmUp {
			return r.State, err
		}
		return Live, s.goOnAir(ctx, tx, r)
	})
}

// remark tells the engine the newest marks of a show that goes on: after a
// restart its playlists know none.
func (s *Service) remark(streamID string) {
	ctx, cancel := context.WithTimeout(context.Background(), observing)
	defer cancel()
	var room id.Room
	if room.UnmarshalText([]byte(streamID)) != nil {
		return
	}
	r, err := s.Find(ctx, room)
	if err != nil {
		return
	}
	pins, err := s.Marks(ctx, r)
	if err != nil {
		s.log.Warn("picture not marked", "room", streamID, "error", err)
		return
	}
	for _, p := range pins[max(0, len(pins)-remarkMax):] {
		s.markPicture(ctx, p)
	}
}

const remarkMax = 5 // those that a window may still hold

// OnUnpublish implements stream.Observer: the room waits for its publisher.
func (s *Service) OnUnpublish(streamID string, _ int64, _ error) {
	s.observed(streamID, func(ctx context.Context, tx *sqldb.Tx, r Room) (State, error) {
		if h, ok := s.picture.Stream(streamID); r.State != Live || (ok && h.Live) {
			return r.State, nil // ended by its host, or taken over by a newer publisher
		}
		return Paused, pause(ctx, tx, r.ID)
	})
}

// OnRecorded implements stream.Observer: the room has a replay.
func (s *Service) OnRecorded(streamID string, generation int64, info record.Info) {
	s.observed(streamID, func(ctx context.Context, tx *sqldb.Tx, r Room) (State, error) {
		if info.Segments == 0 {
			return r.State, nil
		}
		return r.State, insertRecording(ctx, tx, r.ID, generation, filepath.Base(info.Dir), info)
	})
}

// observed changes a room after news from the engine and tells whoever is in it.
func (s *Service) observed(streamID string, change func(ctx context.Context, tx *sqldb.Tx, r Room) (State, error)) {
	ctx, cancel := context.WithTimeout(context.Background(), observing)
	defer cancel()
	var room id.Room
	if err := room.UnmarshalText([]byte(streamID)); err != nil {
		return // an unlisted stream of open publishing
	}
	var before Room
	var after State
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		if before, err = find(ctx, tx, room); err != nil {
			return err
		}
		after, err = change(ctx, tx, before)
		return err
	})
	if err != nil {
		s.log.Error("room not changed after news of its stream", "room", streamID, "error", err)
		return
	}
	s.tellState(ctx, room)
	s.log.Info("room", "id", streamID, "was", before.State, "is", after)
}

func (s *Service) tellState(ctx context.Context, room id.Room) {
	r, err := s.Find(ctx, room)
	if err != nil {
		s.log.Error("room not told", "room", room.String(), "error", err)
		return
	}
	s.tell(ctx, room, stateNews{newsState, r.State, r.Mode, playbackURL(r), replayURL(r), int64(r.Slow / time.Second), r.FollowersOnly})
}

// End closes the show: the publisher is sent away and the replay is there.
func (s *Service) End(ctx context.Context, shop id.Shop, room id.Room) error {
	until := s.clockOf(room)
	err := s.update(ctx, shop, room, func(ctx context.Context, tx *sqldb.Tx, r Room) error {
		if r.State != Live && r.State != Paused {
			return fault.Conflict("live.not_on_air")
		}
		_, err := s.closePin(ctx, tx, room, until)
		return errors.Join(err, end(ctx, tx, room), closeDoor(ctx, tx, room, tx.Now().Add(doorClosed)))
	})
	if err != nil {
		return err
	}
	s.picture.Close(room.String())
	s.tellState(ctx, room)
	return nil
}

// Kick sends the publisher away; unlike after End it may come again.
func (s *Service) Kick(ctx context.Context, shop id.Shop, room id.Room) error {
	if _, err := s.OfShop(ctx, shop, room); err != nil {
		return err
	}
	if !s.picture.Kick(room.String()) {
		return fault.Conflict("live.no_picture")
	}
	return nil
}

// pauseMax is how long a room waits for its publisher; the engine keeps the
// playlist up as long.
const pauseMax = time.Minute

// Sweep ends rooms whose publisher has been away too long.
func (s *Service) Sweep(ctx context.Context) error {
	due, err := pausedBefore(ctx, s.db.Reader(), s.db.Clock().Now().Add(-pauseMax))
	if err != nil {
		return err
	}
	for _, r := range due {
		err := s.update(ctx, r.Shop, r.ID, func(ctx context.Context, tx *sqldb.Tx, now Room) error {
			if now.State != Paused {
				return nil
			}
			h, _ := s.Health(r.ID)
			_, err := s.closePin(ctx, tx, r.ID, h.Clock)
			return errors.Join(err, end(ctx, tx, r.ID))
		})
		if err != nil {
			return err
		}
		s.tellState(ctx, r.ID)
	}
	return nil
}

// Recover is called at start, before publishers: rooms that a crash left on air
// wait for their publisher like after any cut. recorded tells whether a room's
// recording is there, of which nobody told us any more.
func (s *Service) Recover(ctx context.Context, recorded func(room id.Room) bool) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		rooms, err := listRooms(ctx, tx, roomFilter{state: Live, staff: true}, recoverMax)
		if err != nil {
			return err
		}
		for _, r := range rooms {
			if recorded(r.ID) {
				if err := markReplay(ctx, tx, r.ID); err != nil {
					return err
				}
			}
		}
		return pauseAll(ctx, tx)
	})
	if err != nil {
		return err
	}
	_, private, err := roomsOnStage(ctx, s.db.Reader())
	s.stage.replace(private, s.stage.seen()) // before anybody asks for a picture
	return err
}

const recoverMax = 1000

// Load implements stream.Store.
func (s *Service) Load(ctx context.Context, streamID string) (st stream.State, err error) {
	raw, err := streamState(ctx, s.db.Reader(), streamID)
	if errors.Is(err, sql.ErrNoRows) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	return st, json.Unmarshal([]byte(raw), &st)
}

// Save implements stream.Store.
func (s *Service) Save(ctx context.Context, streamID string, st stream.State) error {
	raw, err := json.Marshal(st)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return saveStreamState(ctx, tx, streamID, string(raw)) })
}

func playbackURL(r Room) string {
	if r.ExternalURL != "" {
		return r.ExternalURL
	}
	return fmt.Sprintf("/live/%s/index.m3u8", r.ID)
}

func replayURL(r Room) string {
	if !r.Replay {
		return ""
	}
	return fmt.Sprintf("/replay/%s/index.m3u8", r.ID)
}
