package app

import (
	"context"
	"errors"
	"fmt"

	"hawker/internal/account"
	"hawker/internal/checkout"
	"hawker/internal/demo"
	"hawker/internal/mailbox"
	"hawker/internal/operator"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/config"
	"hawker/internal/platform/mail"
	"hawker/internal/platform/module"
	"hawker/internal/shop"
	"hawker/internal/signin"
)

// openPeople makes who people are, how they come in, and who lets them.
func (s *services) openPeople(p *platform) {
	a := p.cfg.Accounts
	s.shops = shop.New(p.db)
	s.accounts = account.New(account.Options{
		DB: p.db, Box: p.box, Protected: s.shops, Mall: []string{p.cfg.Mall.Name}, Registration: a.Registration,
	})
	s.signin = signin.New(signin.Options{
		DB: p.db, Box: p.box, Log: p.log, People: s.accounts, Owners: s.shops,
		Limiter: cache.NewMemoryLimiter(p.clock), Idle: a.SessionIdle, Max: a.SessionMax, StaffFactor: a.StaffFactor(),
		Issuer: p.cfg.Mall.Name,
	})
	s.mailbox = mailbox.New(mailbox.Options{
		DB: p.db, Box: p.box, Log: p.log, People: s.accounts, Sessions: s.signin,
		Limiter: cache.NewMemoryLimiter(p.clock), Mall: p.cfg.Mall.Name, Prove: p.cfg.Mail.Server != "",
		Sender: p.sender(),
	})
	s.operator = operator.New(operator.Options{DB: p.db, People: s.accounts, Sessions: s.signin, Shops: s.shops})
}

// sender sends letters, or writes them to the log while no server is set.
func (p *platform) sender() mail.Sender {
	m := p.cfg.Mail
	if m.Server == "" {
		return mail.Log{Log: p.log}
	}
	return mail.SMTP{Server: m.Server, Security: m.Security, User: m.User, Password: m.Password, From: m.From}
}

// people is what people and their coming in bring.
func (a *App) people() []module.Module {
	people := account.API{Service: a.accounts, Shops: a.shops}
	door := signin.API{Service: a.signin, People: people, Came: a.referrals, Cookies: a.cookies()}
	return []module.Module{
		people.Module(), door.Module(),
		mailbox.API{Service: a.mailbox, Door: door}.Module(),
		operator.API{Service: a.operator, Door: door}.Module(),
	}
}

// Operator is what commands do with people.
func (a *App) Operator() *operator.Service { return a.operator }

// ErrDemoAnywhere refuses to show demo accounts to others.
var ErrDemoAnywhere = errors.New("this mall has demo accounts whose password everybody knows, so it listens on this " +
	"machine alone (127.0.0.1). Set up a mall of your own with `hawker setup`, or say --demo-anywhere if you mean it")

// checkDemo keeps demo accounts from other machines, whether they are made now or were
// before and kept their password.
func (a *App) checkDemo(ctx context.Context, withDemo bool) error {
	here := true
	for _, address := range []string{a.cfg.HTTP, a.cfg.RTMP, a.cfg.HTTPS.Address, a.cfg.Live.RTMPS} {
		here = here && (address == "" || config.Loopback(address))
	}
	if here || a.cfg.DemoAnywhere {
		return nil
	}
	if withDemo {
		return ErrDemoAnywhere
	}
	for _, p := range demo.People() {
		_, c, err := a.accounts.Credentials(ctx, p.Email)
		if err != nil {
			return err
		}
		known, err := a.accounts.Matches(ctx, demo.Password, c)
		if err != nil {
			return err
		}
		if known {
			return fmt.Errorf("%s: %w", p.Email, ErrDemoAnywhere)
		}
	}
	return nil
}

// proofs are asked for before stock is held, where the operator wants that.
func (s *services) proofs(p *platform) checkout.Proofs {
	if !p.cfg.Order.VerifiedEmail {
		return nil
	}
	return s.accounts
}
