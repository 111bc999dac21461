// Package ingest lets publishers in and tells the stage of their coming and going:
// those who send to our own engine, of which it is the Admission, the Observer and
// the Store, and those who send to SRS or nginx-rtmp in front (Edge). It also sends
// rooms on to other servers (Restreams). Which room a key opens, and what the coming
// of a picture means for it, others know. A slow database delays a state on a
// screen, never a frame.
package ingest

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"net/url"
	"path"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/media/record"
	"hawker/internal/media/stream"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/stage"
)

// App is the RTMP application of our own engine.
const App = "live"

// Options are what the module needs of others.
type Options struct {
	DB     *sqldb.DB
	Log    *slog.Logger
	Rooms  *room.Service
	Shows  *show.Service
	Shelf  *shelf.Service
	Stage  *stage.Service
	Anyone bool // a name that is no key publishes as an unlisted stream, for measuring
	Part   time.Duration
	Fronts Fronts // the servers in front
	// Moved tells other nodes that a stream's picture is here; nil where there are none.
	Moved func(streamID string, generation int64)
}

// Fronts are the servers in front of us, by their names in hooks, and what is pulled from them.
type Fronts interface {
	Playlist(server string) string // "" where none is set
	Pulls(server string) bool
	Begin(r id.Room, connection string)
	Ensure(ctx context.Context, r id.Room) error
	Recheck(ctx context.Context, r id.Room)
	Ours(name string, q url.Values) bool
	Connection(r id.Room, generation int64) string
	Module() module.Module
}

// Service is the module.
type Service struct {
	options Options
	db      *sqldb.DB
	log     *slog.Logger
	rooms   *room.Service
	shows   *show.Service
	stage   *stage.Service
	fronts  Fronts
}

// New makes the module.
func New(o Options) *Service {
	return &Service{
		options: o, db: o.DB, log: o.Log, rooms: o.Rooms, shows: o.Shows, stage: o.Stage, fronts: o.Fronts,
	}
}

// Admit implements stream.Admission: the stream's name is the key of a room.
func (s *Service) Admit(ctx context.Context, r stream.PublishRequest) (stream.Grant, error) {
	key := r.Name
	if q := r.Query.Get("key"); q != "" {
		key = q
	}
	if r.App != App {
		return s.unlisted(r, wrongApp{})
	}
	if r.Pulled != "" {
		var err error
		if key, err = s.pulledKey(ctx, r); err != nil {
			return stream.Grant{}, err
		}
	}
	h, err := s.rooms.ByKey(ctx, key)
	if err != nil {
		return s.unlisted(r, err)
	}
	st, err := s.shows.Standing(ctx, h.ID)
	if err != nil {
		return stream.Grant{}, err
	}
	return stream.Grant{
		StreamID: h.ID.String(), Record: h.Recorded && !st.Private(), PartTarget: h.Part, Ladder: h.Renditions,
		Stage: s.stage.StageOf(st),
	}, nil
}

// pulledKey is the key of the room whose picture we pull: its publisher has shown it to the server in
// front. ErrWrongKey if the connection is the room's no more, or another node's.
func (s *Service) pulledKey(ctx context.Context, r stream.PublishRequest) (string, error) {
	var x id.Room
	if err := x.UnmarshalText([]byte(r.Name)); err != nil {
		return "", err
	}
	o, err := room.Outside(ctx, s.db.Reader(), x)
	if err != nil {
		return "", err
	}
	if !o.Pulled() || o.ID != r.Pulled || o.Node != s.db.Node() {
		return "", room.ErrWrongKey
	}
	return s.rooms.Key(ctx, x)
}

const openNameMax = 64

// wrongApp is an address of which the key was not even looked at. Who publishes hears the same as of
// a wrong key, the log says what it is.
type wrongApp struct{}

func (wrongApp) Error() string {
	return "wrong application: an address ends with /" + App + "/ and the key"
}

func (wrongApp) Is(target error) bool { return target == room.ErrWrongKey }

// unlisted grants a name that is no key where anyone may publish.
func (s *Service) unlisted(r stream.PublishRequest, refusal error) (stream.Grant, error) {
	if !s.options.Anyone || !errors.Is(refusal, room.ErrWrongKey) || !plainName(r.Name) {
		return stream.Grant{}, refusal
	}
	return stream.Grant{StreamID: r.Name, PartTarget: s.options.Part}, nil
}

func plainName(name string) bool {
	for _, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return name != "" && len(name) <= openNameMax
}

// observing bounds how long a change of a room's state may take.
const observing = 10 * time.Second

// observed does what follows from news of the engine. A stream that is no room's is
// one of open publishing.
func (s *Service) observed(streamID, what string, follow func(ctx context.Context, r id.Room) error) {
	ctx, cancel := context.WithTimeout(context.Background(), observing)
	defer cancel()
	var r id.Room
	if err := r.UnmarshalText([]byte(streamID)); err != nil || r.IsZero() {
		return
	}
	if err := follow(ctx, r); err != nil {
		s.log.Error("room not changed after news of its stream", "room", streamID, "news", what, "error", err)
		return
	}
	s.log.Info("room", "id", streamID, "news", what)
}

// OnPublish implements stream.Observer: the room is on air, or in warm-up ready to
// be. A publisher that takes over or comes back changes nothing of its show.
func (s *Service) OnPublish(streamID string, generation int64) {
	if s.options.Moved != nil {
		s.options.Moved(streamID, generation)
	}
	s.observed(streamID, "published", func(ctx context.Context, r id.Room) error {
		err := s.arrived(ctx, r, generation)
		if x, ok := s.shows.RunningIn(r); ok && generation > 1 && err == nil {
			err = s.options.Shelf.Remark(ctx, x.ID)
		}
		return err
	})
}

// arrived tells the stage of a publisher that came by itself, or whose picture is pulled.
func (s *Service) arrived(ctx context.Context, r id.Room, generation int64) error {
	connection := s.fronts.Connection(r, generation)
	if connection == "" {
		return s.stage.Arrived(ctx, r, room.Connection{})
	}
	err := s.stage.Pulled(ctx, r, connection)
	if errors.Is(err, stage.ErrStale) {
		s.fronts.Recheck(ctx, r)
		return nil
	}
	return err
}

// OnUnpublish implements stream.Observer: the room waits for its publisher, unless
// a newer one took over.
func (s *Service) OnUnpublish(streamID string, _ int64, reason error) {
	if errors.Is(reason, stream.ErrReplaced) {
		return
	}
	s.observed(streamID, "unpublished", s.stage.Left)
}

// OnRecorded implements stream.Observer: the show has a replay.
func (s *Service) OnRecorded(streamID string, generation int64, info record.Info) {
	s.observed(streamID, "recorded", func(ctx context.Context, r id.Room) error {
		var x id.Show
		if err := x.UnmarshalText([]byte(info.Show)); err != nil || info.Segments == 0 {
			return err
		}
		return s.shows.AddRecording(ctx, show.Recording{
			Room: r, Show: x, Generation: generation, Folder: path.Base(info.Dir), Start: info.Start,
			Duration: info.Duration, Bytes: info.Bytes,
		})
	})
}

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
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		kept, err := saveStreamState(ctx, tx, streamID, string(raw), st.Generation)
		if err == nil && !kept {
			return stream.ErrElsewhere
		}
		return err
	})
}
