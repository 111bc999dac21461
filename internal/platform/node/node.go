// Package node is this process among those that share a database: a name nobody else
// has, a folder for work in progress that is nobody else's, and the knowledge which
// of the others are gone. A node is there while its lease in the database lasts; one
// whose folder on this machine is locked by nobody is gone at once, however long its
// lease would last.
package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"hawker/internal/platform/sqldb"
)

// Node is this process.
type Node struct {
	db   *sqldb.DB
	root string // of the folders of all nodes
	lock *os.File
}

// New makes the node; it holds nothing before Join.
func New(db *sqldb.DB, root string) *Node { return &Node{db: db, root: root} }

// only is the name of a process that has its database for itself.
const only = "only"

// Name is unlike that of any other process of the database.
func (n *Node) Name() string {
	if name := n.db.Node(); name != "" {
		return name
	}
	return only
}

// Dir is a folder for what this process has under work; it may not be there yet.
func (n *Node) Dir() string { return filepath.Join(n.root, n.Name()) }

const (
	lockName = "lock"
	turnName = "joining"
	tryLock  = syscall.LOCK_EX | syscall.LOCK_NB
)

// Join takes the node's folder, declares gone those whose folders here are nobody's,
// and removes what they and all that are gone had under work.
func (n *Node) Join(ctx context.Context) (err error) {
	if err := os.MkdirAll(n.root, 0o700); err != nil {
		return err
	}
	// One at a time: a folder that another has made and not locked yet looks like one
	// that a crash left.
	turn, err := lock(filepath.Join(n.root, turnName), syscall.LOCK_EX)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, turn.Close()) }()
	entries, err := os.ReadDir(n.root)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != n.Name() && e.Name() != turnName {
			if err := n.clear(ctx, e.Name()); err != nil {
				return fmt.Errorf("what another process left: %w", err)
			}
		}
	}
	if err := os.RemoveAll(n.Dir()); err != nil {
		return err
	}
	if err := os.MkdirAll(n.Dir(), 0o700); err != nil {
		return err
	}
	n.lock, err = lock(filepath.Join(n.Dir(), lockName), tryLock)
	return err
}

// clear removes another's folder unless its process runs.
func (n *Node) clear(ctx context.Context, name string) error {
	dir := filepath.Join(n.root, name)
	f, err := lock(filepath.Join(dir, lockName), tryLock)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil // it runs
	case err == nil:
		defer f.Close()
		if err := n.db.DeclareGone(ctx, name); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil // it has just left
	case !errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, syscall.EISDIR):
		return err // nobody can say whether it runs
	}
	return os.RemoveAll(dir) // also what is no node's
}

// lock opens a file that only one process has open so; the system lets go of it
// when that ends, however it does.
func lock(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Leave gives the folder back.
func (n *Node) Leave() error {
	if n.lock == nil {
		return nil
	}
	return errors.Join(os.RemoveAll(n.Dir()), n.lock.Close())
}
