package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/listing"
	"hawker/internal/platform/sqldb"
)

const productColumns = "p.id, p.shop_id, p.category_id, p.title, p.description, p.options, p.pictures, p.state, " +
	"p.price, p.was_price, p.commission_l1, p.commission_l2, p.commission_l3, p.sold, p.version, " +
	"p.created_at, p.updated_at"

func scanProduct(s sqldb.Scanner, more ...any) (p Product, err error) {
	var title, description, options, pictures string
	var created, updated int64
	err = s.Scan(append([]any{
		&p.ID, &p.Shop, &p.Category, &title, &description, &options, &pictures, &p.State, &p.Price, &p.WasPrice,
		&p.Commission[0], &p.Commission[1], &p.Commission[2], &p.Sold, &p.Version, &created, &updated,
	}, more...)...)
	if err != nil {
		return p, err
	}
	for _, f := range []struct {
		raw string
		to  any
	}{{title, &p.Title}, {description, &p.Description}, {options, &p.Options}, {pictures, &p.Pictures}} {
		if err := json.Unmarshal([]byte(f.raw), f.to); err != nil {
			return p, fmt.Errorf("product %s: %w", p.ID, err)
		}
	}
	p.CreatedAt, p.UpdatedAt = sqldb.FromMillis(created), sqldb.FromMillis(updated)
	return p, nil
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("catalog: " + err.Error()) // maps and slices of strings always marshal
	}
	return string(raw)
}

// said are the columns that a merchant's form fills, and their values.
func said(p Product) (columns []string, args []any) {
	for _, c := range []struct {
		name  string
		value any
	}{
		{"category_id", p.Category},
		{"title", text(p.Title)},
		{"description", text(p.Description)},
		{"options", text(orNone(p.Options))},
		{"pictures", text(orNone(p.Pictures))},
		{"search_text", searchText(p)},
		{"price", p.Price},
		{"was_price", p.WasPrice},
		{"commission_l1", p.Commission[0]},
		{"commission_l2", p.Commission[1]},
		{"commission_l3", p.Commission[2]},
		{"updated_at", sqldb.Millis(p.UpdatedAt)},
	} {
		columns, args = append(columns, c.name), append(args, c.value)
	}
	return columns, args
}

// orNone writes an empty list as such, not as null.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func insertProduct(ctx context.Context, tx *sqldb.Tx, p Product) error {
	columns, args := said(p)
	columns = append(columns, "id", "shop_id", "state", "created_at")
	args = append(args, p.ID, p.Shop, p.State, sqldb.Millis(p.CreatedAt))
	_, err := tx.Exec(ctx, "INSERT INTO product ("+strings.Join(columns, ", ")+") VALUES ("+sqldb.Marks(len(columns))+
		")",
		args...)
	return err
}

// updateProduct writes over the version that was read and no other. Fault
// catalog.changed.
func updateProduct(ctx context.Context, tx *sqldb.Tx, p Product, before listing.Form) error {
	columns, args := said(p)
	columns, args = append(columns, "said_before"), append(args, text(before))
	return ofVersion(tx.Exec(ctx, "UPDATE product SET version = version + 1, "+strings.Join(columns, " = ?, ")+
		" = ? WHERE id = ? AND version = ?", append(args, p.ID, p.Version)...))
}

func ofVersion(n int64, err error) error {
	if err == nil && n == 0 {
		err = errChanged()
	}
	return err
}

func setState(ctx context.Context, tx *sqldb.Tx, p Product, state State) error {
	return ofVersion(tx.Exec(ctx, "UPDATE product SET state = ?, updated_at = ? WHERE id = ? AND version = ?", state,
		sqldb.Millis(tx.Now()), p.ID, p.Version))
}

func addSold(ctx context.Context, tx *sqldb.Tx, product id.Product, units int64) error {
	_, err := tx.Exec(ctx, "UPDATE product SET sold = sold + ? WHERE id = ?", units, product)
	return err
}

func productByID(ctx context.Context, q sqldb.Querier, product id.Product) (Product, error) {
	p, err := scanProduct(q.QueryRow(ctx, "SELECT "+productColumns+" FROM product p WHERE p.id = ?", product))
	if err != nil {
		return p, err
	}
	p.SKUs, err = skusOf(ctx, q, product)
	return p, err
}

func productsByID(ctx context.Context, q sqldb.Querier, products []id.Product) (map[id.Product]Product, error) {
	out := make(map[id.Product]Product, len(products))
	if len(products) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT "+cardColumns+" FROM product p WHERE p.id IN ("+sqldb.Marks(len(products))+")",
		sqldb.Args(products)...)
	found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (Product, error) { return scanProduct(s) })
	for _, p := range found {
		out[p.ID] = p
	}
	return out, err
}

const skuColumns = "k.id, k.product_id, k.shop_id, k.code, k.choice, k.price, k.was_price, k.active, " +
	"COALESCE(k.choice_texts, 'null')"

func scanSKU(dest *SKU) (targets []any, finish func() error) {
	var choice, texts string
	targets = []any{
		&dest.ID, &dest.Product, &dest.Shop, &dest.Code, &choice, &dest.Price, &dest.WasPrice, &dest.Active, &texts,
	}
	return targets, func() error {
		return errors.Join(json.Unmarshal([]byte(choice), &dest.Choice),
			json.Unmarshal([]byte(texts), &dest.ChoiceTexts))
	}
}

func skusOf(ctx context.Context, q sqldb.Querier, product id.Product) ([]SKU, error) {
	rows, err := q.Query(ctx,
		"SELECT "+skuColumns+" FROM sku k WHERE k.product_id = ? AND k.active = 1 ORDER BY k.position", product)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (k SKU, err error) {
		targets, finish := scanSKU(&k)
		if err := s.Scan(targets...); err != nil {
			return k, err
		}
		return k, finish()
	})
}

func offers(ctx context.Context, q sqldb.Querier, skus []id.SKU) (map[id.SKU]Offer, error) {
	out := make(map[id.SKU]Offer, len(skus))
	if len(skus) == 0 {
		return out, nil
	}
	rows, err := q.Query(ctx, "SELECT "+productColumns+", "+skuColumns+
		" FROM sku k JOIN product p ON p.id = k.product_id WHERE k.id IN ("+sqldb.Marks(len(skus))+")",
		sqldb.Args(skus)...)
	found, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (o Offer, err error) {
		targets, finish := scanSKU(&o.SKU)
		if o.Product, err = scanProduct(s, targets...); err != nil {
			return o, err
		}
		return o, finish()
	})
	for _, o := range found {
		out[o.SKU.ID] = o
	}
	return out, err
}

func insertSKU(ctx context.Context, tx *sqldb.Tx, k SKU, position int) error {
	_, err := tx.Exec(ctx, `INSERT INTO sku (id, product_id, shop_id, code, choice, choice_texts, price, was_price,
		position, active) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
		k.ID, k.Product, k.Shop, k.Code, text(orNone(k.Choice)), text(k.ChoiceTexts), k.Price, k.WasPrice, position)
	return err
}

func updateSKU(ctx context.Context, tx *sqldb.Tx, k SKU, position int) error {
	_, err := tx.Exec(ctx, `UPDATE sku SET code = ?, choice = ?, choice_texts = ?, price = ?, was_price = ?,
		position = ?, active = 1 WHERE id = ?`,
		k.Code, text(orNone(k.Choice)), text(k.ChoiceTexts), k.Price, k.WasPrice, position, k.ID)
	return err
}

// keepTexts gives SKUs that were written before texts were kept those of the
// options that the product has had until now: it is about to get others.
func keepTexts(ctx context.Context, tx *sqldb.Tx, p Product) error {
	rows, err := tx.Query(ctx, "SELECT id, choice FROM sku WHERE product_id = ? AND choice_texts IS NULL", p.ID)
	type old struct {
		id     id.SKU
		choice []int
	}
	list, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (o old, err error) {
		var choice string
		if err := s.Scan(&o.id, &choice); err != nil {
			return o, err
		}
		return o, json.Unmarshal([]byte(choice), &o.choice)
	})
	for _, o := range list {
		if _, err := tx.Exec(ctx, "UPDATE sku SET choice_texts = ? WHERE id = ?",
			text(valuesOf(p.Options, o.choice)), o.id); err != nil {
			return err
		}
	}
	return err
}

func deactivateSKUs(ctx context.Context, tx *sqldb.Tx, product id.Product) error {
	_, err := tx.Exec(ctx, "UPDATE sku SET active = 0 WHERE product_id = ?", product)
	return err
}

type skuOf struct {
	SKU     id.SKU
	Product id.Product
}

func activeSKUs(ctx context.Context, q sqldb.Querier, products []id.Product) ([]skuOf, error) {
	if len(products) == 0 {
		return nil, nil
	}
	rows, err := q.Query(ctx, "SELECT id, product_id FROM sku WHERE active = 1 AND product_id IN ("+
		sqldb.Marks(len(products))+")", sqldb.Args(products)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (o skuOf, err error) { return o, s.Scan(&o.SKU, &o.Product) })
}

// saidBefore is what a product's form said before its last edit; nil for none.
func saidBefore(ctx context.Context, q sqldb.Querier, product id.Product) (*listing.Form, error) {
	var raw sql.NullString
	err := q.QueryRow(ctx, "SELECT said_before FROM product WHERE id = ?", product).Scan(&raw)
	if err != nil || !raw.Valid {
		return nil, err
	}
	var f listing.Form
	return &f, json.Unmarshal([]byte(raw.String), &f)
}
