// Package direct lets browsers send large files straight to object storage: in parts, by
// addresses that are signed for one part of one size and expire. Each upload has an owner
// and is there for nobody else; quotas are reserved when it begins, and it becomes an upload
// like others, once, when all of it has come. What is not finished within a day is swept away.
// What it is for is the business of whoever claims it.
package direct

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/upload"
	"hawker/internal/platform/blob/s3"
	"hawker/internal/platform/config"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Sizes and times of parts.
const (
	partMin   = 8 << 20 // what S3 takes of a part that is not the last is 5 MiB
	partsMax  = 10_000  // of one object (Amazon S3, "Multipart upload limits")
	signMax   = 8       // addresses at once
	signedFor = 15 * time.Minute
	keyEnd    = ".upload" // as blob.SharedUploads calls them
)

// Service is the module.
type Service struct {
	db      *sqldb.DB
	bucket  *s3.Bucket
	uploads *upload.Store
	quota   upload.Quota
	sizeMax int64 // bytes of one upload
}

// New makes the module. Bucket is the folder of uploads; nil: none is taken. What was sent so is claimed
// like other uploads.
func New(db *sqldb.DB, bucket *s3.Bucket, uploads *upload.Store, c config.Video) *Service {
	s := &Service{db: db, bucket: bucket, uploads: uploads, quota: Quota(c), sizeMax: c.UploadMax}
	uploads.Besides(s)
	return s
}

// Quota is that of the settings, for uploads of all ways together.
func Quota(c config.Video) upload.Quota {
	return upload.Quota{OwnerBytes: c.OwnerBytes, TotalBytes: c.TotalBytes}
}

// Upload is a file that is sent so.
type Upload struct {
	ID        string
	Owner     id.User
	Name      string
	Size      int64
	Done      bool
	CreatedAt time.Time
	sending   string // what the storage calls it
}

// PartSize is of every part but the last.
func (u Upload) PartSize() int64 {
	const step = 1 << 20
	return max(partMin, (u.Size/partsMax/step+1)*step)
}

// Parts is how many there are.
func (u Upload) Parts() int { return int((u.Size + u.PartSize() - 1) / u.PartSize()) }

// part is a part of it; ok is false where there is no such one.
func (u Upload) part(number int) (p s3.Part, ok bool) {
	if number < 1 || number > u.Parts() {
		return p, false
	}
	return s3.Part{Number: number, Size: min(u.PartSize(), u.Size-int64(number-1)*u.PartSize())}, true
}

// ExpiresAt is when what has come of it is forgotten.
func (u Upload) ExpiresAt() time.Time { return u.CreatedAt.Add(upload.KeepFor) }

// Begin reserves room for a file, once under the key. Faults: upload.not_direct, upload.no_length,
// upload.too_large, upload.too_many, upload.quota, upload.full.
func (s *Service) Begin(ctx context.Context, key idem.Key, owner id.User, name string, size int64) (Upload, error) {
	switch {
	case s.bucket == nil:
		return Upload{}, fault.Conflict("upload.not_direct")
	case size <= 0:
		return Upload{}, fault.Invalid("upload.no_length").At("body.size")
	case size > s.sizeMax:
		return Upload{}, fault.TooLarge("upload.too_large", "max_mb", s.sizeMax>>20)
	}
	here, err := s.uploads.Here(ctx, owner.String())
	if err != nil {
		return Upload{}, err
	}
	u := Upload{ID: id.Token(), Owner: owner, Name: name, Size: size}
	if u.sending, err = s.bucket.Begin(ctx, u.ID+keyEnd); err != nil {
		return Upload{}, err
	}
	kept, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (string, error) {
		u.CreatedAt = tx.Now()
		sum, err := s.standing(ctx, tx, owner)
		if err == nil {
			err = s.quota.Check(sum.And(here).And(upload.Standing{Own: 1, OwnBytes: size, All: 1, AllBytes: size}))
		}
		if err != nil {
			return "", err
		}
		return u.ID, insert(ctx, tx, u)
	})
	if err != nil || kept != u.ID { // nobody knows what was begun just now
		if err = errors.Join(err, s.bucket.GiveUp(ctx, u.ID+keyEnd, u.sending)); err != nil {
			return Upload{}, err
		}
		return s.Of(ctx, owner, kept)
	}
	return u, nil
}

// standing counts, and has whoever else would begin one wait until the transaction is over.
func (s *Service) standing(ctx context.Context, tx *sqldb.Tx, owner id.User) (sum upload.Standing, err error) {
	if err := turn(ctx, tx); err != nil {
		return sum, err
	}
	return s.count(ctx, tx, owner)
}

func (s *Service) count(ctx context.Context, q sqldb.Querier, owner id.User) (sum upload.Standing, err error) {
	if sum.All, sum.AllBytes, err = total(ctx, q); err != nil {
		return sum, err
	}
	mine, err := ofOwner(ctx, q, owner)
	for _, u := range mine {
		claimed, err := s.uploads.Claimed(ctx, u.ID)
		if err != nil {
			return sum, err
		}
		if !claimed {
			sum = sum.And(upload.Standing{Own: 1, OwnBytes: u.Size})
		}
	}
	return sum, err
}

// Of finds an upload of an owner; fault upload.not_found.
func (s *Service) Of(ctx context.Context, owner id.User, name string) (Upload, error) {
	return owned(ctx, s.db.Reader(), owner, name)
}

// open finds one that is being sent. Faults: upload.not_found, upload.finished.
func (s *Service) open(ctx context.Context, owner id.User, name string) (Upload, error) {
	u, err := s.Of(ctx, owner, name)
	switch {
	case err != nil:
	case s.bucket == nil || !u.Done && !s.db.Clock().Now().Before(u.ExpiresAt()):
		err = fault.NotFound("upload.not_found")
	case u.Done:
		err = fault.Conflict("upload.finished")
	}
	return u, err
}

// Sent are the numbers of parts that have come whole, in order. Fault upload.not_found.
func (s *Service) Sent(ctx context.Context, owner id.User, name string) (u Upload, numbers []int, err error) {
	u, err = s.Of(ctx, owner, name)
	if err != nil || u.Done || s.bucket == nil {
		return u, nil, err
	}
	parts, err := s.bucket.Parts(ctx, u.ID+keyEnd, u.sending)
	if errors.Is(err, fs.ErrNotExist) {
		return u, nil, fault.NotFound("upload.not_found").Because(err)
	}
	for _, p := range parts {
		if want, ok := u.part(p.Number); ok && want.Size == p.Size {
			numbers = append(numbers, p.Number)
		}
	}
	return u, numbers, err
}

// Address is where one part is sent to.
type Address struct {
	Number int
	Size   int64
	URL    string
}

// Sign gives addresses for parts, each once. Faults: upload.not_found, upload.finished,
// upload.no_such_part.
func (s *Service) Sign(ctx context.Context, owner id.User, name string, numbers []int) (out []Address, err error) {
	u, err := s.open(ctx, owner, name)
	if err != nil {
		return nil, err
	}
	numbers = slices.Compact(slices.Sorted(slices.Values(numbers)))
	if len(numbers) == 0 || len(numbers) > signMax {
		return nil, fault.Invalid("upload.no_such_part").At("body.numbers")
	}
	for _, n := range numbers {
		p, ok := u.part(n)
		if !ok {
			return nil, fault.Invalid("upload.no_such_part").At("body.numbers")
		}
		address, err := s.bucket.SignPart(ctx, u.ID+keyEnd, u.sending, p, signedFor)
		if err != nil {
			return nil, err
		}
		out = append(out, Address{p.Number, p.Size, address})
	}
	return out, nil
}

// Complete makes an upload of parts that are all there in their sizes, by what the storage says
// they are. Done again it answers the same. Faults: upload.not_found, upload.unfinished.
func (s *Service) Complete(ctx context.Context, owner id.User, name string) (Upload, error) {
	u, err := s.open(ctx, owner, name)
	if fault.Code(err) == "upload.finished" {
		return u, nil
	}
	if err != nil {
		return Upload{}, err
	}
	if err := s.end(ctx, u); err != nil {
		return Upload{}, err
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		there, err := finish(ctx, tx, u.ID)
		if err == nil && !there { // given up meanwhile
			err = fault.NotFound("upload.not_found")
		}
		return err
	})
	if fault.As(err) != nil {
		err = errors.Join(err, s.bucket.Delete(ctx, u.ID+keyEnd))
	}
	u.Done = true
	return u, err
}

// end has the storage put the parts together, or finds that it did: whoever did that may have been
// killed before it was noted.
func (s *Service) end(ctx context.Context, u Upload) error {
	parts, err := s.bucket.Parts(ctx, u.ID+keyEnd, u.sending)
	if err == nil {
		if !whole(u, parts) {
			return fault.Conflict("upload.unfinished")
		}
		err = s.bucket.End(ctx, u.ID+keyEnd, u.sending, parts)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info, err := s.bucket.Stat(ctx, u.ID+keyEnd)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Size != u.Size {
		err = fault.NotFound("upload.not_found")
	}
	return err
}

func whole(u Upload, parts []s3.Part) bool {
	for i, p := range parts {
		if want, ok := u.part(i + 1); !ok || p.Number != want.Number || p.Size != want.Size {
			return false
		}
	}
	return len(parts) == u.Parts()
}

// GiveUp forgets an upload that nobody has claimed. Faults: upload.not_found, upload.claimed.
func (s *Service) GiveUp(ctx context.Context, owner id.User, name string) error {
	u, err := s.Of(ctx, owner, name)
	if err != nil {
		return err
	}
	claimed, err := s.uploads.Claimed(ctx, u.ID)
	if err == nil && claimed {
		err = fault.Conflict("upload.claimed")
	}
	if err != nil || s.bucket == nil {
		return err
	}
	return s.forget(ctx, u)
}

// forget takes the row last: what is left in between is found again.
func (s *Service) forget(ctx context.Context, u Upload) error {
	if err := s.bucket.GiveUp(ctx, u.ID+keyEnd, u.sending); err != nil {
		return err
	}
	if err := s.bucket.Delete(ctx, u.ID+keyEnd); err != nil {
		return err
	}
	return s.Forget(ctx, u.ID)
}

// Sweep forgets what was not finished in time.
func (s *Service) Sweep(ctx context.Context) error {
	if s.bucket == nil {
		return nil
	}
	old, err := openBefore(ctx, s.db.Reader(), s.db.Clock().Now().Add(-upload.KeepFor))
	for _, u := range old {
		err = errors.Join(err, s.forget(ctx, u))
	}
	return err
}
