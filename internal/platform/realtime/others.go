package realtime

import (
	"context"

	"github.com/centrifugal/centrifuge"

	"hawker/internal/base/crash"
	"hawker/internal/base/id"
)

// What nodes tell one another, beside what is said in channels.
const (
	tellRecheck     = "recheck"      // a channel
	tellRecheckUser = "recheck-user" // a person's id
	tellEnded       = "ended"        // a session's id
)

// tell tells the other nodes. Where they cannot be told they hear nothing of what is said
// either, and RecheckAll makes up for it when they are there again.
func (n *Node) tell(op, what string) {
	if err := n.node.Notify(op, []byte(what), ""); err != nil {
		n.log.Warn("realtime: others were not told", "what", op, "error", err)
	}
}

// TellNodes tells the modules of other nodes something that they listen for by OnTold. It
// may get lost while the engine is away: what must not be missed is looked at again then.
func (n *Node) TellNodes(op, what string) { n.tell(modulePrefix+op, what) }

// OnTold has fn called with what other nodes tell by TellNodes. It is called before Serve.
func (n *Node) OnTold(op string, fn func(ctx context.Context, what string) error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard[modulePrefix+op] = fn
}

const modulePrefix = "module:"

// told does what another node has told.
func (n *Node) told(e centrifuge.NotificationEvent) {
	if e.FromNodeID == n.node.ID() {
		return
	}
	go func() { // whoever brings it must not wait for the database
		err := crash.Catch(func() error {
			ctx := context.Background()
			switch e.Op {
			case tellRecheck:
				return n.recheckChannel(ctx, string(e.Data))
			case tellRecheckUser:
				var user id.User
				if err := user.UnmarshalText(e.Data); err != nil {
					return err
				}
				return n.recheckUser(ctx, user)
			case tellEnded:
				var session id.Session
				if err := session.UnmarshalText(e.Data); err != nil {
					return err
				}
				n.disconnect(session)
			default:
				n.mu.RLock()
				fn := n.heard[e.Op]
				n.mu.RUnlock()
				if fn != nil {
					return fn(ctx, string(e.Data))
				}
			}
			return nil
		})
		if err != nil {
			n.log.Error("realtime: told by another node", "what", e.Op, "error", err)
		}
	}()
}

// RecheckAll asks again for everybody at this node and everything they listen to.
func (n *Node) RecheckAll(ctx context.Context) error {
	return n.recheck(ctx, func(*client) bool { return true }, func(string) bool { return true })
}
