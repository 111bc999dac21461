// Package home knows at which node of a mall a stream is, and takes there what has to be
// asked of it: the steps of its room, its players by RTMP's and WebRTC's ways, and once
// each piece of its picture, whoever asks for it here. A stream is where its newest
// publisher came; which that is stands in the row that gives its numbers out, so no two
// nodes have it. A mall of one server has no home to look for.
package home

import (
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"hawker/internal/media/stream"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/sqldb"
)

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Log     *slog.Logger
	Hub     *stream.Hub
	Nodes   cache.Nodes    // nil: there is one node
	Trusted []netip.Prefix // networks of the other nodes
	Memory  int64          // for pieces of pictures, bytes
}

// Service is the module.
type Service struct {
	Options
	ways

	mu    sync.Mutex
	known map[string]place // by the stream
}

// place is where a stream is, as it was looked up.
type place struct {
	address string // "": here, or nowhere
	at      time.Time
}

const (
	opMoved = "stream"
	// placeFresh is how long another node may have a stream before that is known here
	// without having been told.
	placeFresh = 500 * time.Millisecond
	placesMax  = 20_000
	lookWithin = 2 * time.Second
)

// New makes the module; nil, which does nothing, where there is one node.
func New(o Options) *Service {
	if o.Nodes == nil {
		return nil
	}
	s := &Service{Options: o, known: map[string]place{}, ways: newWays(o)}
	o.Nodes.OnTold(opMoved, s.moved)
	return s
}

// Moved tells the other nodes that a stream is here since its publisher number generation. Where
// there are none, nobody.
func (s *Service) Moved(streamID string, generation int64) {
	if s == nil {
		return
	}
	s.forget(streamID)
	s.Nodes.TellNodes(opMoved, streamID+" "+strconv.FormatInt(generation, 10))
}

func (s *Service) moved(_ context.Context, what string) error {
	streamID, number, _ := strings.Cut(what, " ")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	s.forget(streamID)
	s.Hub.Yield(streamID, generation)
	return nil
}

func (s *Service) forget(streamID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.known, streamID)
}

// Of is the address of the other node that has a stream; "" for one that is here, or nowhere.
// Many ask for each piece of a picture: one of them looks, the others take what was known.
func (s *Service) Of(ctx context.Context, streamID string) string {
	if s.Hub.Publishing(streamID) {
		return ""
	}
	now := s.DB.Clock().Now()
	s.mu.Lock()
	have, ok := s.known[streamID]
	if ok && now.Sub(have.at) < placeFresh {
		s.mu.Unlock()
		return have.address
	}
	if ok { // while this one looks
		s.known[streamID] = place{have.address, now}
	}
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin)
	defer cancel()
	address, err := addressOf(ctx, s.DB.Reader(), streamID, s.DB.Node())
	if err != nil {
		s.Log.Warn("where a stream is", "stream", streamID, "error", err)
		return have.address
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) >= placesMax {
		clear(s.known)
	}
	s.known[streamID] = place{address, now}
	return address
}
