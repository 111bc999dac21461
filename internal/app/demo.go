package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"hawker/internal/demo"
	"hawker/internal/platform/config"
)

// FillDemo fills an empty installation. One that has been filled is left alone.
func (a *App) FillDemo(ctx context.Context) error {
	if err := a.checkDemo(ctx, true); err != nil {
		return err
	}
	return a.demo().Fill(ctx)
}

// GrowDemo fills a mall with demo data until it has so much of what grows. Its clock is demo's.
func (a *App) GrowDemo(ctx context.Context, size demo.Size, tell func(demo.Progress)) error {
	return demo.Large{
		Mall: a.demo(), Box: a.box, Log: a.log, Bank: a.cfg.Path("sandbox"), Tell: tell, Orders: a.orders,
		Checkout: a.checkout, Fulfilment: a.fulfilment, Distribution: a.distribution, Drain: a.bus().Drain,
		Listen: func() error { return a.news.Serve(a.api.Authorizer(), nil) },
	}.Grow(ctx, size)
}

func (a *App) demo() demo.Mall {
	return demo.Mall{
		DB: a.db, Zone: a.zone, Accounts: a.accounts, Shops: a.shops, Pictures: a.pictures, Categories: a.categories,
		Catalog: a.catalog, Referrals: a.referrals, Stage: a.stage, Uploads: a.uploads, Videos: a.videos,
	}
}

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

// Welcome is what a person reads when the program has started.
func (a *App) Welcome(withDemo bool) string {
	var b strings.Builder
	site := a.cfg.PublicURL
	if site == "" {
		site = "http://" + openable(a.HTTPAddr())
	}
	fmt.Fprintf(&b, "\nHawker 吆喝 is open.\n  mall      %s/\n  console   %s/console/\n  publish   "+
		"rtmp://%s/live/<stream key>\n", site, site, openable(a.RTMPAddr()))
	if a.cfg.Payment.Sandbox {
		fmt.Fprintf(&b, "  payments  SANDBOX (play money) at %s\n", a.bank.URL())
	}
	if a.cfg.Live.OpenPublish {
		b.WriteString("\n  !!! OPEN PUBLISHING IS ON: anybody who reaches the RTMP port can publish under any name. " +
			"For measuring only. !!!\n")
	}
	if withDemo {
		_, port, _ := net.SplitHostPort(a.RTMPAddr())
		fmt.Fprintf(&b, "\n  demo accounts, password %s:\n", demo.Password)
		for _, p := range demo.People() {
			fmt.Fprintf(&b, "    %s\n", p.Email)
		}
		fmt.Fprintf(&b, "  demo room: publish to rtmp://127.0.0.1:%s/live/%s\n", port, demo.StreamKey)
	}
	if a.setupCode != "" {
		fmt.Fprintf(&b, "\n  Nobody runs this mall yet. Make its operator and shop at %s/setup\n  (from another "+
			"machine with "+
			"the code %s, which counts until then), or by `hawker setup`.\n", site, a.setupCode)
	}
	b.WriteString("\nCtrl-C stops it.\n")
	return b.String()
}

// openable is an address that can be opened here: that of all networks is none.
func openable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || ip != nil && !ip.IsUnspecified() {
		return addr
	}
	return net.JoinHostPort("127.0.0.1", port)
}
