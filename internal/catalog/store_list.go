package catalog

import (
	"context"
	"strings"

	"hawker/internal/platform/sqldb"
)

// cardColumns leaves out what lists do not show: it is long.
const cardColumns = "p.id, p.shop_id, p.category_id, p.title, 'null', 'null', p.pictures, p.state, p.price, " +
	"p.was_price, p.commission_l1, p.commission_l2, p.commission_l3, p.sold, p.version, p.created_at, p.updated_at"

// keys are the columns of a sort and its direction; every column named here is ours,
// every value is bound.
type keys struct {
	column    string // "" for the id alone
	direction string
	beyond    string
}

func (s Sort) keys() keys {
	switch s {
	case PriceAsc:
		return keys{"p.price", "ASC", ">"}
	case PriceDesc:
		return keys{"p.price", "DESC", "<"}
	case BestSold:
		return keys{"p.sold", "DESC", "<"}
	case Newest:
	}
	return keys{"", "DESC", "<"}
}

// listProducts pages by the keys of the sort. Each sort of each filter has its index,
// which is read from where the page before ended. Those that are as dear as the last
// one come first and by themselves: thousands may be, unsold all of them, and
// "dearer, or as dear and later" would walk through them from the first.
func listProducts(ctx context.Context, q sqldb.Querier, f Filter, after position, limit int) ([]Product, error) {
	k := f.Sort.keys()
	switch {
	case after.ID.IsZero():
		return readList(ctx, q, f, limit, "")
	case k.column == "":
		return readList(ctx, q, f, limit, "p.id < ?", after.ID)
	}
	list, err := readList(ctx, q, f, limit, k.column+" = ? AND p.id "+k.beyond+" ?", after.Key, after.ID)
	if err != nil || len(list) == limit {
		return list, err
	}
	rest, err := readList(ctx, q, f, limit-len(list), k.column+" "+k.beyond+" ?", after.Key)
	return append(list, rest...), err
}

func readList(ctx context.Context, q sqldb.Querier, f Filter, limit int, from string, args ...any) ([]Product, error) {
	where, bound := conditions(f)
	if from != "" {
		where, bound = append(where, from), append(bound, args...)
	}
	query := "SELECT " + cardColumns + " FROM product p" + sqldb.Along(indexOf(f))
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	k := f.Sort.keys()
	order := "p.id " + k.direction
	if k.column != "" {
		order = k.column + " " + k.direction + ", " + order
	}
	rows, err := q.Query(ctx, query+" ORDER BY "+order+" LIMIT ?", append(bound, limit)...)
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
