package app_test

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
	"hawker/internal/platform/httpapi"
)

// proofs are the operations that ask for more than a session, and for what. Whoever adds
// one that could do harm adds it here.
func proofs() map[string]httpapi.Proof {
	out := map[string]httpapi.Proof{}
	for _, op := range strings.Fields(`session-delete other-session-delete second-factor-create second-factor-confirm
		second-factor-delete recovery-code-set merchant-staff-set merchant-staff-delete admin-user-update
		admin-session-delete admin-second-factor-delete admin-invitation-create admin-invitation-delete`) {
		out[op] = httpapi.Recent
	}
	for _, op := range strings.Fields(`auth-reauthenticate auth-password-reset auth-email-confirm me-password-set
		me-email-set`) {
		out[op] = httpapi.PasswordGiven
	}
	return out
}

func opened(t *testing.T, change func(c *config.Config), demo bool) *app.App {
	t.Helper()
	cfg := config.Default()
	cfg.Data, cfg.HTTP, cfg.RTMP, cfg.Payment.SandboxAddr = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	change(&cfg)
	a, err := app.Open(t.Context(), app.Options{
		Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}, Demo: demo,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// TestWhatAsksForMoreThanASession holds which operations do, by what is registered; that
// they then do is httpapi's and signin's test. An operator's change of people is all of
// them.
func TestWhatAsksForMoreThanASession(t *testing.T) {
	t.Parallel()
	a, got := opened(t, func(*config.Config) {}, false), map[string]httpapi.Proof{}
	for _, op := range a.API().Operations() {
		if op.Proof != "" {
			got[op.ID] = op.Proof
		}
		onPeople := strings.HasPrefix(op.Path, "/admin/users") || strings.HasPrefix(op.Path, "/admin/invitations")
		if onPeople && op.Method != "GET" && op.Proof != httpapi.Recent {
			t.Errorf("%s changes people and asks for no proof", op.ID)
		}
	}
	if want := proofs(); !maps.Equal(got, want) {
		t.Errorf("asked for a proof: %v, want %v", got, want)
	}
	var enrolling []string
	for _, op := range a.API().Operations() {
		if op.Access == httpapi.Enrolling {
			enrolling = append(enrolling, op.ID)
		}
	}
	slices.Sort(enrolling)
	want := strings.Fields(`auth-logout auth-reauthenticate me-get second-factor-confirm second-factor-create
		second-factor-get`)
	if !slices.Equal(enrolling, want) {
		t.Errorf("without a second factor staff may %v, want %v", enrolling, want)
	}
}

// Demo accounts, whose password everybody knows, are seen on this machine alone: neither a
// mall that is filled nor one that was before listens elsewhere.
func TestDemoAccountsStayHere(t *testing.T) {
	t.Parallel()
	everywhere := func(c *config.Config) { c.HTTP = "0.0.0.0:0" }
	for name, c := range map[string]struct {
		change func(c *config.Config)
		ok     bool
	}{
		"on this machine":      {func(*config.Config) {}, true},
		"pages elsewhere":      {everywhere, false},
		"publishing elsewhere": {func(c *config.Config) { c.RTMP = "[::]:0" }, false},
		"TLS elsewhere":        {func(c *config.Config) { c.HTTPS.Address = ":0" }, false},
		"told so":              {func(c *config.Config) { everywhere(c); c.DemoAnywhere = true }, true},
	} {
		a := opened(t, c.change, true)
		if err := a.FillDemo(t.Context()); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	data := t.TempDir()
	before := opened(t, func(c *config.Config) { c.Data = data }, true)
	if err := before.FillDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}
	later := opened(t, func(c *config.Config) { everywhere(c); c.Data = data }, false)
	if err := later.Listen(t.Context()); err == nil || !strings.Contains(err.Error(), "--demo-anywhere") {
		t.Errorf("a mall that was filled before listens everywhere: %v", err)
	}
	for _, email := range []string{"operator", "merchant", "streamer", "promoter", "shopper"} {
		u, err := later.Operator().People.ByEmail(t.Context(), email+"@hawker.demo")
		if err == nil {
			err = later.Operator().SetPassword(context.WithoutCancel(t.Context()), u.ID, "a password of ours")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := later.Listen(t.Context()); err != nil {
		t.Errorf("with passwords of their own: %v", err)
	}
}

// The start says how an empty mall becomes somebody's, and no code once it is.
func TestTheStartNamesTheCode(t *testing.T) {
	t.Parallel()
	a := opened(t, func(*config.Config) {}, false)
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	code, err := a.Operator().Code(t.Context())
	if err != nil || code == "" || !strings.Contains(a.Welcome(false), code) ||
		!strings.Contains(a.Welcome(false), "/setup") {
		t.Errorf("the start says %s, the code is %s, %v", a.Welcome(false), code, err)
	}
}
