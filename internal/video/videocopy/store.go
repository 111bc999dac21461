// Package videocopy says how films are copied, for a mall to be measured: their rows, not their files.
package videocopy

import (
	"fmt"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/sqldb"
	"hawker/internal/video"
)

// Variant is in what a copy of a film differs.
type Variant struct {
	Shop      id.Shop
	Product   id.Product
	Caption   string
	Published time.Time
	Likes     int64
}

// Plan is that of a film; each copy is a Variant, published.
func Plan() multiply.Plan {
	const width, height, long = 720, 1280, 15 * time.Second
	return multiply.Plan{Tables: []multiply.Table{{
		Name: "video", By: "id", IDs: []string{"id"}, Times: []string{"created_at"},
		Change: func(_, r multiply.Row, as any) error {
			v, ok := as.(Variant)
			if !ok {
				return fmt.Errorf("a film is copied as %T", as)
			}
			for column, value := range map[string]any{
				"upload_id": fmt.Sprintf("copy-%d", r.Int("id")), "shop_id": v.Shop, "product_id": v.Product,
				"caption": v.Caption, "state": video.Published, "published_at": sqldb.Millis(v.Published),
				"likes": v.Likes, "shares": 0, "progress": 100, "failure": "", "hidden_by": 0, "width": width, "height": height,
				"duration_ms": long.Milliseconds(),
			} {
				r.Set(column, value)
			}
			return nil
		},
	}}}
}
