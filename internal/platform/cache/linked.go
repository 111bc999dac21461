package cache

import (
	"context"
	"time"
)

// Nodes tells the other nodes of a mall something, and hears them. What they tell may get lost.
type Nodes interface {
	TellNodes(op, what string)
	OnTold(op string, fn func(ctx context.Context, what string) error)
}

// linkedKeep is how long an answer is good at a node that was not told that it is no more.
const linkedKeep = 2 * time.Second

// Linked is a Map of whose keys the other nodes are told when they are to be asked about anew.
type Linked[V any] struct {
	*Map[string, V]
	nodes Nodes
	op    string
}

// NewLinked makes an empty one, which op tells apart from others. Without nodes it is a Map;
// with them it keeps nothing for long.
func NewLinked[V any](nodes Nodes, op string, most int, keep time.Duration) *Linked[V] {
	if nodes == nil {
		return &Linked[V]{Map: NewMap[string, V](most, keep)}
	}
	l := &Linked[V]{Map: NewMap[string, V](most, min(keep, linkedKeep)), nodes: nodes, op: op}
	nodes.OnTold(op, func(_ context.Context, key string) error { l.Map.Forget(key); return nil })
	return l
}

// Forget has a key be asked about at its next use, here and at all nodes.
func (l *Linked[V]) Forget(key string) {
	l.Map.Forget(key)
	if l.nodes != nil {
		l.nodes.TellNodes(l.op, key)
	}
}
