package room

import (
	"context"
	"strconv"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

func settingsOf(ctx context.Context, q sqldb.Querier, shop id.Shop, ladder bool) (set Settings, err error) {
	var renditions string
	err = q.QueryRow(ctx, `SELECT keep_days, clips, COALESCE(ladder, ?), renditions FROM live_setting
		WHERE shop_id = ?`,
		ladder, shop).Scan(&set.KeepDays, &set.Clips, &set.Ladder, &renditions)
	set.Renditions = numbersOf(renditions)
	return set, err
}

func saveSettings(ctx context.Context, tx *sqldb.Tx, shop id.Shop, set Settings) error {
	return tx.Upsert(ctx, "live_setting", []string{"shop_id"},
		[]string{"keep_days", "clips", "ladder", "renditions", "updated_at"},
		shop, set.KeepDays, set.Clips, set.Ladder, listOf(set.Renditions), sqldb.Millis(tx.Now()))
}

// listOf and numbersOf store a few numbers in one column.
func listOf(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ",")
}

func numbersOf(list string) (out []int) {
	for word := range strings.SplitSeq(list, ",") {
		if n, err := strconv.Atoi(word); err == nil {
			out = append(out, n)
		}
	}
	return out
}
