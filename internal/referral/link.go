package referral

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Target is what a link leads to; the zero Target is the mall itself.
type Target struct {
	Product id.Product
	Room    id.Room
	Video   id.Video
}

const (
	targetHome    = "home"
	targetProduct = "product"
	targetRoom    = "room"
	targetVideo   = "video"
)

func (t Target) stored() (kind string, number int64) {
	switch {
	case !t.Product.IsZero():
		return targetProduct, t.Product.Int()
	case !t.Room.IsZero():
		return targetRoom, t.Room.Int()
	case !t.Video.IsZero():
		return targetVideo, t.Video.Int()
	}
	return targetHome, 0
}

func targetOf(kind string, number int64) Target {
	switch kind {
	case targetProduct:
		return Target{Product: id.FromInt[id.Product](number)}
	case targetRoom:
		return Target{Room: id.FromInt[id.Room](number)}
	case targetVideo:
		return Target{Video: id.FromInt[id.Video](number)}
	}
	return Target{}
}

// Path is the page of the mall that the target is.
func (t Target) Path() string {
	switch {
	case !t.Product.IsZero():
		return "/p/" + t.Product.String()
	case !t.Room.IsZero():
		return "/live/" + t.Room.String()
	case !t.Video.IsZero():
		return "/v/" + t.Video.String()
	}
	return "/"
}

// Link is a short code and where it is shared.
type Link struct {
	Code string
	URL  string
}

// codeLetters is 8 letters of base 32: 40 bits from crypto/rand, which say
// nothing of the user and are too many to try out.
const (
	codeLetters  = 8
	codeTriesMax = 5
	codeMax      = 16
)

func newCode() string { return strings.ToLower(rand.Text()[:codeLetters]) }

var errCodes = errors.New("referral: no free code found")

// LinkTo gives the user's link to a target; the same target has the same link.
func (r *Service) LinkTo(ctx context.Context, user id.User, t Target) (Link, error) {
	code, err := findLink(ctx, r.db.Reader(), user, t)
	if err == nil && code == "" {
		err = r.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
			code, err = makeLink(ctx, tx, user, t)
			return err
		})
	}
	return Link{Code: code, URL: r.settings.PublicURL + "/s/" + code}, err
}

func makeLink(ctx context.Context, tx *sqldb.Tx, user id.User, t Target) (string, error) {
	s := store{tx}
	if err := s.ensureDistributor(ctx, user); err != nil {
		return "", err
	}
	for range codeTriesMax {
		code := newCode()
		made, err := s.insertLink(ctx, user, t, code)
		if made || err != nil {
			return code, err
		}
		if was, err := findLink(ctx, tx, user, t); was != "" || err != nil {
			return was, err // somebody made it meanwhile; else the code was taken
		}
	}
	return "", errCodes
}

// Visit counts one opening of a link and answers where it leads. An unknown
// code leads to the mall and is not kept. With an error from counting the other
// answers still hold.
func (r *Service) Visit(ctx context.Context, code string) (path string, known bool, err error) {
	if len(code) == 0 || len(code) > codeMax {
		return "/", false, nil
	}
	t, known, err := linkTarget(ctx, r.db.Reader(), code)
	if err != nil || !known {
		return "/", false, err
	}
	err = r.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return store{tx}.countVisit(ctx, code) })
	return t.Path(), true, err
}
