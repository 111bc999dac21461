package httpapi

import (
	"context"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
)

// Access says who may reach an operation, a channel or a media path. There is no
// default: what declares none is not mounted.
type Access string

// Who may reach. A room's are resolved by the room that the subject names: one in
// warm-up has a waiting page (the lobby) and nothing else for the public, one in
// rehearsal is not there.
const (
	Anyone       Access = "anyone"
	SignedIn     Access = "signed_in"
	OperatorOnly Access = "operator"
	// Enrolling is somebody signed in, also before they have the second factor that
	// their role asks for: nothing else lets those in.
	Enrolling Access = "signed_in:enrolling"
	// Self is the person whom the subject names.
	Self Access = "self"
	// Signed is a program that proves itself by a signature or a secret of its own.
	Signed Access = "signed"

	RoomLobby           Access = "room_lobby"
	RoomLobbySignedIn   Access = "room_lobby:signed_in"
	RoomVisitor         Access = "room_visitor"
	RoomVisitorSignedIn Access = "room_visitor:signed_in"
)

const (
	staffPrefix     = "staff:"
	roomStaffPrefix = "room_staff:"
	signedInSuffix  = ":signed_in"
)

// Staff asks for a permission in the shop that the subject names.
func Staff(p permission.Permission) Access { return Access(staffPrefix + string(p)) }

// RoomStaff asks for a permission in the shop, and that the room is the shop's.
func RoomStaff(p permission.Permission) Access { return Access(roomStaffPrefix + string(p)) }

// NeedsAccount reports whether a visitor is sent to sign in.
func (a Access) NeedsAccount() bool {
	switch a {
	case Anyone, Signed, RoomLobby, RoomVisitor:
		return false
	default: // the others need nothing here
	}
	return true
}

// ForStaff reports whether only those may who have a role.
func (a Access) ForStaff() bool {
	return a == OperatorOnly || strings.HasPrefix(string(a), staffPrefix) || strings.HasPrefix(string(a),
		roomStaffPrefix)
}

// Subject is what somebody wants to reach, as it is named in a path or a channel.
type Subject struct {
	Shop string
	Room string
	User string
}

// Modes of a room, as its door knows them.
const (
	RoomOpen      = "open"
	RoomWarmUp    = "warmup"
	RoomRehearsal = "rehearsal"
)

// RoomDoor is what the door needs to know of a room.
type RoomDoor struct {
	Shop id.Shop
	Mode string // RoomOpen, RoomWarmUp or RoomRehearsal
}

// Private reports whether what is in the room is for its staff only.
func (d RoomDoor) Private() bool { return d.Mode == RoomWarmUp || d.Mode == RoomRehearsal }

// RoomGate knows rooms. It is asked for each request to a room, so it answers from
// memory where it can; fault live.not_found.
type RoomGate interface {
	Door(ctx context.Context, room id.Room) (RoomDoor, error)
}

// Pass is how somebody was let in.
type Pass struct {
	Room  RoomDoor // the zero one where no room was asked for
	Staff bool     // they work in the shop of the room
}

// Authorizer decides by what is declared, alike for operations, channels and media.
type Authorizer struct {
	Staff StaffRegister
	Rooms RoomGate
}

// Check lets the actor through or answers the fault that says why not.
// Faults: auth.sign_in_required, auth.second_factor_required, auth.operator_only,
// shop.not_found, shop.not_staff, live.not_found.
func (z Authorizer) Check(ctx context.Context, access Access, actor Actor, s Subject) (Pass, error) {
	if access.NeedsAccount() && !actor.SignedIn() {
		return Pass{}, fault.Unauthorized("auth.sign_in_required")
	}
	if actor.MustEnrol && access.NeedsAccount() && access != Enrolling {
		return Pass{}, fault.Forbidden("auth.second_factor_required")
	}
	if p, ok := strings.CutPrefix(string(access), staffPrefix); ok {
		return Pass{}, z.checkStaff(ctx, actor, s, permission.Permission(p))
	}
	if p, ok := strings.CutPrefix(string(access), roomStaffPrefix); ok {
		return z.checkRoomStaff(ctx, actor, s, permission.Permission(p))
	}
	switch Access(strings.TrimSuffix(string(access), signedInSuffix)) {
	case Anyone, SignedIn, Signed, Enrolling:
		return Pass{}, nil
	case OperatorOnly:
		if !actor.Operator {
			return Pass{}, fault.Forbidden("auth.operator_only")
		}
		return Pass{}, nil
	case Self:
		if s.User != actor.User.String() {
			return Pass{}, fault.Forbidden("auth.not_yours")
		}
		return Pass{}, nil
	case RoomLobby:
		return z.checkRoom(ctx, actor, s, true)
	case RoomVisitor:
		return z.checkRoom(ctx, actor, s, false)
	case RoomLobbySignedIn, RoomVisitorSignedIn: // nothing to do
	}
	return Pass{}, fault.Forbidden("auth.not_yours") // a declaration that nobody can meet
}

func (z Authorizer) checkStaff(ctx context.Context, actor Actor, s Subject, p permission.Permission) error {
	var shop id.Shop
	if err := shop.UnmarshalText([]byte(s.Shop)); err != nil || shop.IsZero() {
		return fault.NotFound("shop.not_found")
	}
	may, err := z.Staff.May(ctx, actor.User, shop, p)
	if err != nil {
		return err
	}
	if !may {
		return fault.Forbidden("shop.not_staff")
	}
	return nil
}

func (z Authorizer) checkRoomStaff(ctx context.Context, actor Actor, s Subject,
	p permission.Permission,
) (Pass, error) {
	if err := z.checkStaff(ctx, actor, s, p); err != nil {
		return Pass{}, err
	}
	door, err := z.door(ctx, s)
	if err != nil {
		return Pass{}, err
	}
	if door.Shop.String() != s.Shop {
		return Pass{}, fault.NotFound("live.not_found")
	}
	return Pass{Room: door, Staff: true}, nil
}

func (z Authorizer) checkRoom(ctx context.Context, actor Actor, s Subject, lobby bool) (Pass, error) {
	door, err := z.door(ctx, s)
	if err != nil || !door.Private() {
		return Pass{Room: door}, err
	}
	if actor.SignedIn() && !actor.MustEnrol {
		staff, err := z.Staff.May(ctx, actor.User, door.Shop, permission.LiveModerate)
		if err != nil || staff {
			return Pass{Room: door, Staff: staff}, err
		}
	}
	if lobby && door.Mode == RoomWarmUp {
		return Pass{Room: door}, nil
	}
	return Pass{}, fault.NotFound("live.not_found")
}

func (z Authorizer) door(ctx context.Context, s Subject) (RoomDoor, error) {
	var room id.Room
	if err := room.UnmarshalText([]byte(s.Room)); err != nil || room.IsZero() {
		return RoomDoor{}, fault.NotFound("live.not_found")
	}
	return z.Rooms.Door(ctx, room)
}

type passKey struct{}

// PassFrom tells how the caller of an operation or a media path was let in.
func PassFrom(ctx context.Context) Pass {
	p, _ := ctx.Value(passKey{}).(Pass)
	return p
}

// RoomStaffFrom reports whether the caller was let into a room as its staff.
func RoomStaffFrom(ctx context.Context) bool { return PassFrom(ctx).Staff }

// privateAnswer is the Cache-Control of whatever is not for everybody.
const privateAnswer = "private, no-store"
