package api_test

import (
	"net/http"
	"testing"

	"hawker/test/kit"
)

// TestRightsEndOnOpenSockets ends a right of each kind while its holder listens.
func TestRightsEndOnOpenSockets(t *testing.T) {
	m := kit.Start(t)
	owner := m.SignIn("merchant")
	room := owner.OpenRoom(t, nil)
	shop := "shop:" + owner.Shop(t)
	staff := "/merchant/" + owner.Shop(t) + "/staff"

	colleague := m.Register("colleague")
	appoint := func(role string) {
		t.Helper()
		owner.Post(staff, map[string]string{"email": "colleague@example.com", "role": role}).Want(t, http.StatusOK)
	}
	appoint("support")
	for _, end := range []struct {
		how string
		do  func()
	}{
		{"another role", func() { appoint("moderator") }},
		{"dismissed", func() {
			owner.Do("DELETE", staff+"/"+colleague.ID(t), "", nil).Want(t, http.StatusNoContent)
		}},
	} {
		t.Run(end.how, func(t *testing.T) {
			appoint("support")
			s := colleague.Connect(t)
			if !s.Subscribe(shop) {
				t.Fatal("support is not let to the counter")
			}
			end.do()
			s.WantOut(shop)
			if s.Subscribe(shop) {
				t.Error("and is let in again")
			}
		})
	}

	t.Run("banned", func(t *testing.T) {
		loud := m.Register("loud")
		s := loud.Connect(t)
		if !s.Subscribe("room:" + room.ID) {
			t.Fatal("not let into the room")
		}
		var said struct {
			ID string `json:"id"`
		}
		loud.Post("/live/rooms/"+room.ID+"/messages", map[string]string{"text": "spam"}).Want(t, 0).Into(t, &said)
		owner.Post("/merchant/"+owner.Shop(t)+"/rooms/"+room.ID+"/messages/"+said.ID+"/silence",
			map[string]any{"kind": "ban"}).Want(t, http.StatusNoContent)
		s.WantOut("room:" + room.ID)
	})

	t.Run("signed out", func(t *testing.T) {
		person, other := m.Register("leaver"), m.Register("other")
		s, stays := person.Connect(t), other.Connect(t)
		if !s.Subscribe("user:" + person.ID(t)) {
			t.Fatal("not let to their own channel")
		}
		person.Post("/auth/logout", nil).Want(t, http.StatusNoContent)
		s.WantClosed()
		if !stays.Subscribe("user:" + other.ID(t)) {
			t.Error("a stranger's sign-out closed this one")
		}
	})

	t.Run("a rehearsal", func(t *testing.T) {
		guest := m.Visitor().Connect(t)
		if !guest.Subscribe("room:" + room.ID) {
			t.Fatal("not let into the room")
		}
		owner.Post("/merchant/"+owner.Shop(t)+"/rooms/"+room.ID+"/mode", map[string]string{"mode": "rehearsal"}).
			Want(t, http.StatusOK)
		guest.WantOut("room:" + room.ID)
	})
}
