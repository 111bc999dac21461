package sqldb

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/highest"
	"hawker/internal/platform/servertime"
)

// Nodes of a shared database take turns on 1,024 numbers by a leased row, so that
// ids made by several processes never collide. A SQLite file has one process.
const (
	leaseFor   = 2 * time.Minute
	leaseRenew = 30 * time.Second
)

type nodeLease struct {
	db    *DB
	node  int
	token string
	quit  chan struct{}
	done  chan struct{}
	lost  chan struct{} // closed when another may hold the number
}

func (db *DB) leaseNode(ctx context.Context) (err error) {
	number := 0
	if db.Shared() {
		l := &nodeLease{db: db, token: id.Token(), quit: make(chan struct{}), done: make(chan struct{})}
		l.lost = make(chan struct{})
		err = db.Update(ctx, l.take)
		for try := 1; IsUnique(err) && try < triesMax; try++ { // another node took the same number in this moment
			err = db.Update(ctx, l.take)
		}
		if err != nil {
			return err
		}
		db.lease, number = l, l.node
		go l.keep()
	}
	if db.ids, err = id.NewGenerator(db.clock, number); err != nil {
		return err
	}
	last, err := highest.ID(ctx, db.read, db.Shared())
	db.ids.After(last)
	return err
}

// take finds a free or lapsed number; the guarded statements decide between two
// processes that look at once.
func (l *nodeLease) take(ctx context.Context, tx *Tx) error {
	now := tx.now.UnixMilli()
	until := tx.now.Add(leaseFor).UnixMilli()
	rows, err := tx.Query(ctx, "SELECT node, lease_until FROM node_lease ORDER BY node")
	taken, err := Collect(rows, err, func(s Scanner) (r struct{ node, until int64 }, err error) {
		return r, s.Scan(&r.node, &r.until)
	})
	if err != nil {
		return err
	}
	next := int64(0)
	for _, t := range taken {
		if t.until < now {
			n, err := tx.Exec(ctx, `UPDATE node_lease SET token = ?, lease_until = ? WHERE node = ?
				AND lease_until = ?`, l.token, until, t.node, t.until)
			if err != nil {
				return err
			}
			if n == 1 {
				l.node = int(t.node)
				return nil
			}
		}
		next = max(next, t.node+1)
	}
	if next > id.NodeMax {
		return errors.New("all node numbers are leased")
	}
	l.node = int(next)
	_, err = tx.Exec(ctx, "INSERT INTO node_lease (node, token, lease_until) VALUES (?, ?, ?)", next, l.token, until)
	return err
}

func (l *nodeLease) keep() {
	defer close(l.done)
	until := l.db.clock.Now().Add(leaseFor)
	for {
		timer := l.db.clock.NewTimer(leaseRenew)
		select {
		case <-l.quit:
			timer.Stop()
			return
		case <-timer.C():
		}
		asked := l.db.clock.Now()
		err := l.db.Update(context.Background(), l.renew)
		if err == nil {
			until = asked.Add(leaseFor)
			if err := servertime.Align(context.Background(), l.db.write, l.db.clock, l.db.log); err != nil {
				l.db.log.Warn("the time of the database", "error", err)
			}
			continue
		}
		l.db.log.Error("node lease not renewed", "node", l.node, "error", err)
		if errors.Is(err, errLeaseLost) || !l.db.clock.Now().Before(until) {
			close(l.lost)
			return
		}
	}
}

var errLeaseLost = errors.New("the lease was lost to another node")

func (l *nodeLease) renew(ctx context.Context, tx *Tx) error {
	n, err := tx.Exec(ctx, "UPDATE node_lease SET lease_until = ? WHERE node = ? AND token = ?",
		tx.now.Add(leaseFor).UnixMilli(), l.node, l.token)
	if err == nil && n == 0 {
		return errLeaseLost
	}
	return err
}

// stop gives the number back.
func (l *nodeLease) stop() error {
	close(l.quit)
	<-l.done
	return l.db.Update(context.Background(), func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "UPDATE node_lease SET lease_until = 0 WHERE node = ? AND token = ?", l.node, l.token)
		return err
	})
}

// Node names this process among those that share the database; "" for one that has
// it for itself.
func (db *DB) Node() string {
	if db.lease == nil {
		return ""
	}
	return db.lease.token
}

// Node names the process whose transaction this is.
func (tx *Tx) Node() string { return tx.db.Node() }

// Nodes are the names of the processes that share the database now.
func Nodes(ctx context.Context, q Querier, now time.Time) (map[string]bool, error) {
	rows, err := q.Query(ctx, "SELECT token FROM node_lease WHERE lease_until >= ?", now.UnixMilli())
	names, err := Collect(rows, err, func(s Scanner) (name string, err error) { return name, s.Scan(&name) })
	out := map[string]bool{}
	for _, name := range names {
		out[name] = true
	}
	return out, err
}

// DeclareGone ends the lease of a process of which the caller knows that it ended.
func (db *DB) DeclareGone(ctx context.Context, node string) error {
	return db.Update(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, "UPDATE node_lease SET lease_until = 0 WHERE token = ?", node)
		return err
	})
}
