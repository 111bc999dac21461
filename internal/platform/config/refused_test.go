package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/money"
	"hawker/internal/platform/config"
)

// Money that no shop could earn, times that end before they begin: each is refused by
// its name before anything runs.
func TestSettingsThatWouldCostMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string // "" where it is possible
		change func(c *config.Config)
	}{
		{"distribution.fee_bp", func(c *config.Config) { c.Distribution.Fee = -1 }},
		{"distribution.fee_bp", func(c *config.Config) { c.Distribution.Fee = 5001 }},
		{"", func(c *config.Config) { c.Distribution.Fee = 5000 }},
		{"", func(c *config.Config) { c.Distribution.Fee = 0 }},
		{"mall.shipping", func(c *config.Config) { c.Mall.Shipping = -1 }},
		{"order.pay_deal_within", func(c *config.Config) { c.Order.PayDealWithin = 0 }},
		{"live.streams_max", func(c *config.Config) { c.Live.StreamsMax = -1 }},
		{"", func(c *config.Config) { c.Live.StreamsMax = 0 }},
		{"video.duration_max", func(c *config.Config) { c.Video.DurationMax = 0 }},
		{"public_url", func(c *config.Config) { c.PublicURL = "https://" }},
		{"public_url", func(c *config.Config) { c.PublicURL = "httpx://mall.example" }},
		{"public_url", func(c *config.Config) { c.PublicURL = "https:mall.example" }},
		{"public_url", func(c *config.Config) { c.PublicURL = "javascript:alert(1)" }},
		{"", func(c *config.Config) { c.PublicURL = "HTTPS://mall.example:8443" }},
		{"trusted_proxies", func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.0/8", ""} }},
		{"trusted_proxies", func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.0/33"} }},
	} {
		cfg := config.Default()
		c.change(&cfg)
		err := cfg.Check()
		if (err == nil) != (c.name == "") || err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("%v, want a word about %q", err, c.name)
		}
	}
	cfg := config.Default()
	if cfg.PublicURL = "HTTPS://mall.example"; !cfg.Secure() {
		t.Error("an address in capitals is not secure")
	}
}

// What the rules of commissions let through leaves the shop something of each sale.
func TestWhatIsLeftForTheShop(t *testing.T) {
	t.Parallel()
	rate := rapid.Map(rapid.Int64Range(-10, 6000), func(n int64) money.BasisPoints { return money.BasisPoints(n) })
	rapid.Check(t, func(rt *rapid.T) {
		cfg := config.Default()
		d := &cfg.Distribution
		d.Level1, d.Level2, d.Level3, d.Fee = rate.Draw(rt, "1"), rate.Draw(rt, "2"), rate.Draw(rt, "3"), rate.Draw(rt,
			"fee")
		price := rapid.Int64Range(0, 1<<50).Draw(rt, "price")
		if cfg.Check() != nil {
			return
		}
		rest := price
		for _, r := range []money.BasisPoints{d.Level1, d.Level2, d.Level3, d.Fee} {
			rest -= money.Share(price, r)
		}
		if rest < 0 {
			rt.Fatalf("of %d the shop gets %d by %+v", price, rest, d)
		}
	})
}

// A file may leave out, write lists and times as people do, and be empty; sections
// that are no sections and misspelt names are refused with the name.
func TestFilesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, word string // word "" where it is read
	}{
		{"", ""},
		{"# nothing but a comment\n", ""},
		{"mall: {name: 'Tea & Co', currency: EUR}\n", ""},
		{"trusted_proxies: [10.0.0.0/8, '::1/128']\n", ""},
		{"order:\n  pay_within: 90s\n  receive_within: 240h\n", ""},
		{"live:\n  ladder:\n    renditions: []\n", ""},
		{"mall:\n#  name: x\norder:\ntrusted_proxies:\n", ""}, // what is commented out says nothing
		{"order: soon\nvideo: 1\nfoo: 2\n", "foo, order, video"},
		{"order: soon\n", "order"},
		{"Mall:\n  name: x\n", "Mall"},
		{"log: x\nfoo: 1\n", "foo"},
		{"mall.name.x: y\n", "mall.name"},
		{"live:\n  ladder:\n    rendition: [720]\n", "live.ladder.rendition"},
		{"- a\n- b\n", ""},
		{"order:\n  pay_within: 15\n", "pay_within"},
		{"video:\n  workers: many\n", "workers"},
		{"\tmall: x\n", "hawker.yaml"},
	} {
		got, err := config.Load(write(t, c.text))
		refused := c.word != "" || strings.HasPrefix(c.text, "-")
		if (err != nil) != refused || err != nil && !strings.Contains(err.Error(), c.word) {
			t.Errorf("%q: %+v, %v; want a word of %q", c.text, got, err, c.word)
		}
	}
}

// Whatever a file may set the environment may set, lists and times too, and wins.
func TestTheEnvironmentSetsWhatAFileDoes(t *testing.T) {
	for name, value := range map[string]string{
		"HAWKER_TRUSTED_PROXIES": "10.0.0.0/8,::1/128", "HAWKER_LIVE_LADDER_RENDITIONS": "720,360",
		"HAWKER_ORDER_PAY_WITHIN": "2m", "HAWKER_DISTRIBUTION_FEE_BP": "150", "HAWKER_PAYMENT_SANDBOX": "false",
		"HAWKER_MALL_NAME": "吆喝: 茶", "HAWKER_LIVE_WEBRTC_IPS": "",
	} {
		t.Setenv(name, value)
	}
	got, err := config.Load(write(t, "mall:\n  name: other\ndistribution:\n  fee_bp: 100\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.TrustedProxies, []string{"10.0.0.0/8", "::1/128"}) ||
		!slices.Equal(got.Live.Ladder.Renditions, []int{720, 360}) || got.Order.PayWithin != 2*time.Minute ||
		got.Distribution.Fee != 150 || got.Payment.Sandbox || got.Mall.Name != "吆喝: 茶" || len(got.Live.WebRTCIPs) != 0 {
		t.Errorf("%+v", got)
	}
	t.Setenv("HAWKER_ORDER_PAY_WITHIN", "soon")
	if _, err := config.Load(""); err == nil || !strings.Contains(err.Error(), "pay_within") {
		t.Errorf("a time that is none: %v", err)
	}
}

// A file that may not be read is no reason to run with other settings.
func TestAFileThatIsAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "hawker.yaml")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if got, err := config.Load(dir); err == nil {
		t.Errorf("%+v", got)
	}
}
