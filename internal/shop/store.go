package shop

import (
	"context"
	"encoding/json"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/naming"
	"hawker/internal/platform/sqldb"
)

func insertShop(ctx context.Context, tx *sqldb.Tx, s Shop) error {
	name, err := json.Marshal(s.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO shop (id, name, logo_url, owner_id, created_at) VALUES (?, ?, ?, ?, ?)",
		s.ID, string(name), s.LogoURL, s.Owner, sqldb.Millis(tx.Now()))
	return err
}

// lockShop makes whoever else changes the shop's staff wait.
func lockShop(ctx context.Context, tx *sqldb.Tx, shop id.Shop) error {
	_, err := tx.Exec(ctx, "UPDATE shop SET owner_id = owner_id WHERE id = ?", shop)
	return err
}

func putStaff(ctx context.Context, tx *sqldb.Tx, shop id.Shop, user id.User, role Role) error {
	return tx.Put(ctx, sqldb.Row{
		Table: "shop_staff", Keys: []string{"shop_id", "user_id"}, Set: []string{"role"}, First: []string{"created_at"},
	}, shop, user, role, sqldb.Millis(tx.Now()))
}

func roleOf(ctx context.Context, q sqldb.Querier, shop id.Shop, user id.User) (r Role, err error) {
	err = q.QueryRow(ctx, "SELECT role FROM shop_staff WHERE shop_id = ? AND user_id = ?", shop, user).Scan(&r)
	return r, err
}

func scanShop(s sqldb.Scanner, more ...any) (sh Shop, err error) {
	var name string
	if err := s.Scan(append([]any{&sh.ID, &name, &sh.LogoURL, &sh.Owner}, more...)...); err != nil {
		return sh, err
	}
	return sh, json.Unmarshal([]byte(name), &sh.Name)
}

func shopsByID(ctx context.Context, q sqldb.Querier, shops []id.Shop) (map[id.Shop]Shop, error) {
	out := make(map[id.Shop]Shop, len(shops))
	if len(shops) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT id, name, logo_url, owner_id FROM shop WHERE id IN ("+sqldb.Marks(len(shops))+")",
		sqldb.Args(shops)...)
	found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (Shop, error) { return scanShop(s) })
	for _, sh := range found {
		out[sh.ID] = sh
	}
	return out, err
}

func shopsBefore(ctx context.Context, q sqldb.Querier, f Find, before id.Shop) ([]Listed, error) {
	query, args := "SELECT id, name, logo_url, owner_id, created_at FROM shop WHERE 1 = 1", []any{}
	if !before.IsZero() {
		query, args = query+" AND id < ?", append(args, before)
	}
	if !f.Owner.IsZero() {
		query, args = query+" AND owner_id = ?", append(args, f.Owner)
	}
	if f.Text != "" {
		written, err := json.Marshal(strings.ToLower(strings.TrimSpace(f.Text)))
		if err != nil {
			return nil, err
		}
		part := strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.Trim(string(written), `"`))
		// Languages are named beside the names: who looks for "en" means no language.
		query += ` AND (LOWER(REPLACE(REPLACE(name, '"zh-CN":', ''), '"en":', '')) LIKE ? ESCAPE '!'
			OR EXISTS (SELECT 1 FROM shop_name n WHERE n.shop_id = shop.id AND n.name_key = ?))`
		args = append(args, "%"+part+"%", naming.Key(f.Text))
	}
	rows, err := q.Query(ctx, query+" ORDER BY id DESC LIMIT ?", append(args, f.Size()+1)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (l Listed, err error) {
		var at int64
		l.Shop, err = scanShop(s, &at)
		l.CreatedAt = sqldb.FromMillis(at)
		return l, err
	})
}

func membersOf(ctx context.Context, q sqldb.Querier, user id.User) ([]Member, error) {
	rows, err := q.Query(ctx, `SELECT s.id, s.name, s.logo_url, s.owner_id, m.role FROM shop_staff m
		JOIN shop s ON s.id = m.shop_id WHERE m.user_id = ? ORDER BY s.id`, user)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (m Member, err error) {
		m.Shop, err = scanShop(s, &m.Role)
		return m, err
	})
}

func staffOf(ctx context.Context, q sqldb.Querier, shop id.Shop) ([]Colleague, error) {
	rows, err := q.Query(ctx,
		"SELECT user_id, role, created_at FROM shop_staff WHERE shop_id = ? ORDER BY created_at, user_id", shop)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (c Colleague, err error) {
		var since int64
		err = s.Scan(&c.User, &c.Role, &since)
		c.Since = sqldb.FromMillis(since)
		return c, err
	})
}

func deleteStaff(ctx context.Context, tx *sqldb.Tx, shop id.Shop, user id.User) error {
	_, err := tx.Exec(ctx, "DELETE FROM shop_staff WHERE shop_id = ? AND user_id = ?", shop, user)
	return err
}

// takeNames keeps the looks of a shop's names; false where another shop has one of them.
func takeNames(ctx context.Context, tx *sqldb.Tx, s Shop) (bool, error) {
	for _, name := range s.Name {
		key := naming.Key(name)
		fresh, err := tx.InsertOnce(ctx, "INSERT INTO shop_name (name_key, shop_id) VALUES (?, ?)", key, s.ID)
		if err != nil {
			return false, err
		}
		if fresh {
			continue
		}
		var owner id.Shop
		err = tx.QueryRow(ctx, "SELECT shop_id FROM shop_name WHERE name_key = ?", key).Scan(&owner)
		if err != nil || owner != s.ID {
			return false, err
		}
	}
	return true, nil
}

// nameless are shops of before names were kept by their looks.
func nameless(ctx context.Context, q sqldb.Querier) ([]Shop, error) {
	rows, err := q.Query(ctx, `SELECT id, name, logo_url, owner_id FROM shop
		WHERE NOT EXISTS (SELECT 1 FROM shop_name WHERE shop_id = shop.id) ORDER BY id`)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (Shop, error) { return scanShop(s) })
}

// protects looks for a shop that is called so, and for others than the user who work in
// one or run the installation.
func protects(ctx context.Context, q sqldb.Querier, key string, user id.User) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM shop_name WHERE name_key = ?", key).Scan(&n)
	if err != nil || n > 0 {
		return n > 0, err
	}
	err = q.QueryRow(ctx, `SELECT COUNT(*) FROM account_user u WHERE u.name_key = ? AND u.id <> ?
		AND (u.operator = 1 OR EXISTS (SELECT 1 FROM shop_staff s WHERE s.user_id = u.id))`, key, user).Scan(&n)
	return n > 0, err
}

func owns(ctx context.Context, q sqldb.Querier, user id.User) (bool, error) {
	var n int
	err := q.QueryRow(ctx, "SELECT COUNT(*) FROM shop_staff WHERE user_id = ? AND role = ?", user, Owner).Scan(&n)
	return n > 0, err
}
