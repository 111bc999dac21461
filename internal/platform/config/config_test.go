package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hawker/internal/platform/config"
)

func TestReferenceFileIsTheDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.Load("../../../deploy/hawker.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("deploy/hawker.yaml differs from the defaults (-default +file):\n%s", diff)
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	path := write(t, "order:\n  pay_within: 20m\nmall:\n  name: Stall\n")
	t.Setenv("HAWKER_ORDER_PAY_WITHIN", "30s")
	got, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Order.PayWithin != 30*time.Second || got.Mall.Name != "Stall" {
		t.Errorf("got %v and %q", got.Order.PayWithin, got.Mall.Name)
	}
}

func TestWhatDoesNotExistIsRefusedByName(t *testing.T) {
	if _, err := config.Load(write(t, "mall:\n  nmae: x\n")); err == nil || !strings.Contains(err.Error(),
		"mall.nmae") {
		t.Errorf("misspelt file setting: %v", err)
	}
	t.Setenv("HAWKER_MALL_NMAE", "x")
	if _, err := config.Load(""); err == nil || !strings.Contains(err.Error(), "HAWKER_MALL_NMAE") {
		t.Errorf("misspelt environment setting: %v", err)
	}
}

func TestImpossibleSettingsAreAllNamed(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Mall.TimeZone, c.Distribution.Levels, c.Live.Part = "Mars/Base", 4, time.Minute
	err := c.Check()
	for _, want := range []string{"time_zone", "levels", "live.part"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hawker.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Each setting that cannot be is refused by its name, and what lies on the edge is not.
func TestEachImpossibleSettingIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string // "" where it is possible
		change func(c *config.Config)
	}{
		{"", func(*config.Config) {}},
		{"accounts.registration", func(c *config.Config) { c.Accounts.Registration = "maybe" }},
		{"accounts.second_factor", func(c *config.Config) { c.Accounts.SecondFactor = "all" }},
		{"accounts.session_idle", func(c *config.Config) { c.Accounts.SessionIdle = time.Minute - 1 }},
		{"", func(c *config.Config) { c.Accounts.SessionIdle = time.Minute }},
		{"accounts.session_idle", func(c *config.Config) { c.Accounts.SessionMax = c.Accounts.SessionIdle - 1 }},
		{"accounts.reauthenticate_after", func(c *config.Config) { c.Accounts.Reproof = -1 }},
		{"mail.security", func(c *config.Config) { c.Mail.Security = "ssl3" }},
		{"mail.server", func(c *config.Config) { c.Mail.Server, c.Mail.From = "smtp.example.com", "a@b.cd" }},
		{"mail.from", func(c *config.Config) { c.Mail.Server = "smtp.example.com:587" }},
		{"mail.security", func(c *config.Config) {
			c.Mail = config.Mail{Server: "smtp.example.com:25", Security: "none", From: "a@b.cd"}
		}},
		{"", func(c *config.Config) {
			c.Mail = config.Mail{Server: "127.0.0.1:25", Security: "none", From: "Mall <a@b.cd>"}
		}},
		{"mall.currency", func(c *config.Config) { c.Mall.Currency = "EURO" }},
		{"order.pay_within", func(c *config.Config) { c.Order.PayWithin = time.Second - 1 }},
		{"", func(c *config.Config) { c.Order.PayWithin = time.Second }},
		{"order.receive_within", func(c *config.Config) { c.Order.ReceiveWithin = 0 }},
		{"distribution.levels", func(c *config.Config) { c.Distribution.Levels = -1 }},
		{"", func(c *config.Config) { c.Distribution.Levels = 0 }},
		{"distribution durations", func(c *config.Config) { c.Distribution.AfterSale = -1 }},
		{"distribution durations", func(c *config.Config) { c.Distribution.BindFor = -1 }},
		{"distribution rates", func(c *config.Config) { c.Distribution.Level3 = -1 }},
		{"distribution rates", func(c *config.Config) { c.Distribution.Level1, c.Distribution.Level2 = 4000, 1001 }},
		{"", func(c *config.Config) { c.Distribution.Level1, c.Distribution.Level2 = 4000, 1000 }},
		{"live.part", func(c *config.Config) { c.Live.Part = 99 * time.Millisecond }},
		{"", func(c *config.Config) { c.Live.Part = 2 * time.Second }},
		{"live.ladder.max_streams", func(c *config.Config) { c.Live.Ladder.StreamsMax = -1 }},
		{"live.ladder.renditions", func(c *config.Config) { c.Live.Ladder.Renditions = []int{95} }},
		{"live.ladder.renditions", func(c *config.Config) { c.Live.Ladder.Renditions = make([]int, 7) }},
		{"video.upload_max_bytes", func(c *config.Config) { c.Video.UploadMax = 1<<20 - 1 }},
		{"video.workers", func(c *config.Config) { c.Video.Workers = -1 }},
		{"public_url", func(c *config.Config) { c.PublicURL = "mall.example" }},
		{"trusted_proxies", func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.1"} }},
		{"outgoing.networks", func(c *config.Config) { c.Outgoing.Networks = []string{"10.0.0.1"} }},
		{"limits.connections", func(c *config.Config) { c.Limits.Connections = 0 }},
		{"limits.connections_per_address", func(c *config.Config) { c.Limits.PerAddress = 0 }},
		{"limits.patience", func(c *config.Config) { c.Limits.Patience = time.Second - 1 }},
		{"order.unpaid_max", func(c *config.Config) { c.Order.UnitsMax = -1 }},
		{"storage.reserve", func(c *config.Config) { c.Storage.Reserve = -1 }},
		{"video.open_bytes_max", func(c *config.Config) { c.Video.OwnerBytes = 1 << 20 }},
		{"backup.passphrase_file", func(c *config.Config) { c.Backup.To = "/srv/backup" }},
		{"backup.every", func(c *config.Config) { c.Backup.Every = time.Minute - 1 }},
		{"backup.keep_daily", func(c *config.Config) { c.Backup.KeepWeekly = -1 }},
		{"backup.dump", func(c *config.Config) {
			c.Backup.To, c.Backup.PassphraseFile, c.Database.URL = "/srv/backup", "/etc/passphrase", "mysql:x"
		}},
		{"", func(c *config.Config) { c.Backup.To, c.Backup.PassphraseFile = "/srv/backup", "/etc/passphrase" }},
		{"broker.url", func(c *config.Config) { c.Broker.URL = "redis://host:1" }},
		{"broker.url", func(c *config.Config) { c.Broker.URL = "amqp://user:secret@host:port/" }},
		{"broker.url", func(c *config.Config) { c.Broker.URL = "kafka://host" }},
		{"broker.url", func(c *config.Config) { c.Broker.URL = "kafka://user:secret@host:9092" }},
		{"broker.name", func(c *config.Config) { c.Broker.Name = "" }},
		{"events.keep", func(c *config.Config) { c.Events.Keep = -1 }},
		{"events.keep", func(c *config.Config) { c.Events.Keep = 30 * 24 * time.Hour }},
		{"", func(c *config.Config) { c.Events.Keep = 0 }},
		{"", func(c *config.Config) { c.Broker.URL = "amqps://user:secret@host/mall" }},
		{"", func(c *config.Config) { c.Broker.URL = "kafkas://a.example:9093,b.example:9093" }},
		{"outgoing.ports", func(c *config.Config) { c.Outgoing.Ports = []int{65536} }},
		{"", func(c *config.Config) { c.Outgoing.Networks, c.Outgoing.Ports = []string{"10.0.0.0/8"}, []int{0} }},
		{"", func(c *config.Config) { c.TrustedProxies = []string{"10.0.0.0/8", "::1/128"} }},
	} {
		cfg := config.Default()
		c.change(&cfg)
		err := cfg.Check()
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%v tells a secret", err)
		}
		if (err == nil) != (c.name == "") || err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("%v, want a word about %q", err, c.name)
		}
	}
}

func TestWhatFollowsFromSettings(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = "/srv/mall"
	for got, want := range map[string]string{
		cfg.DatabaseURL(): "sqlite:/srv/mall/hawker.db", cfg.MasterKeyPath(): "/srv/mall/keys/master.key",
		cfg.Path("media"):                         "/srv/mall/media",
		config.EnvName("live.ladder.max_streams"): "HAWKER_LIVE_LADDER_MAX_STREAMS",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	cfg.Database.URL = "mysql:x"
	if cfg.DatabaseURL() != "mysql:x" {
		t.Errorf("the database is %s", cfg.DatabaseURL())
	}
	for url, secure := range map[string]bool{"": false, "http://mall.example": false, "https://mall.example": true} {
		if cfg.PublicURL = url; cfg.Secure() != secure {
			t.Errorf("%q is secure: %v", url, cfg.Secure())
		}
	}
	cfg.TrustedProxies = []string{"10.1.2.3/8", "nonsense"}
	if got := cfg.TrustedNetworks(); len(got) != 1 || got[0].String() != "10.0.0.0/8" {
		t.Errorf("trusted are %v", got)
	}
}

func TestAFileThatCannotBeRead(t *testing.T) {
	for what, path := range map[string]string{
		"none":       filepath.Join(t.TempDir(), "none.yaml"),
		"no YAML":    write(t, "mall: [\n"),
		"not a time": write(t, "order:\n  pay_within: soon\n"),
		"impossible": write(t, "live:\n  part: 1h\n"),
	} {
		if got, err := config.Load(path); err == nil {
			t.Errorf("%s: %+v", what, got)
		}
	}
	t.Setenv("HAWKER_TEST_MYSQL", "is for the tests")
	if _, err := config.Load(""); err != nil {
		t.Errorf("a setting of the tests: %v", err)
	}
}
