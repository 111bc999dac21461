package app

import (
	"hawker/internal/account"
	"hawker/internal/checkout"
	"hawker/internal/mailbox"
	"hawker/internal/operator"
	"hawker/internal/platform/module"
	"hawker/internal/shop"
	"hawker/internal/signin"
	"hawker/internal/whoami"
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
		Limiter: p.engines.Limiter("signin"), Idle: a.SessionIdle, Max: a.SessionMax, StaffFactor: a.StaffFactor(),
		Issuer: p.cfg.Mall.Name, Nodes: p.nodes(),
	})
	s.mailbox = mailbox.New(mailbox.Options{
		DB: p.db, Box: p.box, Log: p.log, People: s.accounts, Sessions: s.signin,
		Limiter: p.engines.Limiter("mailbox"), Mall: p.cfg.Mall.Name, Prove: p.cfg.Mail.Server != "",
		Sender: mailbox.SenderOf(p.cfg.Mail, p.log),
	})
	s.operator = operator.New(operator.Options{DB: p.db, People: s.accounts, Sessions: s.signin, Shops: s.shops})
}

// people is what people and their coming in bring.
func (a *App) people() []module.Module {
	people := account.API{Service: a.accounts, Shops: a.shops}
	door := signin.API{Service: a.signin, People: people, Came: a.referrals, Cookies: a.cookies()}
	return []module.Module{
		people.Module(), door.Module(), whoami.API{People: people}.Module(),
		mailbox.API{Service: a.mailbox, Door: door}.Module(),
		operator.API{Service: a.operator, Door: door}.Module(),
	}
}

// Operator is what commands do with people.
func (a *App) Operator() *operator.Service { return a.operator }

// proofs are asked for before stock is held, where the operator wants that.
func (s *services) proofs(p *platform) checkout.Proofs {
	if !p.cfg.Order.VerifiedEmail {
		return nil
	}
	return s.accounts
}
