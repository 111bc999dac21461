// Package front stands between us and the live servers in front of us, SRS and nginx-rtmp: it
// pulls the pictures of their publishers into our own engine, and has them send publishers away.
// Whose picture is pulled, and by which node, stands in the room's row; what its coming means
// is for others to say.
package front

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/media/hooks"
	"hawker/internal/media/pull"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
	"hawker/internal/platform/config"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
	"hawker/internal/room"
)

// Options are what the module needs of others.
type Options struct {
	DB    *sqldb.DB
	Log   *slog.Logger
	Guard *supervise.Supervisor
	Hub   *stream.Hub
	Live  config.Live
	App   string // of our own engine
}

// Fronts are the servers in front of us. Where it is set from where, the picture of a
// publisher there is pulled into our own engine, by one node at a time: its row says
// which and until when (room.Outsider), and another takes up what nobody speaks for.
type Fronts struct {
	o       Options
	control hooks.Control
	wg      sync.WaitGroup

	mu     sync.Mutex
	closed bool
	pulls  map[id.Room]*pulling
	turns  map[id.Room]turn // the newest that was published here
}

// pulling is a connection that this node pulls.
type pulling struct {
	room       id.Room
	connection string
	cancel     context.CancelFunc
}

// turn is a publication of a pulled connection.
type turn struct {
	connection string
	generation int64
}

const (
	pullPause    = 250 * time.Millisecond // before the second try, and then twice as long each time
	pullPauseMax = 5 * time.Second
	pullSteady   = 20 * time.Second // after which a cut counts as the first
	pullGiveUp   = 3 * time.Minute  // of failing: longer than a room waits
	pullToken    = "pull"           // the argument by which a server in front knows us
	pullEvery    = room.PullFor / 3
)

// New makes them; the module's Close stops what is pulled.
func New(o Options) *Fronts {
	return &Fronts{
		o: o, control: hooks.Control{SRS: o.Live.SRSAPI, Nginx: o.Live.NginxControl},
		pulls: map[id.Room]*pulling{}, turns: map[id.Room]turn{},
	}
}

// Playlist is where a server puts the HLS of a stream, "" where it may not publish so.
func (f *Fronts) Playlist(server string) string {
	return map[string]string{hooks.SRS: f.o.Live.SRSHLS, hooks.NginxRTMP: f.o.Live.NginxHLS}[server]
}

// from is where a connection's picture is pulled from, "" where it is not.
func (f *Fronts) from(connection string) string {
	server, _, _ := strings.Cut(connection, ":")
	return map[string]string{hooks.SRS: f.o.Live.SRSPull, hooks.NginxRTMP: f.o.Live.NginxPull}[server]
}

// Pulls tells whether the pictures of a server are pulled.
func (f *Fronts) Pulls(server string) bool { return f.from(server+":") != "" }

// address is from with the room's name in it, and a proof for that server's on_play of who asks:
// what is private is played from there by us alone.
func (f *Fronts) address(r id.Room, connection string) string {
	name := r.String()
	address := strings.ReplaceAll(f.from(connection), "{name}", name)
	mark := "?"
	if strings.Contains(address, "?") {
		mark = "&"
	}
	return address + mark + pullToken + "=" + f.proof(name)
}

func (f *Fronts) proof(name string) string {
	h := hmac.New(sha256.New, []byte(f.o.Live.HookSecret))
	h.Write([]byte("pull " + name))
	return hex.EncodeToString(h.Sum(nil))
}

// Ours tells whether it is we who ask a server in front to play.
func (f *Fronts) Ours(name string, q url.Values) bool {
	return f.o.Live.HookSecret != "" && hmac.Equal([]byte(q.Get(pullToken)), []byte(f.proof(name)))
}

// Begin pulls a connection, in the place of the room's one before.
func (f *Fronts) Begin(r id.Room, connection string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	old := f.pulls[r]
	if f.closed || f.from(connection) == "" || old != nil && old.connection == connection {
		return
	}
	if old != nil {
		old.cancel()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &pulling{r, connection, cancel}
	f.pulls[r] = p
	f.wg.Go(func() {
		defer f.ended(p)
		f.keep(ctx, p)
	})
}

func (f *Fronts) ended(p *pulling) {
	p.cancel()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pulls[p.room] == p {
		delete(f.pulls, p.room)
	}
}

// keep pulls until the connection is the room's no more, or not this node's.
func (f *Fronts) keep(ctx context.Context, p *pulling) {
	clock := f.o.DB.Clock()
	pause, well := pullPause, clock.Now()
	for {
		began := clock.Now()
		err := f.o.Guard.Call("pull", func() error { return f.once(ctx, p) })
		if ctx.Err() != nil || over(err) {
			return
		}
		now := clock.Now()
		if now.Sub(began) >= pullSteady {
			pause, well = pullPause, now
		}
		f.o.Log.Info("pull cut", "room", p.room.String(), "connection", p.connection, "error", err, "again", pause)
		if now.Sub(well) >= pullGiveUp {
			f.giveUp(ctx, p)
			return
		}
		timer := clock.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C():
		}
		timer.Stop()
		pause = min(2*pause, pullPauseMax)
	}
}

// over tells what is not to be tried again: somebody else has the room's picture, or nobody may.
func over(err error) bool {
	for _, final := range []error{
		stream.ErrReplaced, stream.ErrClosed, stream.ErrShutdown, room.ErrEnded, room.ErrWrongKey,
	} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}

func (f *Fronts) once(ctx context.Context, p *pulling) error {
	src, err := pull.Open(ctx, f.address(p.room, p.connection), 0)
	if err != nil {
		return err
	}
	server, _, _ := strings.Cut(p.connection, ":")
	return pull.Copy(src, func(kick func(error)) (rtmp.Sink, error) {
		pub, err := f.o.Hub.Publish(ctx, stream.PublishRequest{
			App: f.o.App, Name: p.room.String(), Protocol: server, Pulled: p.connection,
		}, kick)
		if err != nil {
			return nil, err
		}
		f.mu.Lock()
		f.turns[p.room] = turn{p.connection, pub.Generation()}
		f.mu.Unlock()
		return pub.Sink(), nil
	})
}

// giveUp forgets a connection of which nothing comes, and has its publisher come anew.
func (f *Fronts) giveUp(ctx context.Context, p *pulling) {
	f.o.Log.Warn("pull given up", "room", p.room.String(), "connection", p.connection)
	err := f.o.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := room.KeepPulling(ctx, tx, p.room, p.connection)
		if err == nil && ok {
			_, err = room.Disconnect(ctx, tx, p.room, p.connection)
		}
		return err
	})
	if err != nil {
		f.o.Log.Error("pull given up, and not forgotten", "room", p.room.String(), "error", err)
		return
	}
	f.Dismiss(ctx, p.room, p.connection)
}

// Connection is the one of which a publication was pulled here; "" for one that came by itself.
func (f *Fronts) Connection(r id.Room, generation int64) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t := f.turns[r]; t.generation == generation {
		return t.connection
	}
	return ""
}

// Recheck implements stage.Fronts.
func (f *Fronts) Recheck(ctx context.Context, r id.Room) {
	f.mu.Lock()
	p := f.pulls[r]
	f.mu.Unlock()
	if p == nil {
		return
	}
	o, err := room.Outside(ctx, f.o.DB.Reader(), r)
	if err != nil {
		f.o.Log.Error("what is pulled is not looked at", "room", r.String(), "error", err)
		return
	}
	if !o.Pulled() || o.ID != p.connection || o.Node != f.o.DB.Node() {
		p.cancel()
	}
}

// Dismiss implements stage.Fronts. A server that cannot be told hears of it when it asks next.
func (f *Fronts) Dismiss(ctx context.Context, r id.Room, connection string) {
	server, client, _ := strings.Cut(connection, ":")
	err := f.control.Drop(ctx, server, r.String(), client)
	if errors.Is(err, hooks.ErrNoControl) {
		return
	}
	if err != nil {
		f.o.Log.Warn("a server in front was not told to send a publisher away", "server", server, "error", err)
	}
}

// close lets go of all that is pulled and waits for it.
func (f *Fronts) close() {
	f.mu.Lock()
	f.closed = true
	for _, p := range f.pulls {
		p.cancel()
	}
	f.mu.Unlock()
	f.wg.Wait()
}
