package httpapi_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// hop is an address as a proxy may write it.
type hop struct {
	addr netip.Addr
	text string
}

func drawHop(rt *rapid.T, trusted bool) hop {
	n := rapid.IntRange(1, 250).Draw(rt, "n")
	addr := netip.MustParseAddr(fmt.Sprintf("203.0.113.%d", n))
	six := rapid.Bool().Draw(rt, "six")
	switch {
	case trusted && six:
		addr = netip.MustParseAddr(fmt.Sprintf("fd00::%x", n))
	case trusted:
		addr = netip.MustParseAddr(fmt.Sprintf("10.0.0.%d", n))
	case six:
		addr = netip.MustParseAddr(fmt.Sprintf("2001:db8::%x", n))
	}
	forms := []string{addr.String(), netip.AddrPortFrom(addr, 443).String(), "  " + addr.String() + " "}
	if addr.Is4() {
		forms = append(forms, "::ffff:"+addr.String(), "[::ffff:"+addr.String()+"]:80")
	} else {
		forms = append(forms, "["+addr.String()+"]", addr.String()+"%eth0", strings.ToUpper(addr.String()))
	}
	return hop{addr, rapid.SampledFrom(forms).Draw(rt, "form")}
}

// Who calls is the right-most address that is no trusted proxy's: whatever the caller
// wrote on the left, in whichever form and over however many lines proxies write.
func TestTheCallerIsTheRightMostStranger(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ask := behind(t, "10.0.0.0/8", "fd00::/8")
		var texts []string
		for range rapid.IntRange(0, 4).Draw(rt, "written by the caller") {
			texts = append(texts, rapid.SampledFrom([]string{"6.6.6.6", "unknown", "", "10.0.0.7", "<script>", "::"}).
				Draw(rt, "lie"))
		}
		stranger := drawHop(rt, false)
		texts = append(texts, stranger.text)
		for range rapid.IntRange(0, 6).Draw(rt, "proxies before the last") {
			texts = append(texts, drawHop(rt, true).text)
		}
		lines, line := []string{}, ""
		for i, text := range texts {
			if line += text; i == len(texts)-1 || rapid.Bool().Draw(rt, "a new line") {
				lines, line = append(lines, line), ""
			} else {
				line += ","
			}
		}
		peer := netip.AddrPortFrom(drawHop(rt, true).addr, 5555).String()
		if strings.HasPrefix(peer, "[fd") && rapid.Bool().Draw(rt, "zone") {
			peer = strings.Replace(peer, "]", "%eth0]", 1)
		}
		if got, _ := ask(peer, lines...); got != stranger.addr.String() {
			rt.Fatalf("%s with %q is %s, want %s", peer, lines, got, stranger.addr)
		}
		if got, _ := ask("198.51.100.7:1", lines...); got != "198.51.100.7" {
			rt.Fatalf("a stranger's word is taken: %q makes it %s", lines, got)
		}
	})
}

// No header, however long, is walked for ever or lets a proxy's address be forged.
func TestLongAndBrokenWaysOfProxies(t *testing.T) {
	t.Parallel()
	ask := behind(t, "10.0.0.0/8")
	for what, forwarded := range map[string]string{
		"only proxies, many": strings.Repeat("10.0.0.3,", 5000) + "10.0.0.4",
		"nothing":            "",
		"commas":             strings.Repeat(",", 1000),
		"nonsense":           "1.2.3.4, <10.0.0.1>",
		"a name":             "1.2.3.4, localhost",
	} {
		if got, _ := ask("10.0.0.1:1", forwarded); !strings.HasPrefix(got, "10.0.0.") {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got, _ := ask("@", "1.2.3.4"); got != "@" { // a socket of this machine
		t.Errorf("a peer without an address is %s", got)
	}
}

// A home has one allowance, however many addresses it has; two homes have two.
func TestLimitsCountHomes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ask := behind(t, "10.0.0.0/8")
		used := map[string]bool{}
		for range rapid.IntRange(1, 12).Draw(rt, "calls") {
			home, host := rapid.IntRange(0, 2).Draw(rt, "home"), rapid.IntRange(1, 3).Draw(rt, "host")
			caller, key := fmt.Sprintf("2001:db8:0:%x::%x:%x", home, host, host), fmt.Sprint("six", home)
			if rapid.Bool().Draw(rt, "four") {
				caller = fmt.Sprintf("192.0.2.%d", home*10+host)
				key = caller
			}
			want := http.StatusNoContent
			if used[key] {
				want = http.StatusTooManyRequests
			}
			if _, status := ask("10.0.0.1:1", caller); status != want {
				rt.Fatalf("%s after %v: %d, want %d", caller, used, status, want)
			}
			used[key] = true
		}
	})
}

// mayReach says in one place and plainly what the door decides in many.
func mayReach(h house, a httpapi.Access, actor httpapi.Actor, mode string, known bool, own bool) string {
	works := actor.User == h.staff
	room := strings.HasPrefix(string(a), "room_") && !strings.HasPrefix(string(a), "room_staff:")
	switch {
	case a.NeedsAccount() && !actor.SignedIn():
		return "auth.sign_in_required"
	case a == httpapi.OperatorOnly && !actor.Operator:
		return "auth.operator_only"
	case a == httpapi.Self && !own:
		return "auth.not_yours"
	case a.ForStaff() && a != httpapi.OperatorOnly && (!works || strings.HasSuffix(string(a),
		string(permission.StaffManage))):
		return "shop.not_staff"
	case strings.HasPrefix(string(a), "room_") && !known:
		return "live.not_found"
	case !room || mode == httpapi.RoomOpen || works:
		return ""
	case mode == httpapi.RoomWarmUp && strings.HasPrefix(string(a), "room_lobby"):
		return ""
	}
	return "live.not_found"
}

// Every declaration, for everybody, in every room.
func TestEveryDeclarationForEverybody(t *testing.T) {
	t.Parallel()
	n := id.FromInt[id.Room]
	h := house{
		shop: id.FromInt[id.Shop](1), other: id.FromInt[id.Shop](2), open: n(1), warm: n(2), dry: n(3),
		staff: id.FromInt[id.User](7),
	}
	rooms := map[id.Room]string{
		h.open: httpapi.RoomOpen, h.warm: httpapi.RoomWarmUp, h.dry: httpapi.RoomRehearsal, n(9): "",
	}
	accesses := []httpapi.Access{
		httpapi.Anyone, httpapi.SignedIn, httpapi.OperatorOnly, httpapi.Self, httpapi.Signed, httpapi.RoomLobby,
		httpapi.RoomLobbySignedIn, httpapi.RoomVisitor, httpapi.RoomVisitorSignedIn,
	}
	for _, p := range permission.All() {
		accesses = append(accesses, httpapi.Staff(p), httpapi.RoomStaff(p))
	}
	z := httpapi.Authorizer{Staff: h, Rooms: h}
	for _, actor := range []httpapi.Actor{
		{},
		{User: id.FromInt[id.User](9)},
		{User: h.staff},
		{User: id.FromInt[id.User](8), Operator: true},
	} {
		for room, mode := range rooms {
			for _, a := range accesses {
				for _, own := range []bool{true, false} {
					s := httpapi.Subject{Shop: h.shop.String(), Room: room.String(), User: "usr_0000000000001"}
					if own {
						s.User = actor.User.String()
					}
					pass, err := z.Check(t.Context(), a, actor, s)
					want := mayReach(h, a, actor, mode, mode != "", own)
					if fault.Code(err) != want || err != nil && pass.Staff {
						t.Errorf("%+v by %s in %q: %v, want %q", actor, a, mode, err, want)
					}
				}
			}
		}
	}
}

// What is asked for is named by a stranger: whatever the text, it is refused and
// nobody is let in by a shop or a room that is none.
func FuzzSubject(f *testing.F) {
	for _, seed := range []string{
		"", "shp_0000000000001", "rom_0000000000001", "shp_\x00", "../x",
		"SHP_0000000000001",
	} {
		f.Add(seed, seed)
	}
	h := house{shop: id.FromInt[id.Shop](1), open: id.FromInt[id.Room](1), staff: id.FromInt[id.User](7)}
	z := httpapi.Authorizer{Staff: h, Rooms: h}
	f.Fuzz(func(t *testing.T, shop, room string) {
		s := httpapi.Subject{Shop: shop, Room: room}
		_, err := z.Check(t.Context(), httpapi.RoomStaff(permission.LiveRun), httpapi.Actor{User: h.staff}, s)
		if (err == nil) != (shop == h.shop.String() && room == h.open.String()) {
			t.Errorf("%q and %q: %v", shop, room, err)
		}
		if err != nil && fault.As(err) == nil {
			t.Errorf("%q and %q: %v is no refusal", shop, room, err)
		}
	})
}
