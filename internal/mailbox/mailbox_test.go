package mailbox_test

import (
	"context"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/mailbox"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/mail"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/signin"
)

const (
	password = "a long password"
	site     = "https://mall.example"
)

// post is where letters arrive.
type post struct{ letters []mail.Letter }

func (p *post) Send(_ context.Context, l mail.Letter) error {
	p.letters = append(p.letters, l)
	return nil
}

type kit struct {
	*mailbox.Service
	t      *testing.T
	db     *sqldb.DB
	clock  *clock.Manual
	people *account.Service
	signin *signin.Service
	post   *post
	queue  *jobs.Queue
	bus    *events.Bus
	door   *httpapitest.Door
}

type around struct{}

func (around) MembershipsOf(context.Context, id.User, lang.Tag) ([]account.Membership, error) {
	return []account.Membership{}, nil
}
func (around) CameBy(context.Context, id.User, string) error { return nil }

func open(t *testing.T, prove bool) *kit {
	t.Helper()
	db, c := sqltest.NewManual(t)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	k := &kit{t: t, db: db, clock: c, people: account.New(account.Options{DB: db, Box: box}), post: &post{}}
	k.signin = signin.New(signin.Options{
		DB: db, Box: box, Log: log, People: k.people, Limiter: cache.NewMemoryLimiter(c), Idle: 7 * 24 * time.Hour,
		Max: 30 * 24 * time.Hour,
	})
	k.Service = mailbox.New(mailbox.Options{
		DB: db, Box: box, Log: log, People: k.people, Sessions: k.signin, Limiter: cache.NewMemoryLimiter(c),
		Mall: "夜市", Prove: prove, Sender: k.post,
	})
	door := signin.API{Service: k.signin, People: account.API{Service: k.people, Shops: around{}}, Came: around{}}
	module := mailbox.API{Service: k.Service, Door: door}.Module()
	guard := supervise.New(log, c)
	k.queue, k.bus = jobs.NewQueue(db, guard, module.Jobs...), events.NewBus(db, guard, module.Subscriptions...)
	k.door = httpapitest.Open(t, c, module)
	k.door.Sign = k.signin
	return k
}

// arrived does what waits and answers the letters that came since.
func (k *kit) arrived() []mail.Letter {
	k.t.Helper()
	k.post.letters = nil
	if err := k.bus.Drain(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
	if err := k.queue.Drain(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
	return k.post.letters
}

// code is that of the one letter that came.
func (k *kit) code(to string) string {
	k.t.Helper()
	list := k.arrived()
	if len(list) != 1 || list[0].To != to {
		k.t.Fatalf("letters %+v, want one to %s", list, to)
	}
	found := regexp.MustCompile(`https?://[^/]+/[a-z-]+#([a-z2-7]+)`).FindStringSubmatch(list[0].Text)
	if found == nil {
		k.t.Fatalf("no link in %q", list[0].Text)
	}
	return found[1]
}

func (k *kit) register(email string) account.User {
	k.t.Helper()
	u, err := k.people.Admit(k.t.Context(), account.Registration{
		Email: email, Password: password, DisplayName: "王", Locale: lang.English,
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return u
}

func (k *kit) enter(email, password string) (signin.Session, httpapi.Actor) {
	k.t.Helper()
	e, err := k.signin.SignIn(k.t.Context(), email, password, signin.Caller{Home: "1"})
	if err != nil {
		k.t.Fatal(err)
	}
	a, err := k.signin.Authenticate(k.t.Context(), e.Token)
	if err != nil {
		k.t.Fatal(err)
	}
	return e.Session, a
}

// Registering tells nobody who has an account: the answer is the same, and the owner of an
// address that has one reads that in their mail.
func TestRegisteringTellsNobodyWhoIsHere(t *testing.T) {
	t.Parallel()
	k := open(t, true)
	k.register("wang@example.com")
	say := func(email string) string {
		a := k.door.Do(id.User{}, "POST /auth/register", map[string]any{
			"email": email, "password": password, "display_name": "小王",
		})
		if a.Header.Get("Set-Cookie") != "" {
			t.Errorf("%s is signed in", email)
		}
		return string(a.Body)
	}
	taken := say("Wang@example.com")
	if letters := k.arrived(); len(letters) != 1 || !strings.Contains(letters[0].Text, "There is an account already") {
		t.Errorf("letters %+v", letters)
	}
	free := say("li@example.com")
	if taken != free || !strings.Contains(free, `"mail_sent"`) {
		t.Errorf("a taken address answers %q, a free one %q", taken, free)
	}
	code := k.code("li@example.com")
	if _, err := k.people.ByEmail(t.Context(), "li@example.com"); fault.Code(err) != "account.not_found" {
		t.Errorf("there is an account before the code was shown: %v", err)
	}
	in := k.door.Call(id.User{}, 200, "POST /auth/register/confirm", map[string]any{"code": code})
	if in.Show("state", "user.email", "user.email_verified",
		"user.display_name") != "signed_in li@example.com true 小王" {
		t.Errorf("confirmed: %v", in)
	}
	k.door.Refuse(id.User{}, 422, "account.code_expired", "POST /auth/register/confirm", map[string]any{"code": code})
	k.enter("li@example.com", password)
}

// Two who ask for one address: whoever shows their code first has it.
func TestTwoRegistrationsOfOneMailbox(t *testing.T) {
	t.Parallel()
	k := open(t, true)
	var codes []string
	for range 2 {
		_, made, err := k.Register(t.Context(), "key-of-mine", account.Registration{
			Email: "li@example.com", Password: password, DisplayName: "x",
		}, site)
		if err != nil || made != mailbox.NotYet {
			t.Fatal(made, err)
		}
		codes = append(codes, k.code("li@example.com"))
	}
	if _, err := k.Confirm(t.Context(), codes[1]); err != nil {
		t.Error(err)
	}
	if _, err := k.Confirm(t.Context(), codes[0]); fault.Code(err) != "account.email_taken" {
		t.Errorf("the other: %v", err)
	}
}

// Where no letters are sent newcomers are here at once, and a taken address is refused.
func TestRegisteringWithoutLetters(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	who := map[string]any{"email": "li@example.com", "password": password, "display_name": "小李"}
	in := k.door.Call(id.User{}, 201, "POST /auth/register", who)
	if in.Show("state", "user.email", "user.email_verified", "user.locale") != "signed_in li@example.com false en" ||
		in.Text("token") == "" {
		t.Errorf("%v", in)
	}
	k.door.Refuse(id.User{}, 409, "account.email_taken", "POST /auth/register", who)
}

// A newcomer whose answer was lost asks again and is in. The key alone opens nothing:
// with another password, or another name, it is refused, and it is nobody else's key.
func TestANewcomerAsksAgain(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	ask := func(status int, email, password, name, key string) string {
		t.Helper()
		who := map[string]any{"email": email, "password": password, "display_name": name}
		return k.door.Call(id.User{}, status, "POST /auth/register", who, "Idempotency-Key", key).Show("user.id", "code")
	}
	first := ask(201, "li@example.com", password, "小李", "first-key")
	if again := ask(201, " LI@example.com", password, "小李", "first-key"); again != first {
		t.Errorf("asked again: %s, at first %s", again, first)
	}
	for _, c := range []struct {
		status                     int
		email, password, name, key string
		want                       string
	}{
		{401, "li@example.com", "another " + password, "小李", "first-key", "<nil> account.wrong_password"},
		{409, "li@example.com", password, "大李", "first-key", "<nil> request.idempotency_key_reused"},
		{409, "li@example.com", password, "小李", "other-key", "<nil> account.email_taken"},
	} {
		if got := ask(c.status, c.email, c.password, c.name, c.key); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	if other := ask(201, "wang@example.com", password, "小李", "first-key"); other == first {
		t.Error("somebody else's key opened an account")
	}
}

func TestRecovering(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	u := k.register("wang@example.com")
	in, _ := k.enter("wang@example.com", password)
	ask := func(email string) string {
		a := k.door.Do(id.User{}, "POST /auth/password/recover", map[string]any{"email": email})
		return a.Header.Get("Content-Type") + string(a.Body) + http(a.Status)
	}
	if known, unknown := ask("wang@example.com"), ask("nobody@example.com"); known != unknown ||
		!strings.HasSuffix(known, "204") {
		t.Errorf("%q and %q", known, unknown)
	}
	k.clock.Advance(time.Second)
	if n := len(k.arrived()); n != 1 {
		t.Fatalf("%d letters", n)
	}
	if err := k.Recover(t.Context(), "wang@example.com", lang.Chinese, site); err != nil {
		t.Fatal(err)
	}
	code := k.code("wang@example.com")
	for _, try := range []struct{ code, password, want string }{
		{"made up", "another password", "account.code_expired"},
		{code, "12345678", "account.common_password"},
		{strings.ToUpper(code), "another password", ""},
		{code, "a third password", "account.code_expired"},
	} {
		if err := k.Reset(t.Context(), try.code, try.password); fault.Code(err) != try.want {
			t.Errorf("%+v: %v", try, err)
		}
	}
	if _, err := k.signin.Authenticate(t.Context(), in.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("a session of before: %v", err)
	}
	k.enter("wang@example.com", "another password")
	if got, err := k.people.ByID(t.Context(), u.ID); err != nil || got.VerifiedAt.IsZero() {
		t.Errorf("who read the letter holds the mailbox: %+v, %v", got, err)
	}
	if list := k.arrived(); len(list) != 1 || list[0].To != "wang@example.com" ||
		list[0].Subject != "Your password was changed" {
		t.Errorf("told: %+v", list)
	}
}

func http(status int) string { return map[int]string{204: "204"}[status] }

func TestCodesToRecoverEnd(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	k.register("wang@example.com")
	_, a := k.enter("wang@example.com", password)
	fresh := func() string {
		t.Helper()
		if err := k.Recover(t.Context(), "wang@example.com", lang.Chinese, site); err != nil {
			t.Fatal(err)
		}
		return k.code("wang@example.com")
	}
	first := fresh()
	second := fresh() // takes the place of the first
	if err := k.Reset(t.Context(), first, "another password"); fault.Code(err) != "account.code_expired" {
		t.Errorf("the first of two: %v", err)
	}
	k.clock.Advance(30*time.Minute + time.Millisecond)
	if err := k.Reset(t.Context(), second, "another password"); fault.Code(err) != "account.code_expired" {
		t.Errorf("after half an hour: %v", err)
	}
	third := fresh()
	err := k.signin.ChangePassword(t.Context(), a, password, "chosen by hand", signin.Caller{Home: "1"})
	if err != nil {
		t.Fatal(err)
	}
	k.arrived()
	if err := k.Reset(t.Context(), third, "another password"); fault.Code(err) != "account.code_expired" {
		t.Errorf("after the password was changed: %v", err)
	}
	if err := k.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	// Whoever asks again and again writes to nobody's mailbox again and again.
	sent := 0
	for range 10 {
		if err := k.Recover(t.Context(), "wang@example.com", lang.Chinese, site); err != nil {
			t.Fatal(err)
		}
		sent += len(k.arrived())
	}
	if sent > 4 {
		t.Errorf("%d letters in a row", sent)
	}
}

// Many who show one code at once: one counts.
func TestACodeShownAtOnce(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	k.register("wang@example.com")
	if err := k.Recover(t.Context(), "wang@example.com", lang.Chinese, site); err != nil {
		t.Fatal(err)
	}
	code := k.code("wang@example.com")
	var changed atomic.Int64
	var group sync.WaitGroup
	for i := range 5 {
		group.Go(func() {
			err := k.Reset(t.Context(), code, "another password "+string(rune('a'+i)))
			if err == nil {
				changed.Add(1)
			} else if fault.Code(err) != "account.code_expired" {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if changed.Load() != 1 {
		t.Errorf("one code counted %d times", changed.Load())
	}
}

func TestChangingAnAddress(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	u := k.register("wang@example.com")
	k.register("li@example.com")
	_, here := k.enter("wang@example.com", password)
	there, _ := k.enter("wang@example.com", password)
	change := func(email, password string) error {
		return k.Change(t.Context(), here, email, password, site, signin.Caller{Home: "1"})
	}
	if err := change("new@example.com", "guess"); fault.Code(err) != "account.wrong_proof" {
		t.Errorf("without the password: %v", err)
	}
	if err := change("li@example.com", password); err != nil || len(k.arrived()) != 0 {
		t.Errorf("another's address: %v", err)
	}
	if err := change("New@Example.com", password); err != nil {
		t.Fatal(err)
	}
	code := k.code("new@example.com")
	if got, err := k.people.ByID(t.Context(), u.ID); err != nil || got.Email != "wang@example.com" {
		t.Errorf("changed before the code was shown: %s, %v", got.Email, err)
	}
	if err := k.Recover(t.Context(), "wang@example.com", lang.English, site); err != nil {
		t.Fatal(err)
	}
	old := k.code("wang@example.com")
	if err := k.ConfirmEmail(t.Context(), here, code); err != nil {
		t.Fatal(err)
	}
	if got, err := k.people.ByEmail(t.Context(), "new@example.com"); err != nil || got.ID != u.ID ||
		got.VerifiedAt.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := k.signin.Authenticate(t.Context(), there.Token); fault.Code(err) != "auth.session_expired" {
		t.Errorf("the other session: %v", err)
	}
	if list, err := k.signin.Places(t.Context(), u.ID); err != nil || len(list) != 1 || list[0].ID != here.Session {
		t.Errorf("this one: %+v, %v", list, err)
	}
	if told := k.arrived(); len(told) != 1 || told[0].To != "wang@example.com" ||
		!strings.Contains(told[0].Text, "n***@example.com") {
		t.Errorf("the old mailbox: %+v", told)
	}
	if err := k.Reset(t.Context(), old, "another password"); fault.Code(err) != "account.code_expired" {
		t.Errorf("a code in the old mailbox: %v", err)
	}
}

func TestVerifyingAnAddress(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	u := k.register("wang@example.com")
	if err := k.Verify(t.Context(), u.ID, site); err != nil {
		t.Fatal(err)
	}
	code := k.code("wang@example.com")
	k.door.Refuse(id.User{}, 422, "account.code_expired", "POST /auth/password/reset", map[string]any{
		"code": code, "password": "another password",
	})
	k.door.Call(id.User{}, 204, "POST /auth/email/confirm", map[string]any{"code": code})
	k.door.Refuse(id.User{}, 422, "account.code_expired", "POST /auth/email/confirm", map[string]any{"code": code})
	if got, err := k.people.ByID(t.Context(), u.ID); err != nil || got.VerifiedAt.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
}

// Each letter is there in each language, and says what it is about.
func TestLettersInEachLanguage(t *testing.T) {
	t.Parallel()
	k := open(t, false)
	for _, tag := range lang.All() {
		email := strings.ToLower(string(tag)) + "@example.com"
		u := k.register(email)
		if _, err := k.people.Update(t.Context(), u.ID, account.Change{Locale: &tag}); err != nil {
			t.Fatal(err)
		}
		if err := k.Recover(t.Context(), email, lang.English, site); err != nil {
			t.Fatal(err)
		}
		list := k.arrived()
		if len(list) != 1 || strings.Contains(list[0].Subject+list[0].Text, "{") ||
			!strings.Contains(list[0].Text, "夜市") || strings.Contains(list[0].Text, "忘记") != (tag == lang.Chinese) {
			t.Errorf("%s: %+v", tag, list)
		}
	}
}

// What lies in the database opens nothing.
func TestCodesLieHashed(t *testing.T) {
	t.Parallel()
	k := open(t, true)
	if _, _, err := k.Register(t.Context(), "key-of-mine", account.Registration{
		Email: "li@example.com", Password: password, DisplayName: "小李",
	}, site); err != nil {
		t.Fatal(err)
	}
	rows := func(query string) (text string) {
		t.Helper()
		r, err := k.db.Reader().Query(t.Context(), query)
		list, err := sqldb.Collect(r, err, func(s sqldb.Scanner) (line string, err error) {
			return line,
				s.Scan(&line)
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(list, "\n")
	}
	all := rows("SELECT payload FROM job")
	code := k.code("li@example.com")
	all += rows("SELECT sealed FROM mailbox_code") + rows("SELECT code_hash FROM mailbox_code")
	for _, secret := range []string{code, "li@example.com", "小李", password, "$argon2id$"} {
		if strings.Contains(all, secret) || len(all) < 200 {
			t.Errorf("%q lies open: %.300s", secret, all)
		}
	}
}
