package room

import (
	"context"
	"sync"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
)

const (
	doorsMax = 20_000
	// How long another node's change may be unseen.
	doorFresh = time.Second
)

// doors remembers for whom rooms are, so that each piece of a picture that is
// asked for needs no look into the database.
type doors struct {
	fresh time.Duration // 0: until it is changed here

	mu      sync.RWMutex
	known   map[id.Room]knownDoor
	changes int // made here; what was read before one of them is old
}

type knownDoor struct {
	httpapi.RoomDoor
	at time.Time
}

func newDoors(db *sqldb.DB) *doors {
	d := &doors{known: map[id.Room]knownDoor{}}
	if db.Shared() {
		d.fresh = doorFresh
	}
	return d
}

// Door implements httpapi.RoomGate: for whom a room is, from memory where it can.
// Fault live.not_found.
func (s *Service) Door(ctx context.Context, room id.Room) (httpapi.RoomDoor, error) {
	now := s.db.Clock().Now()
	s.doors.mu.RLock()
	have, ok := s.doors.known[room]
	asked, fresh := s.doors.changes, s.doors.fresh
	s.doors.mu.RUnlock()
	if ok && (fresh == 0 || now.Sub(have.at) < fresh) {
		return have.RoomDoor, nil
	}
	r, err := s.Find(ctx, room)
	if err != nil {
		return httpapi.RoomDoor{}, err
	}
	d := httpapi.RoomDoor{Shop: r.Shop, Mode: string(r.Mode)}
	s.doors.keep(room, knownDoor{d, now}, asked)
	return d, nil
}

// keep takes what the database said, unless something was changed here since it
// was asked: a room that has just been closed must not open for a moment.
func (d *doors) keep(room id.Room, k knownDoor, asked int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changes != asked {
		return
	}
	if len(d.known) >= doorsMax {
		clear(d.known)
	}
	d.known[room] = k
}

// Changed forgets for whom a room was; whoever has changed it calls this as soon
// as that is committed.
func (s *Service) Changed(room id.Room) {
	s.doors.mu.Lock()
	defer s.doors.mu.Unlock()
	s.doors.changes++
	delete(s.doors.known, room)
}
