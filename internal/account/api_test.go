package account_test

import (
	"context"
	"testing"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/httpapi/httpapitest"
)

type body = map[string]any

// around is what the module asks of others.
type around struct{}

func (*around) MembershipsOf(_ context.Context, u id.User, tag lang.Tag) ([]account.Membership, error) {
	return []account.Membership{{Name: string(tag), Role: "owner"}}, nil
}

func behind(t *testing.T) (*httpapitest.Door, *account.Service) {
	t.Helper()
	s, _, c := open(t)
	return httpapitest.Open(t, c, account.API{Service: s, Shops: &around{}}.Module()), s
}

func TestMyAccountAndMyBook(t *testing.T) {
	t.Parallel()
	d, s := behind(t)
	wang, li := register(t, s, "wang@example.com"), register(t, s, "li@example.com")
	if me := d.Call(wang.ID, 200, "PATCH /me", body{"display_name": " 老王 ", "locale": "en"}); me.Show("display_name",
		"locale", "email") != "老王 en wang@example.com" {
		t.Errorf("changed: %v", me)
	}
	d.Refuse(wang.ID, 422, "account.bad_name", "PATCH /me", body{"display_name": "\u202e"})
	d.Refuse(wang.ID, 422, "request.invalid", "PATCH /me", body{"locale": "fr"})
	if me := d.Call(wang.ID, 200, "GET /me", nil); me.Show("display_name", "locale") != "老王 en" {
		t.Errorf("a refused change was kept: %v", me)
	}
	home := body{"name": "王", "phone": "１３８００００００００", "region": "云南", "detail": "1 号"}
	first := d.Call(wang.ID, 201, "POST /me/addresses", home)
	if got := first.Show("is_default", "phone"); got != "true 13800000000" {
		t.Errorf("the first address: %s", got)
	}
	d.Name("first", word(first.Text("id")))
	home["is_default"], home["detail"] = true, "2 号"
	d.Call(wang.ID, 201, "POST /me/addresses", home)
	if list := d.Call(wang.ID, 200, "GET /me/addresses", nil); list.Show("items.0.detail", "items.0.is_default",
		"items.1.detail", "items.1.is_default") != "2 号 true 1 号 false" {
		t.Errorf("the book: %v", list)
	}
	d.Refuse(li.ID, 404, "account.no_address", "PATCH /me/addresses/{first}", home)
	d.Refuse(li.ID, 404, "account.no_address", "DELETE /me/addresses/{first}", nil)
	d.Refuse(wang.ID, 422, "account.bad_phone", "PATCH /me/addresses/{first}",
		body{"name": "王", "phone": "call me", "region": "云南", "detail": "1 号"})
	d.Call(wang.ID, 204, "DELETE /me/addresses/{first}", nil)
	d.Refuse(wang.ID, 404, "account.no_address", "DELETE /me/addresses/{first}", nil)
}

type word string

func (w word) String() string { return string(w) }
