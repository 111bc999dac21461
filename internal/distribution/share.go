package distribution

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
)

// RoomLink makes the link by which somebody shares a room.
func (d *Distribution) RoomLink(ctx context.Context, user id.User, room id.Room) (code, url string, err error) {
	return d.share(ctx, user, Target{Room: room})
}

// VideoLink makes the link by which somebody shares a video.
func (d *Distribution) VideoLink(ctx context.Context, user id.User, video id.Video) (code, url string, err error) {
	return d.share(ctx, user, Target{Video: video})
}

// share answers a whole address: where the installation states none of its own, by
// the name under which the caller reached it.
func (d *Distribution) share(ctx context.Context, user id.User, t Target) (code, url string, err error) {
	link, err := d.LinkTo(ctx, user, t)
	if d.settings.PublicURL == "" {
		link.URL = httpapi.Origin(ctx) + link.URL
	}
	return link.Code, link.URL, err
}

// PromoterName tells a visitor who earns when they buy.
func (d *Distribution) PromoterName(ctx context.Context, refCode string, visitor id.User) (string, bool, error) {
	user, ok, err := d.PromoterOf(ctx, refCode, visitor)
	if err != nil || !ok {
		return "", false, err
	}
	names, err := d.people.DisplayNames(ctx, []id.User{user})
	return names[user], err == nil, err
}
