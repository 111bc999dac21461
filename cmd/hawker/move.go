package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hawker/internal/app"
	"hawker/internal/platform/move"
	"hawker/internal/platform/sqldb"
	"hawker/internal/schema"
)

type moveCmd struct {
	settings
	From string `required:"" help:"sqlite: and the data folder of an installation that nobody serves." placeholder:"sqlite:DIR"`
	To   string `required:"" help:"mysql: and the address of an empty database." placeholder:"mysql:DSN"`
}

// Run takes the rows over; everything else of an installation stays in its folder.
func (c moveCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	dir, ok := strings.CutPrefix(c.From, "sqlite:")
	if !ok {
		return move.ErrKinds
	}
	file := dir
	if info, err := os.Stat(dir); err != nil {
		return fmt.Errorf("there is nothing to move: %w", err)
	} else if info.IsDir() {
		file = filepath.Join(dir, "hawker.db")
	}
	if _, err := os.Stat(file); err != nil { // to open it would be to make it
		return fmt.Errorf("there is no database to move: %w", err)
	}
	moved, err := moveRows(ctx, file, c.To, log)
	if err != nil {
		return err
	}
	fmt.Printf("%d rows of %d tables are there, each the same on both sides\n", moved.Rows, moved.Tables)
	cfg.Data, cfg.Database.URL = filepath.Dir(file), c.To
	report, err := app.Doctor(ctx, cfg, log)
	if err != nil {
		return err
	}
	fmt.Print(report)
	if !report.Healthy {
		return errUnwell
	}
	fmt.Printf("Set database.url (HAWKER_DATABASE_URL) to the new address and serve the same folder, %s.\n"+
		"%s is as it was: keep it as a copy of this moment, and serve it no more.\n", cfg.Data, file)
	return nil
}

func moveRows(ctx context.Context, file, to string, log *slog.Logger) (moved move.Moved, err error) {
	open := func(url string) (*sqldb.DB, error) {
		return sqldb.Open(ctx, sqldb.Options{URL: url, Clock: mallTime(), Log: log, Histories: schema.Histories()})
	}
	source, err := open("sqlite:" + file)
	if errors.Is(err, sqldb.ErrLocked) {
		err = fmt.Errorf("stop the server first: what it sold meanwhile would stay behind: %w", err)
	}
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := open(to)
	if err != nil {
		return moved, err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	tell, done := teller(os.Stderr, "rows")
	moved, err = move.Move{From: source, To: target, Schema: schema.FS, Progress: tell}.Run(ctx)
	done()
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: the same command goes on from here", err)
	}
	return moved, err
}

// teller writes progress in one line for somebody who looks; done wipes it.
func teller(to *os.File, of string) (tell func(p move.Progress), done func()) {
	told, shown := time.Time{}, terminal(to)
	tell = func(p move.Progress) {
		if !shown || time.Since(told) < 100*time.Millisecond {
			return
		}
		told = time.Now()
		what := "moving"
		if p.Proving {
			what = "comparing"
		}
		fmt.Fprintf(to, "\r\x1b[K%s %3d %%  %d of %d %s  %s", what, 100*p.Done/max(p.Total, 1), p.Done, p.Total, of,
			p.Table)
	}
	return tell, func() {
		if shown {
			fmt.Fprint(to, "\r\x1b[K")
		}
	}
}

// terminal reports whether somebody looks at what is written there.
func terminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
