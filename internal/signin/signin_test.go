package signin_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/signin"
)

func TestSignInAndOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	u := k.register("wang@example.com")
	for _, try := range [][2]string{
		{"wang@example.com", "wrong password"}, {"nobody@example.com", password}, {"wang@example.com", ""},
	} {
		if _, err := k.SignIn(t.Context(), try[0], try[1], from("1")); fault.Code(err) != "account.wrong_password" {
			t.Errorf("%v: %v", try, err)
		}
	}
	in, a := k.enter("Wang@example.com", from("1"))
	if a.User != u.ID || a.Operator || a.MustEnrol || !a.Proved.Equal(k.clock.Now()) {
		t.Errorf("%+v", a)
	}
	for range 2 { // the second ends nothing
		if err := k.SignOut(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := k.Authenticate(t.Context(), in.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("after signing out: %v", err)
	}
	eventstest.Want(t, eventstest.Heard(t, k.db, signin.EventSignedOut),
		`account.signed_out {"user":"`+u.ID.String()+`","session":"`+a.Session.String()+`"}`)
}

// Whoever guesses from one address slows themselves: the owner comes in from another
// address, and from a browser that is known even from the same.
func TestWhoGuessesShutsNobodyOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	home, _ := k.enter("wang@example.com", from("home"))
	guess := func(where string) string {
		_, err := k.SignIn(t.Context(), "Wang@example.com", "guess", from(where))
		return fault.Code(err)
	}
	looked := 0
	for range 180 { // an hour of guesses
		if guess("thief") == "account.wrong_password" {
			looked++
		}
		k.clock.Advance(20 * time.Second)
	}
	if looked < 60 || looked > 10+60 {
		t.Errorf("%d guesses of an hour were looked at, want one a minute after ten", looked)
	}
	guess("thief")
	if _, err := k.SignIn(t.Context(), "wang@example.com", password, from("thief")); fault.Code(err) !=
		"request.too_many" {
		t.Errorf("the thief's address: %v", err)
	}
	k.enter("wang@example.com", from("elsewhere"))
	c := from("thief")
	c.Device = home.Device
	k.enter("wang@example.com", c)
	// Many addresses together use up what strangers have; a known browser is spared.
	for i := range 120 {
		guess("net" + string(rune('a'+i/8)))
	}
	if _, err := k.SignIn(t.Context(), "wang@example.com", password, from("a hotel")); fault.Code(err) !=
		"request.too_many" {
		t.Errorf("from a strange place while many guess: %v", err)
	}
	k.enter("wang@example.com", c)
	// And a known browser guesses no faster.
	for range 10 {
		if _, err := k.SignIn(t.Context(), "wang@example.com", "guess",
			c); fault.Code(err) != "account.wrong_password" {
			t.Error(err)
		}
	}
	if _, err := k.SignIn(t.Context(), "wang@example.com", password, c); fault.Code(err) != "request.too_many" {
		t.Errorf("the eleventh guess of a known browser: %v", err)
	}
}

func TestRightPasswordsAreNoGuesses(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	for range 30 {
		k.enter("wang@example.com", from("office"))
	}
}

// A cookie of a known browser is of one person, and nobody writes one.
func TestAKnownBrowserIsProved(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	k.register("li@example.com")
	c := from("office")
	for _, email := range []string{"wang@example.com", "li@example.com", "wang@example.com"} {
		in, _ := k.enter(email, c)
		c.Device = in.Device
	}
	if n := strings.Count(c.Device, "~"); n != 1 || len(c.Device) > 1024 {
		t.Errorf("two people leave %q", c.Device)
	}
	for range 10 {
		_, _ = k.SignIn(t.Context(), "wang@example.com", "guess", from("office"))
	}
	for name, cookie := range map[string]string{
		"none": "", "another's": strings.Split(c.Device, "~")[1], "a changed one": c.Device[1:],
		"a made up one": strings.Replace(c.Device, ".", ".x", 1), "rubbish": "~~..~.", "a cut one": c.Device[:40],
	} {
		bad := from("office")
		bad.Device = cookie
		if _, err := k.SignIn(t.Context(), "wang@example.com", password, bad); fault.Code(err) != "request.too_many" {
			t.Errorf("%s: %v", name, err)
		}
	}
	k.enter("wang@example.com", c)
}

func TestGuessesAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	var tried atomic.Int64
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			_, err := k.SignIn(t.Context(), "wang@example.com", "guess", from("thief"))
			if fault.Code(err) == "account.wrong_password" {
				tried.Add(1)
			}
		})
	}
	group.Wait()
	if tried.Load() != 10 {
		t.Errorf("%d of 20 guesses at once were looked at, want 10", tried.Load())
	}
}

// A disabled person is let in no more, whatever they hold.
func TestWhoIsDisabledIsOut(t *testing.T) {
	t.Parallel()
	k := open(t)
	u := k.register("wang@example.com")
	in, _ := k.enter("wang@example.com", from("1"))
	yes := true
	err := k.Ending(t.Context(), u.ID, id.Session{}, func(ctx context.Context, tx *sqldb.Tx) error {
		return k.people.SetAccess(ctx, tx, u.ID, account.Access{Disabled: &yes})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Authenticate(t.Context(), in.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("their session: %v", err)
	}
	if _, err := k.SignIn(t.Context(), "wang@example.com", password, from("1")); fault.Code(err) != "account.disabled" {
		t.Errorf("their password: %v", err)
	}
	if _, err := k.SignIn(t.Context(), "wang@example.com", "guess", from("1")); fault.Code(err) !=
		"account.wrong_password" {
		t.Errorf("a guess hears of it: %v", err)
	}
	if _, err := k.Open(t.Context(), u.ID, from("1")); err == nil {
		t.Error("a session was opened for them")
	}
}

func TestSessionsEndByThemselves(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	idle, _ := k.enter("wang@example.com", from("1"))
	used, _ := k.enter("wang@example.com", from("2"))
	for day := range 30 {
		k.clock.Advance(24 * time.Hour)
		fresh := k.anew() // no memory of before
		_, err := fresh.Authenticate(t.Context(), used.Token)
		if want := day == 29; (fault.Code(err) == "auth.session_expired") != want {
			t.Fatalf("day %d, in use: %v", day, err)
		}
		if err := fresh.WriteSeen(t.Context()); err != nil {
			t.Fatal(err)
		}
		if day == 6 {
			if _, err := fresh.Authenticate(t.Context(), idle.Token); fault.Code(err) != "auth.session_expired" {
				t.Errorf("after a week without use: %v", err)
			}
		}
	}
}

// anew is the module as another process has it.
func (k *kit) anew() *signin.Service { return signin.New(k.Options) }

// When a session was used is written once in minutes, not at each request.
func TestUseIsWrittenRarely(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	in, a := k.enter("wang@example.com", from("1"))
	seen := func() time.Time {
		t.Helper()
		if err := k.WriteSeen(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, err := k.anew().Places(t.Context(), a.User)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].SeenAt
	}
	start := k.clock.Now()
	k.clock.Advance(4 * time.Minute)
	fresh := k.anew()
	if _, err := fresh.Authenticate(t.Context(), in.Token); err != nil {
		t.Fatal(err)
	}
	if err := fresh.WriteSeen(t.Context()); err != nil || !seen().Equal(start) {
		t.Errorf("after four minutes it was written: %v, %v", seen(), err)
	}
	k.clock.Advance(time.Minute)
	if _, err := fresh.Authenticate(t.Context(), in.Token); err != nil {
		t.Fatal(err)
	}
	again := k.anew()
	if _, err := again.Authenticate(t.Context(), in.Token); err != nil {
		t.Fatal(err)
	}
	if err := again.WriteSeen(t.Context()); err != nil || !seen().Equal(k.clock.Now()) {
		t.Errorf("after five it was not: %v, %v", seen(), err)
	}
}

func TestPlacesAndTheirEnds(t *testing.T) {
	t.Parallel()
	k := open(t)
	u, other := k.register("wang@example.com"), k.register("li@example.com")
	phone, computer := from("10.0.0.1"), from("10.0.0.2")
	phone.Agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Safari/604.1"
	computer.Agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0"
	first, here := k.enter("wang@example.com", phone)
	k.clock.Advance(time.Minute)
	second, _ := k.enter("wang@example.com", computer)
	program := from("10.0.0.3")
	program.Agent = "curl/8.0\x1b[31m and more"
	third, _ := k.enter("wang@example.com", program)
	list, err := k.Places(t.Context(), u.ID)
	if err != nil || len(list) != 3 {
		t.Fatal(list, err)
	}
	for i, want := range []string{"", "", "Safari · iPhone at 10.0.0.1"} {
		if got := list[i].Device + " at " + list[i].Address; want != "" && got != want {
			t.Errorf("%d: %s", i, got)
		}
	}
	devices := list[0].Device + "," + list[1].Device
	if devices != "curl/8.0[31m,Edge · Windows" && devices != "Edge · Windows,curl/8.0[31m" {
		t.Errorf("devices %q", devices)
	}
	if err := k.End(t.Context(), other.ID, here.Session); fault.Code(err) != "account.no_session" {
		t.Errorf("another ends it: %v", err)
	}
	gone := func(s signin.Session) bool {
		_, err := k.Authenticate(t.Context(), s.Token)
		return fault.Code(err) == "auth.session_expired"
	}
	if err := k.End(t.Context(), u.ID, k.actor(second).Session); err != nil || !gone(second) || gone(first) {
		t.Errorf("one ends: %v", err)
	}
	if err := k.EndOthers(t.Context(), u.ID, here.Session); err != nil || !gone(third) || gone(first) {
		t.Errorf("all others end: %v", err)
	}
}

func TestOnePersonHasSoManySessions(t *testing.T) {
	t.Parallel()
	k := open(t)
	u := k.register("wang@example.com")
	first, _ := k.enter("wang@example.com", from("1"))
	for range 50 {
		k.clock.Advance(time.Second)
		if _, err := k.Open(t.Context(), u.ID, from("1")); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := k.Places(t.Context(), u.ID); err != nil || len(list) != 50 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	if _, err := k.Authenticate(t.Context(), first.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("the one that was not used for longest: %v", err)
	}
}

func TestANewPasswordEndsWhatTheOldOneOpened(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	_, here := k.enter("wang@example.com", from("1"))
	there, _ := k.enter("wang@example.com", from("2"))
	for _, try := range []struct{ old, new, want string }{
		{"wrong", "another password", "account.wrong_proof"},
		{password, "12345678", "account.common_password"},
		{password, "short", "account.weak_password"},
		{password, "wang@example.com1", "account.common_password"},
		{password, "another password", ""},
	} {
		if err := k.ChangePassword(t.Context(), here, try.old, try.new, from("1")); fault.Code(err) != try.want {
			t.Errorf("%+v: %v", try, err)
		}
	}
	if _, err := k.Authenticate(t.Context(), there.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("the other session: %v", err)
	}
	if list, err := k.Places(t.Context(), here.User); err != nil || len(list) != 1 || list[0].ID != here.Session {
		t.Errorf("this session: %+v, %v", list, err)
	}
	if _, err := k.SignIn(t.Context(), "wang@example.com", password, from("1")); fault.Code(err) !=
		"account.wrong_password" {
		t.Errorf("the old password: %v", err)
	}
	if _, err := k.SignIn(t.Context(), "wang@example.com", "another password", from("1")); err != nil {
		t.Errorf("the new one: %v", err)
	}
}

// Of many who change one password at once one does, and no session that an old one opened
// meanwhile is left.
func TestPasswordsChangedAtOnce(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	_, here := k.enter("wang@example.com", from("1"))
	var changed atomic.Int64
	var late sync.Map
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			err := k.ChangePassword(t.Context(), here, password, "another password "+string(rune('a'+i)), from("1"))
			if err == nil {
				changed.Add(1)
			} else if c := fault.Code(err); c != "account.changed_meanwhile" && c != "account.wrong_proof" {
				t.Error(err)
			}
		})
		group.Go(func() {
			if e, err := k.SignIn(t.Context(), "wang@example.com", password, from("2")); err == nil {
				late.Store(e.Token, true)
			}
		})
	}
	group.Wait()
	if changed.Load() != 1 {
		t.Errorf("%d changed it", changed.Load())
	}
	late.Range(func(token, _ any) bool {
		if _, err := k.Authenticate(t.Context(), token.(string)); err == nil {
			t.Error("a session of the old password is left")
		}
		return true
	})
}

func TestWhoProvesThemselvesIsProved(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	in, a := k.enter("wang@example.com", from("1"))
	k.clock.Advance(time.Hour)
	if err := k.Prove(t.Context(), a, "wrong", "", from("1")); fault.Code(err) != "account.wrong_proof" {
		t.Error(err)
	}
	if err := k.Prove(t.Context(), a, "", "123456", from("1")); fault.Code(err) != "account.wrong_proof" {
		t.Errorf("a code where there is no factor: %v", err)
	}
	if now := k.actor(in); now.Proved.Equal(k.clock.Now()) {
		t.Error("a wrong proof counts")
	}
	if err := k.Prove(t.Context(), a, password, "", from("1")); err != nil {
		t.Fatal(err)
	}
	if now := k.actor(in); !now.Proved.Equal(k.clock.Now()) {
		t.Errorf("proved at %v", now.Proved)
	}
}

// What lies in the database tells a thief neither a password nor a session nor where
// somebody was.
func TestAThiefOfTheDatabaseLearnsNothing(t *testing.T) {
	t.Parallel()
	k := open(t)
	k.register("wang@example.com")
	in, a := k.enter("wang@example.com", from("203.0.113.9"))
	e, err := k.Enrol(t.Context(), a.User)
	if err != nil {
		t.Fatal(err)
	}
	codes, err := k.Confirm(t.Context(), a, codeAt(t, e.Secret, k.clock.Now()), from("1"))
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, table := range []string{"account_user", "account_session", "signin_factor", "signin_recovery_code"} {
		all += dump(t, k.db, table)
	}
	for _, secret := range append([]string{
		"wang@example.com", password, in.Token, "203.0.113.9", e.Secret, strings.ReplaceAll(codes[0], "-", ""),
	}, codes...) {
		if strings.Contains(all, secret) {
			t.Errorf("%q lies open in the database", secret)
		}
	}
	if !strings.Contains(all, "$argon2id$") {
		t.Errorf("no password hash is there: the dump is of the wrong tables: %.300s", all)
	}
}

// Whoever signs in and out in whatever order, a session holds from its opening to its
// end and not a moment longer, and the ends of others do not touch it.
func TestSessionsHoldUntilTheirEnd(t *testing.T) {
	t.Parallel()
	db, c := sqltest.NewManual(t, sqltest.Once)
	k := on(t, db, c, func(o *signin.Options) { o.Idle = o.Max })
	people := []account.User{k.register("a@example.com"), k.register("b@example.com")}
	type held struct {
		signin.Session
		actor httpapi.Actor
		out   bool
	}
	rapid.Check(t, func(rt *rapid.T) {
		var all []held
		for range rapid.IntRange(1, 10).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"in", "in", "out", "days", "sweep"}).Draw(rt, "what") {
			case "in":
				in, err := k.Open(t.Context(), rapid.SampledFrom(people).Draw(rt, "who").ID, from("1"))
				if err != nil {
					rt.Fatal(err)
				}
				all = append(all, held{Session: in, actor: k.actor(in)})
			case "out":
				if len(all) == 0 {
					continue
				}
				x := &all[rapid.IntRange(0, len(all)-1).Draw(rt, "which")]
				if err := k.SignOut(t.Context(), x.actor); err != nil {
					rt.Fatal(err)
				}
				x.out = true
			case "days":
				k.clock.Advance(time.Duration(rapid.IntRange(1, 20).Draw(rt, "n")) * 24 * time.Hour)
			case "sweep":
				if err := k.Sweep(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
			fresh := k.anew()
			for _, x := range all {
				_, err := fresh.Authenticate(t.Context(), x.Token)
				if want := !x.out && k.clock.Now().Before(x.ExpiresAt); want != (err == nil) {
					rt.Fatalf("out %v, until %v, at %v: %v", x.out, x.ExpiresAt, k.clock.Now(), err)
				}
			}
		}
	})
}

// A session that ends by itself ends as one that is signed out does: whoever listens by it is told, at its time.
func TestWhatEndsByItselfIsTold(t *testing.T) {
	t.Parallel()
	k := open(t, func(o *signin.Options) { o.Idle, o.Max = 48*time.Hour, 100*time.Hour })
	u := k.register("a@example.com")
	_, idle := k.enter("a@example.com", from("1"))
	token, used := k.enter("a@example.com", from("2"))
	begun := k.clock.Now()
	ends := func(what string, at time.Duration, told ...string) {
		t.Helper()
		next, err := k.NextSweep(t.Context(), k.db.Reader())
		if err != nil || next.Before(begun.Add(at)) || next.After(begun.Add(at+time.Minute)) {
			t.Errorf("%s: the next ends at %v, %v, want %v", what, next, err, begun.Add(at))
		}
		k.clock.Advance(next.Sub(k.clock.Now()))
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventstest.Want(t, eventstest.Heard(t, k.db, signin.EventSignedOut), told...)
	}
	gone := func(a httpapi.Actor) string {
		return signin.EventSignedOut + ` {"user":"` + u.ID.String() + `","session":"` + a.Session.String() + `"}`
	}
	useAfter := func(d time.Duration) {
		t.Helper()
		k.clock.Advance(d)
		other := k.anew() // asks the database, as each does from time to time
		if _, err := other.Authenticate(t.Context(), token.Token); err != nil {
			t.Fatal(err)
		}
		if err := other.WriteSeen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	useAfter(40 * time.Hour)
	ends("nobody used it", 48*time.Hour, gone(idle))
	useAfter(30 * time.Hour)
	ends("its time is up", 100*time.Hour, gone(used))
	if next, err := k.NextSweep(t.Context(), k.db.Reader()); err != nil || !next.IsZero() {
		t.Errorf("there is none, and the next ends at %v, %v", next, err)
	}
}
