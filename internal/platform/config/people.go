package config

import (
	"net"
	"net/mail"
	"net/netip"
	"slices"
	"time"
)

// Accounts say who may have one, and how long somebody stays signed in.
type Accounts struct {
	Registration string        `koanf:"registration"`
	SessionIdle  time.Duration `koanf:"session_idle"`
	SessionMax   time.Duration `koanf:"session_max"`
	Reproof      time.Duration `koanf:"reauthenticate_after"`
	SecondFactor string        `koanf:"second_factor"`
}

// Mail says how letters are sent.
type Mail struct {
	Server   string `koanf:"server"`
	Security string `koanf:"security"`
	User     string `koanf:"user"`
	Password string `koanf:"password"`
	From     string `koanf:"from"`
}

// StaffFactor reports whether operators and owners need a second factor.
func (a Accounts) StaffFactor() bool { return a.SecondFactor == "staff" }

// Loopback reports whether an address to listen at is reached from this machine alone.
func Loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// checkPeople reports what cannot be of accounts and of letters.
func (c Config) checkPeople(bad func(cond bool, format string, args ...any)) {
	a, m := c.Accounts, c.Mail
	bad(!slices.Contains([]string{"open", "invite", "closed"}, a.Registration),
		"accounts.registration must be open, invite or closed")
	bad(!slices.Contains([]string{"optional", "staff"}, a.SecondFactor),
		"accounts.second_factor must be optional or staff")
	bad(a.SessionIdle < time.Minute || a.SessionMax < a.SessionIdle,
		"accounts.session_idle must be at least 1m, and session_max at least that")
	bad(a.Reproof < 0, "accounts.reauthenticate_after must not be negative")
	bad(!slices.Contains([]string{"starttls", "tls", "none"}, m.Security),
		"mail.security must be starttls, tls or none")
	if m.Server == "" {
		return
	}
	_, _, err := net.SplitHostPort(m.Server)
	bad(err != nil, "mail.server %q is no host:port", m.Server)
	bad(m.Security == "none" && !Loopback(m.Server), "mail.security none is for a server on this machine")
	_, err = mail.ParseAddress(m.From)
	bad(err != nil, "mail.from %q is no address", m.From)
}
