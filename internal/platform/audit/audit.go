// Package audit keeps what somebody may be asked about later: who came in and who was
// kept out, who changed a role, a price, stock, money or a setting, from where, and
// what it was before. An entry is written in the transaction of what it tells of, so
// neither is there without the other, and is never changed or deleted. It holds no
// secret: passwords, keys, codes and tokens have no place in it, nor have e-mail and
// postal addresses.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Action names what was done, as `noun.verb` in the past: `price.changed`.
type Action string

// Outcome says whether it was done.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Refused Outcome = "refused"
)

// Values lists the outcomes, for descriptions.
func (Outcome) Values() []string { return []string{string(Done), string(Refused)} }

// ActorKind says what did it.
type ActorKind string

// The kinds of actors.
const (
	Person  ActorKind = "person"  // somebody who is signed in
	Visitor ActorKind = "visitor" // somebody who is not
	Command ActorKind = "command" // whoever has a shell on the machine
	System  ActorKind = "system"  // the program itself
)

// Values lists the kinds, for descriptions.
func (ActorKind) Values() []string {
	return []string{string(Person), string(Visitor), string(Command), string(System)}
}

// Origin is who does something, and from where.
type Origin struct {
	Kind    ActorKind
	Actor   id.User
	Address string // of the network; empty for what comes from within
	Request string // id of the request; empty likewise
}

type originKey struct{}

// WithOrigin notes who does what is done under ctx.
func WithOrigin(ctx context.Context, o Origin) context.Context {
	return context.WithValue(ctx, originKey{}, o)
}

// OriginOf is who does what is done under ctx: the program itself where nobody was noted.
func OriginOf(ctx context.Context) Origin {
	if o, ok := ctx.Value(originKey{}).(Origin); ok {
		return o
	}
	return Origin{Kind: System}
}

// Entry is one thing that was done, or refused.
type Entry struct {
	ID      id.Audit
	At      time.Time
	Action  Action
	Outcome Outcome // Done where it says nothing
	Origin  Origin  // of the context where it says nothing
	Shop    id.Shop // zero: of no shop
	Subject string  // id of what it was done to; may be empty
	Before  any     // what is told of it, as JSON; nil for nothing
	After   any
}

// SideMax bounds what is told of one side, in bytes of JSON. What is longer is left out,
// and said to be.
const SideMax = 16 << 10

// Record adds an entry, in the transaction of what it tells of.
func Record(ctx context.Context, tx *sqldb.Tx, e Entry) error {
	if e.Outcome == "" {
		e.Outcome = Done
	}
	if e.Origin == (Origin{}) {
		e.Origin = OriginOf(ctx)
	}
	before, err := side(e.Before)
	if err != nil {
		return err
	}
	after, err := side(e.After)
	if err != nil {
		return err
	}
	return insert(ctx, tx, e, before, after)
}

// Changed records that a subject of a shop is another than before.
func Changed(ctx context.Context, tx *sqldb.Tx, a Action, shop id.Shop, subject fmt.Stringer, before, after any) error {
	return Record(ctx, tx, Entry{Action: a, Shop: shop, Subject: subject.String(), Before: before, After: after})
}

func side(v any) (string, error) {
	if v == nil {
		return "null", nil
	}
	raw, err := json.Marshal(v)
	if err == nil && len(raw) > SideMax {
		raw, err = json.Marshal(map[string]int{"left_out_bytes": len(raw)})
	}
	return string(raw), err
}
