// Package video owns short films: who made them, what they show and sell, and
// whether they may be seen. A film is claimed from its sender's upload in the
// transaction that asks for its transcoding, is seen by everybody when that is
// done, and may be hidden by its author or by the shop whose goods it shows.
package video

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/media/upload"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/signed"
	"hawker/internal/platform/sqldb"
)

// State is where a film is.
type State string

// The states. Ready is whole and hidden; a failed film stays one.
const (
	Processing State = "processing"
	Ready      State = "ready"
	Published  State = "published"
	Failed     State = "failed"
)

// Reasons for a failure, shown to the author.
const (
	CodeNotAVideo  = "video.not_a_video"
	CodeTooLong    = "video.too_long"
	CodeTooLarge   = "video.too_many_pixels"
	CodeUploadGone = "video.upload_gone"
	CodeProcessing = "video.processing_failed"
	CodeWaiting    = "video.waiting" // no failure yet: it will be tried again
)

// Video is a short film.
type Video struct {
	ID          id.Video
	Author      id.User
	Shop        id.Shop
	Product     id.Product
	Upload      string
	Room        id.Room // the show it is a clip of, or zero
	Pin         id.Pin  // and the stretch of it
	Caption     string
	State       State
	Failure     string
	Progress    int // percent
	Duration    time.Duration
	Width       int
	Height      int
	Likes       int64
	Shares      int64
	HiddenBy    id.User
	CreatedAt   time.Time
	PublishedAt time.Time
}

// clip reports a film that was cut from a show: its draft waits to be published.
func (v Video) clip() bool { return !v.Pin.IsZero() }

// whole reports whether its files are there.
func (v Video) whole() bool { return v.State == Ready || v.State == Published }

// CaptionMax is in letters.
const CaptionMax = 200

// Staff knows who works where.
type Staff interface {
	May(ctx context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error)
}

// Options are what the module needs of others.
type Options struct {
	DB          *sqldb.DB
	Log         *slog.Logger
	Uploads     *upload.Store
	Blobs       blob.Store
	Tool        *ffmpeg.Tool
	Catalog     *catalog.Service
	Staff       Staff
	WorkDir     string // for films at work; this process alone has it
	DurationMax time.Duration
	Workers     int
	Seal        signed.Seal // of the addresses of films that are not public
	Base        string      // before the addresses of those that are: a CDN's, or nothing
}

// Service is the module.
type Service struct {
	Options
	db *sqldb.DB
}

// New makes the module.
func New(o Options) *Service { return &Service{Options: o, db: o.DB} }

// Draft is what an author says of a film.
type Draft struct {
	Upload  string
	Caption string
	Product id.Product
	Shop    id.Shop // zero: the product's
}

// Post claims an upload and asks for its transcoding. Faults: upload.not_found,
// upload.unfinished, video.bad_caption, video.no_such_product, shop.not_staff,
// video.already_posted.
func (s *Service) Post(ctx context.Context, key idem.Key, author id.User, d Draft) (Video, error) {
	caption, err := checkCaption(d.Caption)
	if err != nil {
		return Video{}, err
	}
	if _, err = s.Uploads.Finished(ctx, d.Upload, author.String()); err != nil && !s.Uploads.HandedOver(ctx, d.Upload) {
		return Video{}, err
	}
	shop, err := s.shopOf(ctx, author, d)
	if err != nil {
		return Video{}, err
	}
	v := Video{Author: author, Shop: shop, Product: d.Product, Upload: d.Upload, Caption: caption, State: Processing}
	made, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Video, error) {
		return take(ctx, tx, v)
	})
	if err != nil {
		return Video{}, err
	}
	v, err = s.Find(ctx, made)
	return v, errors.Join(err, s.Uploads.HandOver(d.Upload))
}

// take writes a film whose upload is there and asks for its transcoding.
func take(ctx context.Context, tx *sqldb.Tx, v Video) (id.Video, error) {
	v.ID, v.CreatedAt = id.MakeUnguessable[id.Video](tx), tx.Now()
	if v.clip() {
		if again, err := clipped(ctx, tx, v.Pin); err != nil || again {
			return v.ID, errors.Join(err, fault.Conflict("video.already_posted"))
		}
	}
	fresh, err := insertVideo(ctx, tx, v)
	if err != nil {
		return v.ID, err
	}
	if !fresh {
		return v.ID, fault.Conflict("video.already_posted")
	}
	return v.ID, enqueue(ctx, tx, v)
}

func checkCaption(caption string) (string, error) {
	caption = strings.TrimSpace(strings.ReplaceAll(caption, "\r\n", "\n"))
	bad := utf8.RuneCountInString(caption) > CaptionMax
	for line := range strings.SplitSeq(caption, "\n") { // each can be read, and turns nothing around it
		bad = bad || (strings.TrimSpace(line) != "" && !lang.Line(line))
	}
	if bad {
		return "", fault.Invalid("video.bad_caption", "max", CaptionMax).At("body.caption")
	}
	return caption, nil
}

// shopOf finds the shop that a film stands for: the one that is named, for those
// who work there, else that of the product.
func (s *Service) shopOf(ctx context.Context, author id.User, d Draft) (id.Shop, error) {
	shop := d.Shop
	if !shop.IsZero() {
		may, err := s.Staff.May(ctx, author, shop, permission.VideoRun)
		if err != nil {
			return shop, err
		}
		if !may {
			return shop, fault.Forbidden("shop.not_staff")
		}
	}
	if d.Product.IsZero() {
		return shop, nil
	}
	found, err := s.Catalog.ProductsByID(ctx, []id.Product{d.Product})
	if err != nil {
		return shop, err
	}
	p, ok := found[d.Product]
	if !ok || (!shop.IsZero() && p.Shop != shop) || (shop.IsZero() && p.State != catalog.OnSale) {
		return shop, fault.Invalid("video.no_such_product").At("body.product_id")
	}
	return p.Shop, nil
}

// Find reads a film; fault video.not_found.
func (s *Service) Find(ctx context.Context, video id.Video) (Video, error) {
	return find(ctx, s.db.Reader(), video)
}

func find(ctx context.Context, q sqldb.Querier, video id.Video) (Video, error) {
	v, err := videoByID(ctx, q, video)
	if errors.Is(err, sql.ErrNoRows) {
		return v, fault.NotFound("video.not_found")
	}
	return v, err
}

// Seen finds a film that the viewer may see: a published one, or their own.
func (s *Service) Seen(ctx context.Context, viewer id.User, video id.Video) (Video, error) {
	v, err := s.Find(ctx, video)
	if err != nil || v.State == Published {
		return v, err
	}
	return v, s.mayRun(ctx, viewer, v)
}

// mayRun lets through the author and the shop's staff; for others the film is
// not there.
func (s *Service) mayRun(ctx context.Context, user id.User, v Video) error {
	if user.IsZero() {
		return fault.NotFound("video.not_found")
	}
	if v.Author == user {
		return nil
	}
	may, err := s.isStaff(ctx, user, v)
	if err == nil && !may {
		return fault.NotFound("video.not_found")
	}
	return err
}

func (s *Service) isStaff(ctx context.Context, user id.User, v Video) (bool, error) {
	if v.Shop.IsZero() {
		return false, nil
	}
	return s.Staff.May(ctx, user, v.Shop, permission.VideoRun)
}

// Change is what an author may change of a film; nil is unchanged.
type Change struct {
	Caption *string
	Product *id.Product
}

// Update changes a film.
func (s *Service) Update(ctx context.Context, user id.User, video id.Video, c Change) (Video, error) {
	v, err := s.Find(ctx, video)
	if err != nil {
		return v, err
	}
	if v.Author != user && !v.clip() {
		return Video{}, fault.NotFound("video.not_found")
	}
	if err := s.mayRun(ctx, user, v); err != nil { // a show's clips are the shop's
		return Video{}, err
	}
	if c.Caption != nil {
		if v.Caption, err = checkCaption(*c.Caption); err != nil {
			return Video{}, err
		}
	}
	if c.Product != nil {
		v.Product = *c.Product
		d := Draft{Product: v.Product}
		if v.clip() { // stays its shop's, whatever it shows
			d.Shop = v.Shop
		}
		if v.Shop, err = s.shopOf(ctx, user, d); err != nil {
			return Video{}, err
		}
	}
	return s.move(ctx, video, func(ctx context.Context, tx *sqldb.Tx, now Video) error {
		if c.Caption != nil { // what is not named stays as somebody else may have changed it
			now.Caption = v.Caption
		}
		if c.Product != nil {
			now.Product, now.Shop = v.Product, v.Shop
		}
		return setText(ctx, tx, now)
	})
}

// Publish shows a film again. What the shop has hidden only the shop shows.
// Faults: video.not_ready, video.taken_down.
func (s *Service) Publish(ctx context.Context, user id.User, video id.Video) (Video, error) {
	v, err := s.Find(ctx, video)
	if err != nil {
		return v, err
	}
	if err := s.mayRun(ctx, user, v); err != nil {
		return Video{}, err
	}
	staff, err := s.isStaff(ctx, user, v)
	if err != nil {
		return Video{}, err
	}
	return s.move(ctx, video, func(ctx context.Context, tx *sqldb.Tx, v Video) error {
		if !v.HiddenBy.IsZero() && v.HiddenBy != user && !staff {
			return fault.Forbidden("video.taken_down")
		}
		if v.State == Published {
			return nil
		}
		if v.State != Ready {
			return fault.Conflict("video.not_ready")
		}
		return publish(ctx, tx, v)
	})
}

// publish shows a film to everybody.
func publish(ctx context.Context, tx *sqldb.Tx, v Video) error {
	v.State, v.HiddenBy = Published, id.User{}
	if v.PublishedAt.IsZero() { // shown again, it does not come first again
		v.PublishedAt = tx.Now()
	}
	if err := setState(ctx, tx, v); err != nil {
		return err
	}
	return events.Record(ctx, tx, PublishedFact{
		Video: v.ID, Author: v.Author, Shop: v.Shop, Product: v.Product,
		At: v.PublishedAt,
	})
}

// Unpublish hides a film. The shop hides also what its author has hidden: then it is
// not the author who shows it again.
func (s *Service) Unpublish(ctx context.Context, user id.User, video id.Video) (Video, error) {
	v, err := s.Find(ctx, video)
	if err != nil {
		return v, err
	}
	if err := s.mayRun(ctx, user, v); err != nil {
		return Video{}, err
	}
	staff, err := s.isStaff(ctx, user, v)
	if err != nil {
		return Video{}, err
	}
	return s.move(ctx, video, func(ctx context.Context, tx *sqldb.Tx, v Video) error {
		if !v.whole() {
			return fault.Conflict("video.not_ready")
		}
		if v.State == Published || (staff && user != v.Author) {
			v.State, v.HiddenBy = Ready, user
		}
		return setState(ctx, tx, v)
	})
}

// lock reads a film that nobody else changes until the transaction is over.
func lock(ctx context.Context, tx *sqldb.Tx, video id.Video) (Video, error) {
	if err := touch(ctx, tx, video); err != nil {
		return Video{}, err
	}
	return find(ctx, tx, video)
}

func (s *Service) move(ctx context.Context, video id.Video, fn func(ctx context.Context, tx *sqldb.Tx,
	v Video) error,
) (after Video, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		v, err := lock(ctx, tx, video)
		if err == nil {
			err = fn(ctx, tx, v)
		}
		if err == nil {
			after, err = find(ctx, tx, video)
		}
		return err
	})
	return after, err
}

// Like adds or takes back one person's like and answers how many there are.
func (s *Service) Like(ctx context.Context, user id.User, video id.Video, liked bool) (likes int64, err error) {
	v, err := s.move(ctx, video, func(ctx context.Context, tx *sqldb.Tx, v Video) error {
		if v.State != Published {
			return fault.NotFound("video.not_found")
		}
		return setLike(ctx, tx, video, user, liked)
	})
	return v.Likes, err
}

// CountShare counts one sharing.
func (s *Service) CountShare(ctx context.Context, video id.Video) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return addShare(ctx, tx, video) })
}
