package api_test

import (
	"net/http"
	"strings"
	"testing"

	"hawker/test/kit"
)

// What a page says to who passes it on is of what everybody may see: of a room behind the
// curtain, a product off sale and of what never was it says nothing, to nobody, and is
// not there. What people write is text.
func TestPagesTellStrangersNothingPrivate(t *testing.T) {
	m := kit.Start(t)
	merchant, guest := m.SignIn("merchant"), m.Visitor()
	guest.Lang = "zh-CN"
	page := func(who *kit.Person, path string) (status int, html string) {
		a := who.Fetch(path)
		return a.Status, string(a.Body)
	}
	product := guest.Find(t, lamp)
	if status, html := page(guest, "/p/"+product.ID); status != http.StatusOK || !strings.Contains(html, lamp) ||
		!strings.Contains(html, `property="og:title"`) {
		t.Errorf("a product on sale: %d, %.600s", status, html)
	}
	merchant.Post("/merchant/"+merchant.Shop(t)+"/products/"+product.ID+"/unpublish", nil).Want(t, http.StatusOK)
	const title = `Secret </script><b>sale`
	room := merchant.OpenRoom(t, map[string]any{"title": title, "mode": "rehearsal"})
	for _, path := range []string{
		"/p/" + product.ID, "/live/" + room.ID, "/replay/" + room.ID, "/p/prd_nope", "/p/prd_0000000000001",
		"/live/rom_0000000000001", "/v/vid_0000000000001", "/nowhere",
	} {
		for name, who := range map[string]*kit.Person{"a guest": guest, "its own shop": merchant} {
			status, html := page(who, path)
			if status != http.StatusNotFound || strings.Contains(html, "Secret") || strings.Contains(html, lamp) {
				t.Errorf("%s to %s: %d, %.600s", path, name, status, html)
			}
		}
	}
	merchant.Post("/merchant/"+merchant.Shop(t)+"/rooms/"+room.ID+"/mode", map[string]string{"mode": "open"}).Want(t,
		http.StatusOK)
	status, html := page(guest, "/live/"+room.ID)
	if status != http.StatusOK || !strings.Contains(html, "Secret") || strings.Contains(html, "<b>sale") {
		t.Errorf("an open room: %d, %.600s", status, html)
	}
}
