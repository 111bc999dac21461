// Package upload takes large files over lines that break: tus 1.0 (creation,
// termination, expiry) on a folder. Every upload has an owner and is seen by
// nobody else; what is not asked for within a day is swept away. What a finished
// upload is for is the business of whoever claims it.
package upload

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
)

// Limits on uploads.
const (
	KeepFor     = 24 * time.Hour // after the last byte came
	OpenMax     = 20             // of one owner, not claimed
	metadataMax = 255            // letters of a file's name
	ownerKey    = "owner"
	nameKey     = "filename"
	typeKey     = "filetype"
	infoSuffix  = ".info"
)

// Claims knows which uploads somebody works on.
type Claims interface {
	UploadClaimed(ctx context.Context, upload string) (bool, error)
}

// File is a finished upload.
type File struct {
	ID   string
	Path string
	Name string // as the sender called it
	Size int64
}

// Store keeps uploads in a folder.
type Store struct {
	dir    string
	files  filestore.FileStore
	clock  clock.Clock
	claims Claims
	shared Shared // nil: everybody has the folder
	beyond Beyond // nil: uploads come by here alone
}

// NewStore opens or makes the folder.
func NewStore(dir string, c clock.Clock, claims Claims) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &Store{dir: dir, files: filestore.New(dir), clock: c, claims: claims}, nil
}

func (s *Store) composer() *handler.StoreComposer {
	c := handler.NewStoreComposer()
	c.UseCore(s.files)
	c.UseTerminater(s.files)
	c.UseLocker(memorylocker.New()) // one process has the data folder
	return c
}

// valid reports a name that we gave: it becomes the name of a file.
func valid(upload string) bool {
	if len(upload) != len(id.Token()) {
		return false
	}
	for _, c := range []byte(upload) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func (s *Store) info(ctx context.Context, upload string) (handler.FileInfo, error) {
	missing := fault.NotFound("upload.not_found")
	if !valid(upload) {
		return handler.FileInfo{}, missing
	}
	u, err := s.files.GetUpload(ctx, upload)
	if errors.Is(err, handler.ErrNotFound) {
		return handler.FileInfo{}, missing
	}
	if err != nil {
		return handler.FileInfo{}, err
	}
	return u.GetInfo(ctx)
}

// owned finds an upload of an owner; somebody else's is not there.
func (s *Store) owned(ctx context.Context, upload, owner string) (handler.FileInfo, error) {
	info, err := s.info(ctx, upload)
	if err == nil && (owner == "" || info.MetaData[ownerKey] != owner) {
		return handler.FileInfo{}, fault.NotFound("upload.not_found")
	}
	return info, err
}

// Finished gives an owner's upload when all of it is there, on the disk and, where uploads
// are shared, for others.
// Faults: upload.not_found, upload.unfinished.
func (s *Store) Finished(ctx context.Context, upload, owner string) (File, error) {
	info, err := s.owned(ctx, upload, owner)
	if s.beyond != nil && fault.Code(err) == "upload.not_found" {
		return s.beyond.Finished(ctx, upload, owner)
	}
	if err != nil {
		return File{}, err
	}
	if info.SizeIsDeferred || info.Offset != info.Size {
		return File{}, fault.Conflict("upload.unfinished")
	}
	path := filepath.Join(s.dir, upload)
	if err := syncFile(path); err != nil {
		return File{}, err
	}
	return File{ID: upload, Path: path, Name: info.MetaData[nameKey], Size: info.Size}, s.share(ctx, upload)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Import takes a file that is here already, as if its owner had sent it.
func (s *Store) Import(ctx context.Context, owner, name string, r io.Reader) (upload string, err error) {
	upload = id.Token()
	u, err := s.files.NewUpload(ctx, handler.FileInfo{
		ID:       upload,
		MetaData: handler.MetaData{ownerKey: owner, nameKey: name}, SizeIsDeferred: true,
	})
	if err != nil {
		return "", err
	}
	n, err := u.WriteChunk(ctx, 0, r)
	if err == nil {
		err = s.files.AsLengthDeclarableUpload(u).DeclareLength(ctx, n)
	}
	if err == nil {
		err = s.share(ctx, upload)
	}
	if err != nil {
		return "", errors.Join(err, s.removeHere(upload))
	}
	return upload, nil
}

func (s *Store) removeHere(upload string) error {
	if !valid(upload) {
		return nil
	}
	path := filepath.Join(s.dir, upload)
	return errors.Join(ignoreMissing(os.Remove(path)), ignoreMissing(os.Remove(path+infoSuffix)))
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Sweep removes what was not claimed and has not grown for KeepFor, and answers
// how many that were.
func (s *Store) Sweep(ctx context.Context) (removed int, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, err
	}
	before := s.clock.Now().Add(-KeepFor)
	seen := map[string]bool{} // an upload is two files
	for _, e := range entries {
		upload := strings.TrimSuffix(e.Name(), infoSuffix)
		if seen[upload] || !valid(upload) || s.touched(upload).After(before) {
			continue
		}
		seen[upload] = true
		claimed, err := s.claims.UploadClaimed(ctx, upload)
		if err != nil {
			return removed, err
		}
		if claimed {
			continue
		}
		if err := s.Remove(ctx, upload); err != nil {
			return removed, fmt.Errorf("sweep upload %s: %w", upload, err)
		}
		removed++
	}
	shared, err := s.sweepShared(ctx, before)
	return removed + shared, err
}

// Claimed tells whether somebody works on an upload.
func (s *Store) Claimed(ctx context.Context, upload string) (bool, error) {
	return s.claims.UploadClaimed(ctx, upload)
}

// touched is when an upload last grew.
func (s *Store) touched(upload string) (at time.Time) {
	for _, name := range []string{upload, upload + infoSuffix} {
		if info, err := os.Stat(filepath.Join(s.dir, name)); err == nil && info.ModTime().After(at) {
			at = info.ModTime()
		}
	}
	return at
}

// Standing is what lies somewhere: of an owner, unclaimed, and of all.
type Standing struct {
	Own, All           int
	OwnBytes, AllBytes int64
}

// And is both together.
func (a Standing) And(b Standing) Standing {
	return Standing{a.Own + b.Own, a.All + b.All, a.OwnBytes + b.OwnBytes, a.AllBytes + b.AllBytes}
}

// Here counts uploads of this folder, as large as they were announced.
func (s *Store) Here(ctx context.Context, owner string) (sum Standing, err error) {
	names, err := filepath.Glob(filepath.Join(s.dir, "*"+infoSuffix))
	if err != nil {
		return sum, err
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			continue // swept meanwhile
		}
		var info handler.FileInfo
		if json.Unmarshal(raw, &info) != nil {
			continue
		}
		sum = sum.And(Standing{All: 1, AllBytes: info.Size})
		if info.MetaData[ownerKey] != owner {
			continue
		}
		claimed, err := s.claims.UploadClaimed(ctx, info.ID)
		if err != nil {
			return sum, err
		}
		if !claimed {
			sum = sum.And(Standing{Own: 1, OwnBytes: info.Size})
		}
	}
	return sum, nil
}
