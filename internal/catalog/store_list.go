package catalog

import (
	"context"
	"strings"

	"hawker/internal/platform/sqldb"
)

// cardColumns leaves out what lists do not show: it is long.
const cardColumns = "p.id, p.shop_id, p.category_id, p.title, 'null', 'null', p.pictures, p.state, p.price, " +
	"p.was_price, p.commission_l1, p.commission_l2, p.commission_l3, p.sold, p.version, p.created_at, p.updated_at"

// listProducts pages by the keys of the sort; every column named here is ours,
// every value is bound. Each sort of each filter has its index, which is read from
// where the page before ended: "a OR b" over two columns would read several.
func listProducts(ctx context.Context, q sqldb.Querier, f Filter, after position, limit int) ([]Product, error) {
	where, args := conditions(f)
	column, direction, beyond := "p.id", "DESC", "<"
	switch f.Sort {
	case PriceAsc:
		column, direction, beyond = "p.price", "ASC", ">"
	case PriceDesc:
		column = "p.price"
	case BestSold:
		column = "p.sold"
	}
	order := column + " " + direction
	if column != "p.id" {
		order += ", p.id " + direction
	}
	switch {
	case after.ID.IsZero():
	case column == "p.id":
		where, args = append(where, "p.id < ?"), append(args, after.ID)
	default:
		where = append(where, column+" "+beyond+"= ?", "("+column+" "+beyond+" ? OR p.id "+beyond+" ?)")
		args = append(args, after.Key, after.Key, after.ID)
	}
	query := "SELECT " + cardColumns + " FROM product p" + sqldb.Along(indexOf(f))
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	rows, err := q.Query(ctx, query+" ORDER BY "+order+" LIMIT ?", append(args, limit)...)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (Product, error) { return scanProduct(s) })
}

// indexOf names the index whose first columns the filter fixes and whose next are
// the keys of the sort.
func indexOf(f Filter) string {
	sort := map[Sort]string{PriceAsc: "price", PriceDesc: "price", BestSold: "sold"}[f.Sort]
	if sort == "" {
		sort = "new"
	}
	switch {
	case f.State == "" && !f.Shop.IsZero():
		return "ix_product_shop"
	case !f.Shop.IsZero() && !f.Category.IsZero() && sort == "new":
		return "ix_product_shop_category"
	case !f.Shop.IsZero():
		return "ix_product_shop_" + sort
	case !f.Category.IsZero():
		return "ix_product_category_" + sort
	}
	return "ix_product_state_" + sort
}

func conditions(f Filter) (where []string, args []any) {
	add := func(cond string, a ...any) { where, args = append(where, cond), append(args, a...) }
	if !f.Shop.IsZero() {
		add("p.shop_id = ?", f.Shop)
	}
	if !f.Category.IsZero() {
		add("p.category_id = ?", f.Category)
	}
	if f.State != "" {
		add("p.state = ?", f.State)
	}
	if f.Commission {
		add("p.commission_l1 > 0")
	}
	for _, w := range words(f.Query) {
		add("p.search_text LIKE ? ESCAPE '!'", "%"+likeEscape(w)+"%")
	}
	return where, args
}

func likeEscape(w string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(w)
}
