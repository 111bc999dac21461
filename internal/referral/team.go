package referral

import (
	"context"
	"time"

	"hawker/internal/base/id"
)

// Member is one person of a team. Names are masked: a promoter is told that
// somebody came, not who it is.
type Member struct {
	Name    string
	Level   int
	BoundAt time.Time
}

// TeamMax is how many of a team are shown.
const TeamMax = 200

// TeamOf lists the latest people whom the user brought, and whom those brought.
func (r *Service) TeamOf(ctx context.Context, user id.User, now time.Time) ([]Member, error) {
	rows, err := team(ctx, r.db.Reader(), user, now, TeamMax)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	users := make([]id.User, len(rows))
	for i, row := range rows {
		users[i] = row.user
	}
	names, err := r.people.DisplayNames(ctx, users)
	if err != nil {
		return nil, err
	}
	out := make([]Member, len(rows))
	for i, row := range rows {
		out[i] = Member{Name: Mask(names[row.user]), Level: row.level, BoundAt: row.boundAt}
	}
	return out, nil
}

// Mask leaves the first letter of a name.
func Mask(name string) string {
	for _, first := range name {
		return string(first) + "**"
	}
	return "**"
}

// ParentName is the name, masked, of the promoter to whom a user is bound; empty when
// nobody brought them.
func (r *Service) ParentName(ctx context.Context, user id.User, now time.Time) (string, error) {
	place, err := readDistributor(ctx, r.db.Reader(), user)
	if err != nil || place.boundTo(now).IsZero() {
		return "", err
	}
	names, err := r.people.DisplayNames(ctx, []id.User{place.parent})
	return Mask(names[place.parent]), err
}
