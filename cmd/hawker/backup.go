package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/platform/backup"
	"hawker/internal/vault"
)

type backupCmd struct {
	Take   takeCmd       `cmd:"" default:"withargs" help:"Take a backup, beside a running server (the default)."`
	List   listCmd       `cmd:"" help:"List the backups of a folder."`
	Verify verifyBackCmd `cmd:"" help:"Read all of a backup and prove it."`
}

type takeCmd struct {
	settings
	To              string `help:"Folder of backups; by default backup.to." placeholder:"DIR"`
	PassphraseFile  string `help:"File whose first line opens the backups; by default backup.passphrase_file." placeholder:"FILE"`
	Prune           bool   `help:"Forget older backups as backup.keep_daily and backup.keep_weekly say."`
	WithoutDatabase bool   `help:"Take the rest of an installation whose database is elsewhere."`
}

func (c takeCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	to, file := c.To, c.PassphraseFile
	if to == "" {
		to = cfg.Backup.To
	}
	if file == "" {
		file = cfg.Backup.PassphraseFile
	}
	if to == "" || file == "" {
		return errors.New("say where to and with which passphrase: --to DIR --passphrase-file FILE")
	}
	passphrase, err := backup.ReadPassphrase(file)
	if err != nil {
		return err
	}
	var keeping *backup.Keeping
	if c.Prune {
		keeping = &backup.Keeping{Daily: cfg.Backup.KeepDaily, Weekly: cfg.Backup.KeepWeekly}
	}
	b := app.Vault(cfg, log, clock.Real{})
	b.WithoutDatabase = c.WithoutDatabase
	h, gone, err := b.Take(ctx, to, passphrase, keeping)
	if !h.At.IsZero() {
		err = errors.Join(vault.Print(os.Stdout, h), err)
	}
	if gone.Backups > 0 {
		fmt.Printf("%d older backups and %d contents are gone\n", gone.Backups, gone.Objects)
	}
	return err
}

type listCmd struct {
	From string `required:"" help:"Folder of backups." placeholder:"DIR"`
}

func (c listCmd) Run() error {
	headers, err := backup.List(c.From)
	if err == nil && len(headers) == 0 {
		return fmt.Errorf("%w: %s", backup.ErrNoBackup, c.From)
	}
	for _, h := range headers {
		err = errors.Join(vault.Print(os.Stdout, h), err)
	}
	return err
}

// chosen is a backup of a folder.
type chosen struct {
	From           string `required:"" help:"Folder of backups." placeholder:"DIR"`
	At             string `default:"latest" help:"A name that list shows, or a time: the newest that is not later." placeholder:"TIME"`
	PassphraseFile string `required:"" help:"File whose first line opens the backups." placeholder:"FILE"`
}

type verifyBackCmd struct{ chosen }

func (c verifyBackCmd) Run(ctx context.Context) error {
	passphrase, err := backup.ReadPassphrase(c.PassphraseFile)
	if err != nil {
		return err
	}
	h, err := vault.Backups{}.Verify(ctx, c.From, c.At, passphrase)
	if err != nil {
		return err
	}
	return errors.Join(vault.Print(os.Stdout, h), say("whole: all of it was read"))
}

func say(text string) error {
	_, err := fmt.Println(text)
	return err
}

type restoreCmd struct {
	settings
	chosen
}

func (c restoreCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	passphrase, err := backup.ReadPassphrase(c.PassphraseFile)
	if err != nil {
		return err
	}
	b := app.Vault(cfg, log, clock.Real{})
	done, err := b.Restore(ctx, c.From, c.At, passphrase)
	if err != nil {
		return err
	}
	if err := vault.Print(os.Stdout, done.Backup); err != nil {
		return err
	}
	for _, name := range done.Migrated {
		fmt.Println("applied", name)
	}
	fmt.Println("restored into", cfg.Data)
	switch {
	case done.Doctor == nil && done.Backup.Database == "":
		fmt.Println("the database is not in this backup: restore it with its own tools, then run hawker doctor")
	case done.Doctor == nil:
		fmt.Println("load", cfg.Path(done.Backup.Database),
			"into the database with its own tools, then run hawker doctor")
	case !done.Doctor.Healthy:
		fmt.Print(done.Doctor.Text)
		return fmt.Errorf("all was restored as it was, and %w", errUnwell)
	default:
		fmt.Printf("doctor finds nothing wrong: %d checks\n", done.Doctor.Checks)
	}
	return nil
}
