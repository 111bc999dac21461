// Package httpapitest mounts modules behind the real door for tests: sessions,
// staff and rooms are what the test says they are, everything else is the
// program's, and each answer is held to the description of the API.
package httpapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// Door is an API on a server. A session's token is the id of its user.
type Door struct {
	T        testing.TB
	API      *httpapi.API
	Server   *httptest.Server
	Contract *Contract
	// Language is what callers ask for.
	Language string
	// Sign knows tokens that are no id of a user, and may be nil.
	Sign httpapi.Authenticator

	clock     clock.Clock
	mu        sync.Mutex
	staff     map[job]bool
	operators map[id.User]bool
	rooms     map[id.Room]httpapi.RoomDoor
	replace   []string
}

type job struct {
	user id.User
	shop id.Shop
	may  permission.Permission
}

// Open mounts modules; the server closes with the test.
func Open(t testing.TB, c clock.Clock, modules ...module.Module) *Door {
	t.Helper()
	d := &Door{
		T: t, Language: "en", clock: c, staff: map[job]bool{}, operators: map[id.User]bool{},
		rooms: map[id.Room]httpapi.RoomDoor{},
	}
	d.API = httpapi.New(httpapi.Deps{
		Log: slog.New(slog.DiscardHandler), Clock: c, Limiter: cache.NewMemoryLimiter(c), Sign: d, Staff: d, Rooms: d,
		Metrics: d, ReauthenticateWithin: 10 * time.Minute,
	})
	for _, m := range modules {
		d.API.Section(m.Name)
		for _, o := range m.Operations {
			o.Register(d.API)
		}
		d.API.Mount(m.Routes...)
	}
	raw, err := d.API.OpenAPI()
	if err == nil {
		d.Contract, err = NewContract(raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	d.Server = httptest.NewServer(d.API)
	t.Cleanup(d.Server.Close)
	return d
}

// Operations are what a module without a value of its own brings.
func Operations(list ...module.Operations) module.Module {
	return module.Module{Name: "test", Operations: list}
}

// Hire lets somebody do things in a shop: all things when none is named.
func (d *Door) Hire(user id.User, shop id.Shop, may ...permission.Permission) {
	if len(may) == 0 {
		may = permission.All()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range may {
		d.staff[job{user, shop, p}] = true
	}
}

// Dismiss takes everything from somebody that they might do in a shop.
func (d *Door) Dismiss(user id.User, shop id.Shop) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range permission.All() {
		delete(d.staff, job{user, shop, p})
	}
}

// Appoint makes somebody an operator.
func (d *Door) Appoint(user id.User) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.operators[user] = true
}

// Room says of a room whose it is and in which mode.
func (d *Door) Room(room id.Room, door httpapi.RoomDoor) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rooms[room] = door
}

// Name lets {word} in addresses stand for something.
func (d *Door) Name(word string, of interface{ String() string }) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.replace = append(d.replace, "{"+word+"}", of.String())
}

// Authenticate implements httpapi.Authenticator.
func (d *Door) Authenticate(ctx context.Context, token string) (httpapi.Actor, error) {
	var u id.User
	err := u.UnmarshalText([]byte(token))
	if err != nil && d.Sign != nil {
		return d.Sign.Authenticate(ctx, token)
	}
	if err != nil || u.IsZero() {
		return httpapi.Actor{}, fault.Unauthorized("auth.sign_in_required")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return httpapi.Actor{User: u, Operator: d.operators[u], Proved: d.clock.Now()}, nil
}

// May implements httpapi.StaffRegister.
func (d *Door) May(_ context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.staff[job{user, shop, p}], nil
}

// Door implements httpapi.RoomGate.
func (d *Door) Door(_ context.Context, room id.Room) (httpapi.RoomDoor, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	door, ok := d.rooms[room]
	if !ok {
		return door, fault.NotFound("live.not_found")
	}
	return door, nil
}

// ObserveRequest implements httpapi.Observer.
func (*Door) ObserveRequest(string, int, float64) {}

// Do sends a request, "POST /cart/items", as somebody, the zero user being a
// visitor. body is JSON-encoded unless it is []byte. Each has an idempotency key of
// its own unless header says otherwise: pairs of names and values.
func (d *Door) Do(who id.User, target string, body any, header ...string) Answer {
	d.T.Helper()
	method, path, _ := strings.Cut(target, " ")
	return d.Fetch(who, method+" "+httpapi.Prefix+path, body, header...)
}

// Fetch is Do for any address, also of what is no operation.
func (d *Door) Fetch(who id.User, target string, body any, header ...string) Answer {
	d.T.Helper()
	raw, isRaw := body.([]byte)
	if !isRaw && body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			d.T.Fatal(err)
		}
	}
	d.mu.Lock()
	target = strings.NewReplacer(d.replace...).Replace(target)
	d.mu.Unlock()
	method, path, _ := strings.Cut(target, " ")
	req, err := http.NewRequestWithContext(d.T.Context(), method, d.Server.URL+path, bytes.NewReader(raw))
	if err != nil {
		d.T.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Idempotency-Key", id.Token())
	req.Header.Set("Accept-Language", d.Language)
	if !who.IsZero() {
		req.Header.Set("Authorization", "Bearer "+who.String())
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
		if header[i] == "Host" { // which no client takes from there
			req.Host = header[i+1]
		}
	}
	res, err := d.Server.Client().Do(req)
	if err != nil {
		d.T.Fatal(err)
	}
	defer res.Body.Close()
	a := Answer{Status: res.StatusCode, Header: res.Header}
	if a.Body, err = io.ReadAll(res.Body); err != nil {
		d.T.Fatal(err)
	}
	d.Contract.Check(d.T, method, path, a)
	return a
}

// Call is Do; it ends the test unless the status is the wanted one, and answers the
// body.
func (d *Door) Call(who id.User, want int, target string, body any, header ...string) Object {
	d.T.Helper()
	a := d.Do(who, target, body, header...)
	if a.Status != want {
		d.T.Fatalf("%s answered %d, want %d: %.600s", target, a.Status, want, a.Body)
	}
	out := Object{}
	if len(a.Body) > 0 {
		if err := json.Unmarshal(a.Body, &out); err != nil {
			d.T.Fatalf("%s: %v: %.600s", target, err, a.Body)
		}
	}
	return out
}

// Refuse ends the test unless a request is refused with this status and code.
func (d *Door) Refuse(who id.User, status int, code, target string, body any) {
	d.T.Helper()
	if got := d.Call(who, status, target, body).Text("code"); got != code {
		d.T.Fatalf("%s was refused as %s, want %s", target, got, code)
	}
}

// Strangers ends the test if an operation of the API answers anybody who may not
// call it: a visitor where an account is needed, somebody with an account where the
// staff of a shop or the operator is.
func (d *Door) Strangers() {
	d.T.Helper()
	stranger, guarded := id.FromInt[id.User](1<<40), 0
	for _, op := range d.API.Operations() {
		target := op.Method + " " + op.Path
		if op.Access.NeedsAccount() {
			guarded++
			d.Call(id.User{}, http.StatusUnauthorized, target, nil)
		}
		if op.Access.ForStaff() {
			d.Call(stranger, http.StatusForbidden, target, nil)
		}
	}
	if guarded == 0 {
		d.T.Error("no operation needs an account: this proves nothing")
	}
}
