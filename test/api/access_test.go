package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"hawker/test/kit"
)

// operation is one entry of the description.
type operation struct {
	method, path string
	ID           string `json:"operationId"`
	Access       string `json:"x-access"`
}

func (o operation) signedIn() bool {
	switch o.Access {
	case "anyone", "signed", "room_lobby", "room_visitor":
		return false
	}
	return true
}

func (o operation) ofRooms() bool {
	return strings.HasPrefix(o.Access, "room_lobby") || strings.HasPrefix(o.Access, "room_visitor")
}

func (o operation) forStaff() bool {
	return strings.HasPrefix(o.Access, "staff:") || strings.HasPrefix(o.Access, "room_staff:")
}

func operations(t *testing.T, m *kit.Mall) (out []operation) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	m.Visitor().Get("/openapi.json").Want(t, http.StatusOK).Into(t, &doc)
	for path, methods := range doc.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), strings.TrimPrefix(path, "/api/v1")
			out = append(out, op)
		}
	}
	if len(out) < 120 {
		t.Fatalf("only %d operations are described", len(out))
	}
	return out
}

// TestNobodySeesOrChangesWhatIsNotTheirs walks every operation as everybody who may
// not call it, with the ids of things that are there.
func TestNobodySeesOrChangesWhatIsNotTheirs(t *testing.T) {
	m := kit.Start(t)
	shopper, merchant, operator := m.SignIn("shopper"), m.SignIn("merchant"), m.SignIn("operator")
	stranger := m.Register("stranger")
	shop := merchant.Shop(t)
	p := shopper.Find(t, mug)
	rehearsal := merchant.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}, "mode": "rehearsal"})
	warmUp := merchant.OpenRoom(t, map[string]any{"product_ids": []string{p.ID}, "mode": "warmup"})
	param := regexp.MustCompile(`\{\w+\}`)
	for _, op := range operations(t, m) {
		path := func(room string) string {
			ids := []string{"{shop}", shop, "{room}", room, "{product}", p.ID, "{sku}", p.SKUs[0].ID}
			if op.ofRooms() {
				ids = append(ids, "{id}", room)
			}
			return param.ReplaceAllString(strings.NewReplacer(ids...).Replace(op.path), "x")
		}
		want := func(who *kit.Person, as, room string, status int) {
			t.Helper()
			if a := who.Do(op.method, path(room), "some-key-1", nil); a.Status != status {
				t.Errorf("%s (%s) answers %s %d, want %d: %.200s", op.ID, op.Access, as, a.Status, status, a.Body)
			}
		}
		if op.Access == "" {
			t.Errorf("%s does not say who may call it", op.ID)
		}
		if op.signedIn() {
			want(m.Visitor(), "a visitor", rehearsal.ID, http.StatusUnauthorized)
		}
		switch {
		case op.ofRooms():
			for as, who := range map[string]*kit.Person{"a shopper": shopper, "an operator": operator} {
				want(who, as+" in a rehearsal", rehearsal.ID, http.StatusNotFound)
				if strings.HasPrefix(op.Access, "room_visitor") {
					want(who, as+" in a warm-up", warmUp.ID, http.StatusNotFound)
				}
			}
			if !op.signedIn() {
				want(m.Visitor(), "a visitor in a rehearsal", rehearsal.ID, http.StatusNotFound)
			}
		case op.forStaff():
			want(shopper, "a shopper", rehearsal.ID, http.StatusForbidden)
			want(stranger, "a stranger", rehearsal.ID, http.StatusForbidden)
			want(operator, "an operator", rehearsal.ID, http.StatusForbidden)
		case op.Access == "operator":
			want(shopper, "a shopper", rehearsal.ID, http.StatusForbidden)
			want(merchant, "a merchant", rehearsal.ID, http.StatusForbidden)
		}
	}
}

// TestMediaOfAPrivateRoom asks for the picture of a rehearsal by every address.
func TestMediaOfAPrivateRoom(t *testing.T) {
	m := kit.Start(t)
	shopper, merchant := m.SignIn("shopper"), m.SignIn("merchant")
	room := merchant.OpenRoom(t, map[string]any{"mode": "rehearsal"})
	m.Stream(t, room.Stream.PublishURL)
	playlist := "/live/" + room.ID + "/index.m3u8"
	m.Eventually("staff see the rehearsal", func() bool { return merchant.Fetch(playlist).Status == http.StatusOK })
	media := regexp.MustCompile(`(?m)URI="([^"]+)"|^([^#\n]\S*)$`)
	paths := []string{
		playlist, "/live/" + room.ID + "/live.flv", "/replay/" + room.ID + "/index.m3u8",
		"/whep/" + room.ID,
	}
	seen := []string{string(merchant.Fetch(playlist).Body)}
	for len(seen) > 0 && len(paths) < 40 { // and what the playlists name
		for _, found := range media.FindAllStringSubmatch(seen[0], -1) {
			p := "/live/" + room.ID + "/" + found[1] + found[2]
			paths = append(paths, p)
			if strings.Contains(p, ".m3u8") {
				seen = append(seen, string(merchant.Fetch(p).Body))
			}
		}
		seen = seen[1:]
	}
	if len(paths) < 6 {
		t.Fatalf("the playlist names nothing: %v", paths)
	}
	for _, p := range paths {
		for as, who := range map[string]*kit.Person{"a visitor": m.Visitor(), "a shopper": shopper} {
			a := who.Begin(p)
			if a.Status/100 == 2 {
				t.Errorf("%s gets %s: %d", as, p, a.Status)
			}
			if cc := a.Header.Get("Cache-Control"); a.Status == http.StatusNotFound &&
				!strings.Contains(cc, "no-store") {
				t.Errorf("%s of %s may be kept: %q", as, p, cc)
			}
		}
		if a := merchant.Begin(p); a.Status == http.StatusOK {
			cc, any := a.Header.Get("Cache-Control"), a.Header.Get("Access-Control-Allow-Origin")
			if cc != "private, no-store" || any != "" {
				t.Errorf("staff's answer for %s says Cache-Control %q, Access-Control-Allow-Origin %q", p, cc, any)
			}
		}
	}
}
