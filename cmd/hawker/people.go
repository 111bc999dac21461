package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hawker/internal/account"
	"hawker/internal/app"
	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/operator"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
)

// passwordMax bounds what is read as a password, in bytes.
const passwordMax = 4096

// passwordFlag takes a password from a file or from standard input: an argument would
// stand in the list of processes and in the shell's history.
type passwordFlag struct {
	PasswordFile string `help:"File with the password; - or nothing reads standard input." placeholder:"FILE"`
}

func (f passwordFlag) read() (_ string, err error) {
	from := io.Reader(os.Stdin)
	if f.PasswordFile != "" && f.PasswordFile != "-" {
		file, err := os.Open(f.PasswordFile)
		if err != nil {
			return "", err
		}
		defer func() { _ = file.Close() }() // it was read only
		from = file
	}
	raw, err := io.ReadAll(io.LimitReader(from, passwordMax))
	text := strings.TrimRight(string(raw), "\r\n")
	if err == nil && text == "" {
		err = errors.New("the password is empty: give it in --password-file or by standard input")
	}
	return text, err
}

// said is a refusal in words for the terminal.
func said(err error) error {
	if f := fault.As(err); f != nil {
		return errors.New(httpapi.Translate(lang.English, f.Code, f.Params))
	}
	return err
}

// onPeople opens an installation, which has to be there already, to do something with people.
func (s settings) onPeople(ctx context.Context, do func(a *app.App) error) error {
	cfg, log, err := s.load()
	if err == nil {
		err = cfg.HasDatabase()
	}
	if err != nil {
		return err
	}
	return withPeople(ctx, app.Options{Config: cfg, Log: log, Clock: mallTime()}, do)
}

// withPeople is onPeople, but for an empty folder, too.
func withPeople(ctx context.Context, o app.Options, do func(a *app.App) error) error {
	err := onInstallation(ctx, o, func(a *app.App) error { return said(do(a)) })
	if errors.Is(err, sqldb.ErrLocked) {
		err = fmt.Errorf("stop the server first, or do it in its console: %w", err)
	}
	return err
}

type setupCmd struct {
	settings
	passwordFlag
	Email string `help:"Of the operator." required:""`
	Name  string `help:"What the operator is called; the shop's name by itself." placeholder:"NAME"`
	Shop  string `help:"Name of the operator's shop." required:""`
}

func (c setupCmd) Run(ctx context.Context) error {
	password, err := c.read()
	if err != nil {
		return err
	}
	if c.Name == "" {
		c.Name = c.Shop
	}
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	return withPeople(ctx, app.Options{Config: cfg, Log: log, Clock: mallTime()}, func(a *app.App) error {
		u, err := a.Operator().Begin(ctx, operator.Beginning{
			Email: c.Email, Password: password, Name: c.Name, Shop: c.Shop, Locale: lang.Chinese,
		})
		if err == nil {
			fmt.Printf("%s runs this mall now, with the shop %s. Start it with `hawker serve`.\n", u.Email, c.Shop)
		}
		return err
	})
}

type userCmd struct {
	Add     userAddCmd     `cmd:"" help:"Make an account, also where registration is closed."`
	Passwd  userPasswdCmd  `cmd:"" help:"Give somebody another password; their sessions end."`
	Disable userDisableCmd `cmd:"" help:"Let somebody in no more; their sessions end."`
	Enable  userEnableCmd  `cmd:"" help:"Let somebody in again."`
	List    userListCmd    `cmd:"" help:"Print the accounts, newest first."`
}

type userAddCmd struct {
	settings
	passwordFlag
	Email    string `arg:""`
	Name     string `help:"What others see." required:""`
	Operator bool   `help:"They run the installation."`
}

func (c userAddCmd) Run(ctx context.Context) error {
	password, err := c.read()
	if err != nil {
		return err
	}
	return c.onPeople(ctx, func(a *app.App) error {
		u, err := a.Operator().Add(ctx, account.Registration{
			Email: c.Email, Password: password, DisplayName: c.Name, Locale: lang.Chinese, Operator: c.Operator,
		})
		if err == nil {
			fmt.Println(u.ID, u.Email)
		}
		return err
	})
}

type userPasswdCmd struct {
	settings
	passwordFlag
	Email string `arg:""`
}

func (c userPasswdCmd) Run(ctx context.Context) error {
	password, err := c.read()
	if err != nil {
		return err
	}
	return c.onPeople(ctx, func(a *app.App) error {
		u, err := a.Operator().People.ByEmail(ctx, c.Email)
		if err != nil {
			return err
		}
		return a.Operator().SetPassword(ctx, u.ID, password)
	})
}

type userDisableCmd struct {
	settings
	Email string `arg:""`
}

func (c userDisableCmd) Run(ctx context.Context) error { return c.disable(ctx, c.Email, true) }

type userEnableCmd struct {
	settings
	Email string `arg:""`
}

func (c userEnableCmd) Run(ctx context.Context) error { return c.disable(ctx, c.Email, false) }

func (s settings) disable(ctx context.Context, email string, disabled bool) error {
	return s.onPeople(ctx, func(a *app.App) error {
		u, err := a.Operator().People.ByEmail(ctx, email)
		if err != nil {
			return err
		}
		return a.Operator().Set(ctx, u.ID, operator.Change{Disabled: &disabled})
	})
}

type userListCmd struct{ settings }

const listAtOnce = 50

func (c userListCmd) Run(ctx context.Context) error {
	return c.onPeople(ctx, func(a *app.App) error {
		for find := (account.Find{Request: page.Request{Limit: listAtOnce}}); ; {
			p, err := a.Operator().People.Users(ctx, find)
			if err != nil {
				return err
			}
			for _, u := range p.Items {
				fmt.Println(line(u))
			}
			if find.Cursor = p.NextCursor; find.Cursor == "" {
				return nil
			}
		}
	})
}

func line(u account.User) string {
	text := fmt.Sprintf("%s  %s  %s  %s", u.ID, u.CreatedAt.Format("2006-01-02"), u.Email, u.DisplayName)
	if u.Operator {
		text += "  operator"
	}
	if !u.DisabledAt.IsZero() {
		text += "  disabled"
	}
	return text
}
