package api_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"hawker/test/kit"
)

// tus sends a request of an upload as somebody and answers it.
func tus(t *testing.T, m *kit.Mall, p *kit.Person, method, path string, header ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, m.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Tus-Resumable", "1.0.0")
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

// opened begins an upload and answers its address.
func opened(t *testing.T, m *kit.Mall, p *kit.Person) string {
	t.Helper()
	res := tus(t, m, p, "POST", "/api/v1/uploads", "Upload-Length", "1000")
	if res.StatusCode != http.StatusCreated {
		t.Fatalf("an upload is refused: %d", res.StatusCode)
	}
	return res.Header.Get("Location")
}

// TestEveryRightThatEnds takes a right away from a manager who is in the middle of everything: each operation, the
// picture of a rehearsal, an upload and an open socket have to know it at once.
func TestEveryRightThatEnds(t *testing.T) {
	m := kit.Start(t)
	owner, operator := m.SignIn("merchant"), m.SignIn("operator")
	shop := owner.Shop(t)
	room := owner.OpenRoom(t, map[string]any{"mode": "rehearsal"})
	m.Stream(t, room.Stream.PublishURL)
	playlist := "/live/" + room.ID + "/index.m3u8"
	m.Eventually("staff see the rehearsal", func() bool { return owner.Fetch(playlist).Status == http.StatusOK })
	ops := operations(t, m)
	for i, end := range []struct {
		how  string
		gone bool   // the session with it
		kept string // permissions that stay
		do   func(p *kit.Person, id, email string)
	}{
		{"dismissed", false, "", func(_ *kit.Person, id, _ string) {
			owner.Do("DELETE", "/merchant/"+shop+"/staff/"+id, "", nil).Want(t, http.StatusNoContent)
		}},
		{"another role", false, "live.moderate catalog.read", func(_ *kit.Person, _, email string) {
			owner.Post("/merchant/"+shop+"/staff", map[string]string{"email": email, "role": "moderator"}).Want(t, 200)
		}},
		{"disabled", true, "", func(_ *kit.Person, id, _ string) {
			operator.Do("PATCH", "/admin/users/"+id, "", map[string]any{"disabled": true}).Want(t, 0)
		}},
		{"ended by the operator", true, "", func(_ *kit.Person, id, _ string) {
			operator.Do("DELETE", "/admin/users/"+id+"/sessions", "", nil).Want(t, http.StatusNoContent)
		}},
		{"signed out", true, "", func(p *kit.Person, _, _ string) { p.Post("/auth/logout", nil).Want(t, 204) }},
		{"another password", true, "", func(_ *kit.Person, _, email string) {
			var in struct{ Token string }
			m.Visitor().Post("/auth/login", map[string]string{"email": email, "password": "a long password"}).
				Want(t, 0).Into(t, &in)
			again := m.As(&kit.Person{Token: in.Token})
			again.Do("PUT", "/me/password", "", map[string]string{
				"old_password": "a long password", "password": "another long password",
			}).Want(t, 0)
		}},
	} {
		t.Run(end.how, func(t *testing.T) {
			name := fmt.Sprint("manager", i)
			p, email := m.Register(name), name+"@example.com"
			owner.Post("/merchant/"+shop+"/staff", map[string]string{"email": email, "role": "manager"}).Want(t, 200)
			upload, s, who := opened(t, m, p), p.Connect(t), p.ID(t)
			if !s.Subscribe("shop:"+shop) || p.Fetch(playlist).Status != http.StatusOK {
				t.Fatal("a manager is not let in")
			}
			end.do(p, who, email)
			if end.gone {
				s.WantClosed()
			} else {
				s.WantOut("shop:" + shop)
			}
			if a := p.Fetch(playlist); end.how != "another role" && a.Status == http.StatusOK {
				t.Errorf("the rehearsal is still shown: %d", a.Status)
			}
			if got := tus(t, m, p, "HEAD", upload).StatusCode; end.gone != (got != http.StatusOK) {
				t.Errorf("their upload answers %d", got)
			}
			walkEnded(t, p, ops, where{shop, room.ID}, end.gone, end.kept)
		})
	}
}

// where is whose shop and room the paths name.
type where struct{ shop, room string }

// walkEnded calls every operation of a shop but those whose permission is kept, and with a session that is gone every
// one that wants a session.
func walkEnded(t *testing.T, p *kit.Person, ops []operation, at where, gone bool, kept string) {
	t.Helper()
	param, asked, want := regexp.MustCompile(`\{\w+\}`), 0, http.StatusForbidden
	if gone {
		want = http.StatusUnauthorized
	}
	for _, op := range ops {
		_, permission, _ := strings.Cut(op.Access, ":")
		if gone && !op.signedIn() || !gone && (!op.forStaff() || strings.Contains(kept, permission)) {
			continue
		}
		path := strings.NewReplacer("{shop}", at.shop, "{room}", at.room).Replace(op.path)
		if op.ofRooms() {
			path = strings.ReplaceAll(path, "{id}", at.room)
		}
		asked++
		if a := p.Do(op.method, param.ReplaceAllString(path, "x"), "some-key-1", nil); a.Status != want {
			t.Errorf("%s (%s) answers %d, want %d: %.200s", op.ID, op.Access, a.Status, want, a.Body)
		}
	}
	if asked < 40 {
		t.Errorf("only %d operations were asked", asked)
	}
}

// TestWalkOfStrangeAddresses asks for what scanners ask for: no folder is listed, no file of the machine is given, and
// nobody hears back what they sent.
func TestWalkOfStrangeAddresses(t *testing.T) {
	m := kit.Start(t)
	for _, path := range []string{
		"/media/", "/media", "/media/private/", "/live/", "/replay/", "/assets/", "/uploads/", "/recordings/",
		"/keys/master.key",
		"/.git/config", "/media/../keys/master.key", "/media/..%2fkeys%2fmaster.key", "/media/%2e%2e/hawker.db",
		"/hawker.db",
		"/live/..%2f..%2fhawker.db", "/replay/x/..%2f..%2fkeys/master.key", "/console/..%2f..%2fhawker.db",
		"/debug/pprof/",
		"/metrics", "/api/v1/../../keys/master.key",
	} {
		a := m.Visitor().Fetch(path)
		body := string(a.Body)
		for _, bad := range []string{"<pre>", "SQLite format", "[core]", "master.key", "goroutine", "hawker_"} {
			if strings.Contains(body, bad) && !strings.Contains(body, "request.no_such_path") {
				t.Errorf("%s answers %d with %q: %.100s", path, a.Status, bad, body)
			}
		}
		if a.Status/100 == 2 && !strings.Contains(a.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s answers %d %s: %.100s", path, a.Status, a.Header.Get("Content-Type"), body)
		}
	}
	for _, path := range []string{"/", "/api/v1/products", "/media/x", "/live/x/index.m3u8", "/ws"} {
		if res := tus(t, m, m.Visitor(), "TRACE", path, "X-Said", "hear-me"); res.StatusCode/100 == 2 {
			t.Errorf("TRACE %s answers %d", path, res.StatusCode)
		}
	}
}
