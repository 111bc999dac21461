package catalog

import (
	"context"
	"slices"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/search"
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

// span is a stretch of a list, by its keys.
type span struct {
	where string
	args  []any
}

// spans are what is left of a list after a position, in order. Those that are as dear as
// the last one come first and by themselves: thousands may be, unsold all of them, and
// "dearer, or as dear and later" would walk through them from the first.
func (k keys) spans(after position) []span {
	switch {
	case after.ID.IsZero():
		return []span{{}}
	case k.column == "":
		return []span{{"p.id < ?", []any{after.ID}}}
	}
	return []span{
		{k.column + " = ? AND p.id " + k.beyond + " ?", []any{after.Key, after.ID}},
		{k.column + " " + k.beyond + " ?", []any{after.Key}},
	}
}

// listProducts pages by the keys of the sort. Each sort of each filter has its index,
// which is read from where the page before ended.
func listProducts(ctx context.Context, q sqldb.Querier, f Filter, after position, limit int) (list []Product,
	err error,
) {
	for _, part := range f.Sort.keys().spans(after) {
		rows, err := q.Query(ctx, listQuery(cardColumns, f, part), listArgs(f, part, limit-len(list))...)
		more, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (Product, error) { return scanProduct(s) })
		list = append(list, more...)
		if err != nil || len(list) == limit {
			return list, err
		}
	}
	return list, nil
}

func listQuery(columns string, f Filter, part span) string {
	where, _ := f.fixed()
	if part.where != "" {
		where = append(where, part.where)
	}
	query := "SELECT " + columns + " FROM product p" + sqldb.Along(indexOf(f))
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	k := f.Sort.keys()
	order := "p.id " + k.direction
	if k.column != "" {
		order = k.column + " " + k.direction + ", " + order
	}
	return query + " ORDER BY " + order + " LIMIT ?"
}

func listArgs(f Filter, part span, limit int) []any {
	_, args := f.fixed()
	return append(append(args, part.args...), limit)
}

// walkSteps are how many rows of a list are looked at for what no index holds, a step at
// a time: what is common is found in the first. MariaDB makes a table of a list of a
// thousand values (in_predicate_conversion_threshold) and reads all of that.
func walkSteps() []int { return []int{100, 200, 400, 600, 700} }

// walkProducts looks at the next rows of a list and answers those that fit, up to a limit, and
// where it stopped; nil at the end of the list.
func walkProducts(ctx context.Context, q sqldb.Querier, f Filter, after position, limit int) (found []Product,
	last *position, err error,
) {
	for _, step := range walkSteps() {
		near, err := positions(ctx, q, f, after, step)
		if err != nil {
			return nil, nil, err
		}
		ids := make([]any, len(near))
		place := make(map[id.Product]int, len(near))
		for i, p := range near {
			ids[i], place[p.ID] = p.ID, i
		}
		fit, err := amongProducts(ctx, q, f, ids)
		if err != nil {
			return nil, nil, err
		}
		slices.SortFunc(fit, func(a, b Product) int { return place[a.ID] - place[b.ID] })
		found = append(found, fit...)
		if len(found) >= limit {
			return found[:limit], nil, nil
		}
		if len(near) < step {
			return found, nil, nil
		}
		after = near[step-1]
	}
	return found, &after, nil
}

// positions are the next places of a list, from its index alone.
func positions(ctx context.Context, q sqldb.Querier, f Filter, after position, limit int) (list []position, err error) {
	k := f.Sort.keys()
	columns := "p.id, p.id"
	if k.column != "" {
		columns = k.column + ", p.id"
	}
	for _, part := range k.spans(after) {
		rows, err := q.Query(ctx, listQuery(columns, f, part), listArgs(f, part, limit-len(list))...)
		more, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (p position, err error) {
			var product id.Product
			if k.column == "" {
				err = s.Scan(&product, &p.ID)
				p.Key = product.Int()
				return p, err
			}
			return p, s.Scan(&p.Key, &p.ID)
		})
		list = append(list, more...)
		if err != nil || len(list) == limit {
			return list, err
		}
	}
	return list, nil
}

// amongProducts reads those of some products that the filter lets through, in no order.
func amongProducts(ctx context.Context, q sqldb.Querier, f Filter, products []any) ([]Product, error) {
	if len(products) == 0 {
		return nil, nil
	}
	where, args := f.fixed()
	more, bound := f.unindexed()
	where = append(append([]string{"p.id IN (" + sqldb.Marks(len(products)) + ")"}, where...), more...)
	args = append(append(products, args...), bound...)
	rows, err := q.Query(ctx, "SELECT "+cardColumns+" FROM product p WHERE "+strings.Join(where, " AND "), args...)
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

// fixed are the conditions that an index begins with.
func (f Filter) fixed() (where []string, args []any) {
	add := func(cond string, a any) { where, args = append(where, cond), append(args, a) }
	if !f.Shop.IsZero() {
		add("p.shop_id = ?", f.Shop)
	}
	if !f.Category.IsZero() {
		add("p.category_id = ?", f.Category)
	}
	if f.State != "" {
		add("p.state = ?", f.State)
	}
	return where, args
}

// unindexed are the conditions that each row is asked.
func (f Filter) unindexed() (where []string, args []any) {
	if f.Commission {
		where = append(where, "p.commission_l1 > 0")
	}
	for _, w := range search.Words(f.Query) {
		where, args = append(where, "p.search_text LIKE ? ESCAPE '!'"), append(args, "%"+likeEscape(w)+"%")
	}
	return where, args
}

// textsOf are the searched texts of the next products.
func textsOf(ctx context.Context, q sqldb.Querier, after int64, limit int) ([]search.Doc, error) {
	rows, err := q.Query(ctx, "SELECT id, search_text FROM product WHERE id > ? ORDER BY id LIMIT ?", after, limit)
	return sqldb.Collect(rows, err, func(s sqldb.Scanner) (d search.Doc, err error) {
		return d, s.Scan(&d.ID, &d.Text)
	})
}

func likeEscape(w string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(w)
}
