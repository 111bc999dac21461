package auditlog_test

import (
	"context"
	"testing"

	"hawker/internal/auditlog"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

type people map[id.User]string

func (p people) DisplayNames(context.Context, []id.User) (map[id.User]string, error) { return p, nil }

// A shop reads what was done in it, operators what was done anywhere, nobody else
// anything.
func TestWhoReadsTheLog(t *testing.T) {
	t.Parallel()
	db, clock := sqltest.NewManual(t)
	owner, support, operator := id.Make[id.User](db), id.Make[id.User](db), id.Make[id.User](db)
	d := httpapitest.Open(t, clock, auditlog.API{DB: db, People: people{owner: "Ann"}}.Module())
	shop, rival := id.Make[id.Shop](db), id.Make[id.Shop](db)
	d.Hire(owner, shop, permission.StaffManage)
	d.Hire(support, shop, permission.OrdersRead)
	d.Appoint(operator)
	d.Name("shop", shop)
	d.Name("rival", rival)
	d.Strangers()
	ctx := audit.WithOrigin(t.Context(), audit.Origin{Kind: audit.Person, Actor: owner, Address: "203.0.113.9"})
	if err := db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		for _, s := range []id.Shop{shop, rival, {}} {
			if err := audit.Changed(ctx, tx, "role.changed", s, support, "support", "manager"); err != nil {
				return err
			}
		}
		return audit.Record(ctx, tx, audit.Entry{
			Action: "letter.dropped", Origin: audit.Origin{Kind: audit.Command}, Subject: "job_1",
		})
	}); err != nil {
		t.Fatal(err)
	}
	mine := d.Call(owner, 200, "GET /merchant/{shop}/audit", nil)
	if got := mine.Show("items.0.actor_name", "items.0.address", "items.0.before", "items.0.after",
		"items.0.shop_id", "items.1"); got != "Ann 203.0.113.9 support manager "+shop.String()+" <nil>" {
		t.Errorf("a shop's: %s", got)
	}
	all := d.Call(operator, 200, "GET /admin/audit", nil)
	if got := all.Show("items.0.actor_kind", "items.0.actor_id", "items.0.shop_id", "items.3.shop_id"); got !=
		"command <nil> <nil> "+shop.String() {
		t.Errorf("all: %s", got)
	}
	if got := d.Call(operator, 200, "GET /admin/audit?action=letter.dropped", nil); got.Show("items.0.subject",
		"items.1") != "job_1 <nil>" {
		t.Errorf("one action: %v", got)
	}
	d.Call(owner, 403, "GET /merchant/{rival}/audit", nil)
	d.Call(support, 403, "GET /merchant/{shop}/audit", nil)
	d.Call(owner, 403, "GET /admin/audit", nil)
}
