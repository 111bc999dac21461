package dial_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"hawker/internal/platform/dial"
)

// Every form of an address that leads to this machine, its network or nowhere is
// refused; those beside them are not.
func TestOnlyThePublicIsPublic(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
		"169.254.169.254", "100.64.0.1", "100.127.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1",
		"198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255",
		"::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
		"64:ff9b:1::a00:1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1", "fc00::1",
		"fd12:3456::1", "fe80::1", "fec0::1", "ff02::1",
	} {
		if dial.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s passes for public", text)
		}
	}
	for _, text := range []string{
		"1.1.1.1", "8.8.8.8", "11.0.0.1", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "198.20.0.1",
		"223.255.255.254", "2001:4860:4860::8888", "2606:4700::1", "2a00:1450::1",
	} {
		if !dial.Public(netip.MustParseAddr(text)) {
			t.Errorf("%s is refused", text)
		}
	}
}

func TestPortsAndExceptions(t *testing.T) {
	t.Parallel()
	g := dial.New([]int{443, 1935}, []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")})
	for _, c := range []struct {
		host string
		port int
		may  bool
	}{
		{"8.8.8.8", 443, true},
		{"8.8.8.8", 80, false},
		{"8.8.8.8", 0, false},
		{"8.8.8.8", 65536 + 443, false},
		{"8.8.8.8", -1, false},
		{"10.1.2.3", 1935, true},
		{"::ffff:10.1.2.3", 1935, true},
		{"10.2.2.3", 1935, false},
		{"10.1.2.3", 22, false},
		{"live.example", 1935, true},
		{"live.example", 6379, false},
		{"fe80::1%eth0", 443, false},
		{"2606:4700::1", 443, true},
	} {
		if err := g.CheckNamed(c.host, c.port); (err == nil) != c.may || err != nil &&
			!errors.Is(err, dial.ErrForbidden) {
			t.Errorf("%s port %d: %v, want let through %v", c.host, c.port, err, c.may)
		}
	}
	var none *dial.Guard
	if none.CheckNamed("8.8.8.8", 443) == nil {
		t.Error("a guard that nobody made lets through")
	}
}

// A name is judged by what it resolves to: nothing reaches a server of this machine,
// by whatever name, until the operator says that it may be called.
func TestNobodyReachesThisMachine(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	came := make(chan struct{}, 8)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				close(came)
				return
			}
			came <- struct{}{}
			c.Close()
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	shut := dial.New([]int{dial.AnyPort}, nil)
	for _, host := range []string{"localhost", "127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "::"} {
		if c, err := shut.DialContext(ctx, "tcp", net.JoinHostPort(host, port)); !errors.Is(err, dial.ErrForbidden) {
			t.Errorf("%s: %v, %v", host, c, err)
		}
	}
	if _, err := shut.DialContext(ctx, "udp", net.JoinHostPort("8.8.8.8", port)); !errors.Is(err, dial.ErrForbidden) {
		t.Errorf("by UDP: %v", err)
	}
	open := dial.New([]int{dial.AnyPort}, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")})
	c, err := open.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	<-came
	ln.Close()
	for range came {
		t.Error("somebody else was let through")
	}
}
