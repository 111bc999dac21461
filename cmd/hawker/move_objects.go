package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"hawker/internal/platform/blob/s3"
	"hawker/internal/platform/move"
)

type moveCmds struct {
	Rows    moveCmd        `cmd:"" default:"withargs" help:"From the database in its folder to a database server."`
	Objects moveObjectsCmd `cmd:"" help:"Files from its folder to the bucket of the settings (objects.url)."`
}

type moveObjectsCmd struct {
	settings
	From string `required:"" help:"The data folder." placeholder:"DIR"`
	To   string `required:"" enum:"s3" help:"s3: the bucket of the settings." placeholder:"s3"`
}

// Run takes pictures, films and recordings over; the folder stays as it is.
func (c moveObjectsCmd) Run(ctx context.Context) (err error) {
	cfg, _, err := c.load()
	if err != nil {
		return err
	}
	if cfg.Objects.URL == "" {
		return errors.New("objects.url says to which bucket")
	}
	bucket, err := s3.Of(cfg.Objects)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	if err := bucket.Ping(ctx); err != nil {
		return err
	}
	for _, folder := range []string{"media", "recordings"} {
		dir := filepath.Join(c.From, folder)
		if _, err := os.Stat(dir); err != nil {
			return fmt.Errorf("there is nothing to move: %w", err)
		}
		tell, done := teller(os.Stderr, "bytes")
		a, err := move.Folder(ctx, folder, dir, bucket.Below(folder), tell)
		done()
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d files of %d bytes are there, each the same on both sides; %d were written now\n", folder,
			a.Blobs, a.Bytes, a.Written)
	}
	fmt.Printf("Stop the server, give this command once more for what came meanwhile, and serve with objects.url.\n"+
		"%s is as it was; what is put from then on lies in the bucket alone.\n", c.From)
	return nil
}
