package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"hawker/internal/deadletter"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/sqldb"
	"hawker/internal/schema"
)

type deadLettersCmd struct {
	List    deadListCmd    `cmd:"" help:"What was set aside, and why."`
	Requeue deadRequeueCmd `cmd:"" help:"Have it done again."`
	Discard deadDiscardCmd `cmd:"" help:"Drop it."`
}

// onDatabase opens the database of an installation. SQLite's is locked while the
// mall runs: then the console has the same page.
func (s settings) onDatabase(ctx context.Context, readOnly bool, do func(db *sqldb.DB) error) error {
	cfg, log, err := s.load()
	if err != nil {
		return err
	}
	if err := cfg.HasDatabase(); err != nil {
		return err
	}
	db, err := sqldb.Open(ctx, sqldb.Options{URL: cfg.DatabaseURL(), ReadOnly: readOnly, Clock: mallTime(), Log: log})
	if err != nil {
		return err
	}
	if !readOnly { // what is changed is told of, in rows of this program's schema
		err = sqldb.Migrate(ctx, db, schema.FS)
	}
	if err == nil {
		err = do(db)
	}
	if closeErr := db.Close(); err == nil {
		err = closeErr
	}
	return err
}

type deadListCmd struct{ settings }

func (c deadListCmd) Run(ctx context.Context) error {
	return c.onDatabase(ctx, true, func(db *sqldb.DB) error {
		list, err := deadletter.List(ctx, db.Reader())
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		for _, l := range list {
			reason, _, _ := strings.Cut(l.LastError, "\n")
			fmt.Fprintf(w, "%s\t%s\t%s\t%d tries\t%s\n", l.ID, l.Name, l.CreatedAt.Format("2006-01-02 15:04:05"),
				l.Attempts, reason)
		}
		if len(list) == 0 {
			fmt.Fprintln(w, "nothing was set aside")
		}
		return w.Flush()
	})
}

type deadRequeueCmd struct {
	settings
	ID []string `arg:"" help:"As list shows it."`
}

func (c deadRequeueCmd) Run(ctx context.Context) error {
	return c.each(audit.WithOrigin(ctx, audit.Origin{Kind: audit.Command}), c.ID, deadletter.Requeue)
}

type deadDiscardCmd struct {
	settings
	ID []string `arg:"" help:"As list shows it."`
}

func (c deadDiscardCmd) Run(ctx context.Context) error {
	return c.each(audit.WithOrigin(ctx, audit.Origin{Kind: audit.Command}), c.ID, deadletter.Discard)
}

func (s settings) each(ctx context.Context, ids []string, do func(context.Context, *sqldb.DB, string) error) error {
	return s.onDatabase(ctx, false, func(db *sqldb.DB) error {
		for _, id := range ids {
			if err := do(ctx, db, id); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			fmt.Println(id)
		}
		return nil
	})
}
