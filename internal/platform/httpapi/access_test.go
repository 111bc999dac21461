package httpapi_test

import (
	"context"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// house has one shop with three rooms, one of each mode, and one who works there.
type house struct {
	shop, other     id.Shop
	open, warm, dry id.Room
	staff           id.User
}

func (h house) May(_ context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error) {
	return user == h.staff && shop == h.shop && p != permission.StaffManage, nil
}

func (h house) Door(_ context.Context, room id.Room) (httpapi.RoomDoor, error) {
	switch room {
	case h.open:
		return httpapi.RoomDoor{Shop: h.shop, Mode: httpapi.RoomOpen}, nil
	case h.warm:
		return httpapi.RoomDoor{Shop: h.shop, Mode: httpapi.RoomWarmUp}, nil
	case h.dry:
		return httpapi.RoomDoor{Shop: h.shop, Mode: httpapi.RoomRehearsal}, nil
	}
	return httpapi.RoomDoor{}, fault.NotFound("live.not_found")
}

func TestWhoMayReachWhat(t *testing.T) {
	t.Parallel()
	n := id.FromInt[id.Room]
	h := house{
		shop: id.FromInt[id.Shop](1), other: id.FromInt[id.Shop](2), open: n(1), warm: n(2), dry: n(3),
		staff: id.FromInt[id.User](7),
	}
	z := httpapi.Authorizer{Staff: h, Rooms: h}
	guest, viewer, staff := httpapi.Actor{}, httpapi.Actor{User: id.FromInt[id.User](9)}, httpapi.Actor{User: h.staff}
	operator := httpapi.Actor{User: id.FromInt[id.User](8), Operator: true}
	room := func(r id.Room) httpapi.Subject { return httpapi.Subject{Room: r.String(), Shop: h.shop.String()} }
	run := httpapi.RoomStaff(permission.LiveRun)
	for _, c := range []struct {
		what   string
		access httpapi.Access
		actor  httpapi.Actor
		s      httpapi.Subject
		code   string
	}{
		{"a guest in an open room", httpapi.RoomVisitor, guest, room(h.open), ""},
		{"a guest in the lobby of a warm-up", httpapi.RoomLobby, guest, room(h.warm), ""},
		{"a guest in a warm-up", httpapi.RoomVisitor, guest, room(h.warm), "live.not_found"},
		{"a viewer in a warm-up", httpapi.RoomVisitor, viewer, room(h.warm), "live.not_found"},
		{"staff in a warm-up", httpapi.RoomVisitor, staff, room(h.warm), ""},
		{"a guest in the lobby of a rehearsal", httpapi.RoomLobby, guest, room(h.dry), "live.not_found"},
		{"the operator in a rehearsal", httpapi.RoomVisitor, operator, room(h.dry), "live.not_found"},
		{"staff in a rehearsal", httpapi.RoomLobby, staff, room(h.dry), ""},
		{"a guest who would speak", httpapi.RoomLobbySignedIn, guest, room(h.open), "auth.sign_in_required"},
		{"a viewer who would speak", httpapi.RoomLobbySignedIn, viewer, room(h.open), ""},
		{"a viewer who would bid in a warm-up", httpapi.RoomVisitorSignedIn, viewer, room(h.warm), "live.not_found"},
		{"no room", httpapi.RoomVisitor, staff, room(n(5)), "live.not_found"},
		{"no id of a room", httpapi.RoomVisitor, staff, httpapi.Subject{Room: "x"}, "live.not_found"},
		{"staff who run their room", run, staff, room(h.dry), ""},
		{"a viewer who would run it", run, viewer, room(h.open), "shop.not_staff"},
		{"a guest who would run it", run, guest, room(h.open), "auth.sign_in_required"},
		{
			"staff at another's shop", run, staff,
			httpapi.Subject{Room: h.open.String(), Shop: h.other.String()},
			"shop.not_staff",
		},
		{"staff without the permission", httpapi.Staff(permission.StaffManage), staff, room(h.open), "shop.not_staff"},
		{"what is mine", httpapi.Self, viewer, httpapi.Subject{User: viewer.User.String()}, ""},
		{"what is another's", httpapi.Self, viewer, httpapi.Subject{User: h.staff.String()}, "auth.not_yours"},
		{"what is nobody's", httpapi.Self, guest, httpapi.Subject{User: guest.User.String()}, "auth.sign_in_required"},
		{"the operator", httpapi.OperatorOnly, operator, httpapi.Subject{}, ""},
		{"no operator", httpapi.OperatorOnly, staff, httpapi.Subject{}, "auth.operator_only"},
		{"a declaration that does not exist", httpapi.Access("whoever"), operator, httpapi.Subject{}, "auth.not_yours"},
	} {
		if _, err := z.Check(t.Context(), c.access, c.actor, c.s); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %q", c.what, err, c.code)
		}
	}
}
