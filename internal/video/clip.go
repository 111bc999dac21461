package video

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Clip is a stretch of a show that is to be a film.
type Clip struct {
	Room    id.Room
	Pin     id.Pin
	Shop    id.Shop
	Host    id.User
	Product id.Product
	Caption string
	Upload  string // of the host
}

// PostClip makes a draft of a stretch of a show, once per pin: fault
// video.already_posted.
func (s *Service) PostClip(ctx context.Context, c Clip) (Video, error) {
	v := Video{
		Author: c.Host, Shop: c.Shop, Product: c.Product, Upload: c.Upload, Caption: c.Caption, State: Processing,
		Room: c.Room, Pin: c.Pin,
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		v.ID, err = take(ctx, tx, v)
		return err
	})
	if err != nil {
		return Video{}, err
	}
	return s.Find(ctx, v.ID)
}

// Clipped reports whether there is a clip of a pin.
func (s *Service) Clipped(ctx context.Context, pin id.Pin) (bool, error) {
	return clipped(ctx, s.db.Reader(), pin)
}

// ClipsOf lists the clips of a show, in their order.
func (s *Service) ClipsOf(ctx context.Context, shop id.Shop, room id.Room) ([]Video, error) {
	return clipsOf(ctx, s.db.Reader(), shop, room)
}
