package moderation_test

import (
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/moderation"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestRestrictionsAreTold(t *testing.T) {
	db, c := sqltest.NewManual(t)
	s := moderation.New(db)
	shop, user := id.Make[id.Shop](db), id.Make[id.User](db)
	for _, step := range []error{
		s.Silence(t.Context(), moderation.Silence{Shop: shop, User: user, Until: c.Now().Add(time.Hour)}),
		s.Silence(t.Context(), moderation.Silence{Shop: shop, User: user, Banned: true}),
		s.Release(t.Context(), shop, user),
		s.Release(t.Context(), shop, user), // there is nothing to lift
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	who := `{"shop":"` + shop.String() + `","user":"` + user.String() + `"`
	eventstest.Want(t, eventstest.Heard(t, db, moderation.EventRestricted, moderation.EventLifted),
		"moderation.restricted "+who+`,"banned":false,"until":"2026-11-22T13:00:00Z"}`,
		"moderation.restricted "+who+`,"banned":true}`, "moderation.lifted "+who+"}")
}
