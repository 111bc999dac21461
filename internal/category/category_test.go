package category_test

import (
	"context"
	"sync"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/category"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb/sqltest"
)

// Shelves stand in the order in which they were put up, called in the reader's language,
// or in the one that there is.
func TestShelvesInTheirOrder(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	s := category.New(db)
	d := httpapitest.Open(t, clock, category.API{Service: s}.Module())
	for _, name := range []lang.Text{
		{lang.Chinese: "茶", lang.English: "Tea"}, {lang.Chinese: "壶"}, {lang.Chinese: "灯", lang.English: "Lamps"},
	} {
		c, err := s.Add(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if ok, err := category.Exists(t.Context(), db.Reader(), c.ID); err != nil || !ok {
			t.Errorf("%v is not there: %v", name, err)
		}
	}
	for language, want := range map[string]string{"en": "Tea 壶 Lamps <nil>", "zh-CN": "茶 壶 灯 <nil>"} {
		d.Language = language
		if got := d.Call(id.User{}, 200, "GET /categories", nil).Show("items.0.name", "items.1.name", "items.2.name",
			"items.3"); got != want {
			t.Errorf("%s: %s", language, got)
		}
	}
	if ok, err := category.Exists(t.Context(), db.Reader(), id.Make[id.Category](db)); err != nil || ok {
		t.Errorf("what never was is there: %v", err)
	}
}

// Shelves that are put up at once all stand, and a shelf of a transaction that failed
// does not.
func TestShelvesPutUpAtOnce(t *testing.T) {
	t.Parallel()
	db := sqltest.New(t)
	s := category.New(db)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := s.Add(t.Context(), lang.Text{lang.Chinese: "茶"}); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Add(gone, lang.Text{lang.Chinese: "壶"}); err == nil {
		t.Error("added for somebody who has gone")
	}
	list, err := s.List(t.Context())
	if err != nil || len(list) != 8 {
		t.Errorf("%d shelves, %v", len(list), err)
	}
}
