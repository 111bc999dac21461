package referral

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
)

// RoomLink makes the link by which somebody shares a room.
func (r *Service) RoomLink(ctx context.Context, user id.User, room id.Room) (code, url string, err error) {
	return r.share(ctx, user, Target{Room: room})
}

// VideoLink makes the link by which somebody shares a video.
func (r *Service) VideoLink(ctx context.Context, user id.User, video id.Video) (code, url string, err error) {
	return r.share(ctx, user, Target{Video: video})
}

// Absolute is a link's whole address, to copy: where the installation states none of
// its own, by the name under which the caller reached it.
func (r *Service) Absolute(ctx context.Context, l Link) string {
	if r.settings.PublicURL != "" {
		return l.URL
	}
	return httpapi.Origin(ctx) + l.URL
}

func (r *Service) share(ctx context.Context, user id.User, t Target) (code, url string, err error) {
	link, err := r.LinkTo(ctx, user, t)
	return link.Code, r.Absolute(ctx, link), err
}

// PromoterName tells a visitor who earns when they buy.
func (r *Service) PromoterName(ctx context.Context, refCode string, visitor id.User) (string, bool, error) {
	user, ok, err := r.PromoterOf(ctx, refCode, visitor)
	if err != nil || !ok {
		return "", false, err
	}
	names, err := r.people.DisplayNames(ctx, []id.User{user})
	return names[user], err == nil, err
}

// PromoterOf tells who would earn first if a visitor bought now: the owner of the
// link by which they came, else the promoter they are bound to. ok is false for
// nobody, and for one who would earn on their own purchase.
func (r *Service) PromoterOf(ctx context.Context, code string, visitor id.User) (promoter id.User, ok bool,
	err error,
) {
	q := r.db.Reader()
	if promoter, err = readOwner(ctx, q, code); err != nil {
		return promoter, false, err
	}
	if promoter.IsZero() && !visitor.IsZero() {
		p, err := readDistributor(ctx, q, visitor)
		if err != nil {
			return promoter, false, err
		}
		promoter = p.boundTo(r.db.Clock().Now())
	}
	return promoter, !promoter.IsZero() && promoter != visitor, nil
}
