package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"hawker/internal/base/crash"
	"hawker/internal/platform/blob"
)

// Run sends what waits until ctx ends. What has not arrived then stays for the next run.
func (s *Store) Run(ctx context.Context) error {
	if err := s.find(ctx); err != nil {
		return fmt.Errorf("look through the spool: %w", err)
	}
	wake := context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.cond.Broadcast()
	})
	defer wake()
	var all sync.WaitGroup
	for range senders {
		all.Go(func() { s.send(ctx) })
	}
	all.Wait()
	return nil
}

// send takes one folder after another and sends the oldest of it.
func (s *Store) send(ctx context.Context) {
	for {
		folder, key, ok := s.next(ctx)
		if !ok {
			return
		}
		pause := s.sent(ctx, folder, key, s.sendOne(ctx, key))
		if pause == 0 {
			continue
		}
		timer := s.clock.NewTimer(pause)
		select {
		case <-timer.C():
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// next waits for a folder's turn.
func (s *Store) next(ctx context.Context) (folder, key string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.turn) == 0 && ctx.Err() == nil {
		s.cond.Wait()
	}
	if ctx.Err() != nil {
		return "", "", false
	}
	folder, s.turn = s.turn[0], s.turn[1:]
	return folder, s.folders[folder][0], true
}

// sent gives a folder its next turn, and tells how long to rest before that.
func (s *Store) sent(ctx context.Context, folder, key string, err error) (pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if s.failed > 0 {
			s.log.Info("the spool is sending again")
		}
		s.failed = 0
		s.folders[folder] = s.folders[folder][1:]
	} else if ctx.Err() == nil {
		if s.failed == 0 {
			s.log.Warn("what was put waits in the spool", "key", key, "error", err)
		}
		pause = min(pauseMin<<min(s.failed, 5), pauseMax)
		s.failed++
	}
	if len(s.folders[folder]) == 0 {
		delete(s.folders, folder)
		return pause
	}
	s.turn = append(s.turn, folder)
	s.cond.Signal()
	return pause
}

// sendOne sends a blob and forgets it here, unless a newer one was put meanwhile. What was
// deleted on its way is done with.
func (s *Store) sendOne(running context.Context, key string) error {
	ctx, stop := context.WithTimeout(running, sendWithin)
	defer stop()
	f := &flight{stop: stop, over: make(chan struct{})}
	s.mu.Lock()
	this, settled := s.newest[key], s.coming[key] == 0 // else it may be an older one that is sent
	s.flights[key] = f
	s.mu.Unlock()
	err := crash.Told(s.log, "the spool", func() error { return s.copyOver(ctx, key) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if errors.Is(err, context.Canceled) && running.Err() == nil {
		err = nil
	} else if err == nil && settled && s.newest[key] == this {
		if err = s.near.Delete(context.WithoutCancel(ctx), key); err == nil {
			delete(s.newest, key)
		}
	}
	delete(s.flights, key)
	close(f.over)
	return err
}

// copyOver puts a blob where it belongs. One that is not here was deleted.
func (s *Store) copyOver(ctx context.Context, key string) error {
	b, err := s.near.Open(ctx, key, blob.Range{})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.far.Put(ctx, key, b)
	return errors.Join(err, b.Close())
}
