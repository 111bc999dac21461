// Package config reads the settings of an installation: defaults, then a YAML
// file, then the environment (HAWKER_ and the setting's name in capitals), then
// what the command line says. deploy/hawker.yaml explains each and is kept equal
// to the defaults by a test.
package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"

	"hawker/internal/base/money"
)

// Config is every setting.
type Config struct {
	Data      string `koanf:"data"`
	HTTP      string `koanf:"http"`
	RTMP      string `koanf:"rtmp"`
	PublicURL string `koanf:"public_url"`
	// TrustedProxies are networks whose word about a caller's address is taken.
	TrustedProxies []string `koanf:"trusted_proxies"`
	// DemoAnywhere lets demo accounts, whose password is known, be reached from elsewhere.
	DemoAnywhere bool `koanf:"demo_anywhere"`

	HTTPS        HTTPS        `koanf:"https"`
	Accounts     Accounts     `koanf:"accounts"`
	Mail         Mail         `koanf:"mail"`
	Outgoing     Outgoing     `koanf:"outgoing"`
	Limits       Limits       `koanf:"limits"`
	Storage      Storage      `koanf:"storage"`
	Objects      Objects      `koanf:"objects"`
	Media        Media        `koanf:"media"`
	CDN          CDN          `koanf:"cdn"`
	Metrics      Metrics      `koanf:"metrics"`
	Backup       Backup       `koanf:"backup"`
	Database     Database     `koanf:"database"`
	Redis        Redis        `koanf:"redis"`
	Broker       Broker       `koanf:"broker"`
	Node         Node         `koanf:"node"`
	Edge         Edge         `koanf:"edge"`
	Events       Events       `koanf:"events"`
	Log          Log          `koanf:"log"`
	Telemetry    Telemetry    `koanf:"telemetry"`
	Mall         Mall         `koanf:"mall"`
	Order        Order        `koanf:"order"`
	Distribution Distribution `koanf:"distribution"`
	Payment      Payment      `koanf:"payment"`
	Live         Live         `koanf:"live"`
	Video        Video        `koanf:"video"`
}

// Database says where rows are kept.
type Database struct {
	URL string `koanf:"url"`
}

// Redis says where nodes share limits, leases and channels. Empty: one node has its own.
type Redis struct {
	URL string `koanf:"url"`
}

// Log says what is written to standard error.
type Log struct {
	Level  string `koanf:"level"`
	Format string `koanf:"format"`
}

// Mall names the installation.
type Mall struct {
	Name     string         `koanf:"name"`
	Currency money.Currency `koanf:"currency"`
	TimeZone string         `koanf:"time_zone"`
	Shipping int64          `koanf:"shipping"`
}

// Order holds the clocks of an order.
type Order struct {
	PayWithin     time.Duration `koanf:"pay_within"`
	PayDealWithin time.Duration `koanf:"pay_deal_within"`
	ReceiveWithin time.Duration `koanf:"receive_within"`
	UnpaidMax     int           `koanf:"unpaid_max"`
	UnitsMax      int64         `koanf:"unpaid_units_max"`
	PerMinute     int           `koanf:"placed_per_minute"`
	VerifiedEmail bool          `koanf:"verified_email"`
}

// Distribution holds the rules of commissions.
type Distribution struct {
	Levels    int               `koanf:"levels"`
	Level1    money.BasisPoints `koanf:"level1_bp"`
	Level2    money.BasisPoints `koanf:"level2_bp"`
	Level3    money.BasisPoints `koanf:"level3_bp"`
	Fee       money.BasisPoints `koanf:"fee_bp"`
	BindFor   time.Duration     `koanf:"bind_for"`
	AfterSale time.Duration     `koanf:"after_sale"`
}

// Payment says how money comes in.
type Payment struct {
	Sandbox     bool   `koanf:"sandbox"`
	SandboxAddr string `koanf:"sandbox_addr"`
}

// Live holds the settings of live streams.
type Live struct {
	OpenPublish  bool          `koanf:"open_publish"`
	Part         time.Duration `koanf:"part"`
	StreamsMax   int           `koanf:"streams_max"`
	FFmpeg       string        `koanf:"ffmpeg"`
	HookSecret   string        `koanf:"hook_secret"`
	SRSHLS       string        `koanf:"srs_hls"`
	NginxHLS     string        `koanf:"nginx_hls"`
	SRSPull      string        `koanf:"srs_pull"`
	NginxPull    string        `koanf:"nginx_pull"`
	SRSAPI       string        `koanf:"srs_api"`
	NginxControl string        `koanf:"nginx_control"`
	EdgeRTMP     string        `koanf:"edge_rtmp"`
	RTMPS        string        `koanf:"rtmps"`
	TLSCert      string        `koanf:"tls_cert"`
	TLSKey       string        `koanf:"tls_key"`
	WebRTCUDP    string        `koanf:"webrtc_udp"`
	WebRTCTCP    string        `koanf:"webrtc_tcp"`
	WebRTCIPs    []string      `koanf:"webrtc_ips"`
	Ladder       Ladder        `koanf:"ladder"`
}

// Ladder says what smaller renditions are made of rooms that want them.
type Ladder struct {
	Renditions []int `koanf:"renditions"` // by the shorter side of the picture
	StreamsMax int   `koanf:"max_streams"`
}

// Video holds the limits of uploads.
type Video struct {
	UploadMax   int64         `koanf:"upload_max_bytes"`
	OwnerBytes  int64         `koanf:"open_bytes_max"`
	TotalBytes  int64         `koanf:"open_bytes_total"`
	DurationMax time.Duration `koanf:"duration_max"`
	Workers     int           `koanf:"workers"`
}

// Default is an installation that nobody has configured.
func Default() Config {
	return Config{
		Data: "data", HTTP: "127.0.0.1:8080", RTMP: "127.0.0.1:1935", TrustedProxies: []string{},
		HTTPS:    HTTPS{Domains: []string{}},
		Outgoing: Outgoing{Ports: []int{443, 1935, 1936}, Networks: []string{}},
		Storage:  Storage{Reserve: 1 << 30},
		Backup:   Backup{Every: 24 * time.Hour, KeepDaily: 7, KeepWeekly: 4},
		Limits:   Limits{Connections: 16384, PerAddress: 4096, Patience: 20 * time.Second},
		Accounts: Accounts{
			Registration: "open", SessionIdle: 7 * 24 * time.Hour, SessionMax: 30 * 24 * time.Hour,
			Reproof: 10 * time.Minute, SecondFactor: "optional",
		},
		Mail:    Mail{Security: "starttls"},
		Objects: Objects{Region: "us-east-1"}, Media: Media{Referers: []string{}},
		Broker: Broker{Name: "hawker"},
		Node:   Node{Roles: []string{}},
		Edge:   Edge{Memory: 256 << 20},
		Events: Events{Keep: 7 * 24 * time.Hour},
		Log:    Log{Level: "info", Format: "text"}, Telemetry: Telemetry{Sample: 0.1, Service: "hawker"},
		Mall: Mall{Name: "Hawker", Currency: "CNY", TimeZone: "Asia/Shanghai"},
		Order: Order{
			PayWithin: 15 * time.Minute, PayDealWithin: 3 * time.Minute,
			ReceiveWithin: 10 * 24 * time.Hour, UnpaidMax: 5, UnitsMax: 99, PerMinute: 30,
		},
		Distribution: Distribution{
			Levels: 2, Level1: 1000, Level2: 300, Fee: 200, BindFor: 365 * 24 * time.Hour,
			AfterSale: 7 * 24 * time.Hour,
		},
		Payment: Payment{Sandbox: true, SandboxAddr: "127.0.0.1:8090"},
		Live: Live{
			Part: 333 * time.Millisecond, StreamsMax: 200, FFmpeg: "ffmpeg", WebRTCUDP: "127.0.0.1:0",
			WebRTCIPs: []string{}, Ladder: Ladder{Renditions: []int{720, 480, 360}},
		},
		Video: Video{
			UploadMax: 500 << 20, OwnerBytes: 2 << 30, TotalBytes: 20 << 30, DurationMax: 5 * time.Minute, Workers: 1,
		},
	}
}

const (
	prefix    = "HAWKER_"
	tag       = "koanf"
	delimiter = "."
)

// Load reads the settings; path may be empty.
func Load(path string) (Config, error) {
	k := koanf.New(delimiter)
	if err := k.Load(structs.Provider(Default(), tag), nil); err != nil {
		return Config{}, err
	}
	known, lists := map[string]string{}, map[string]bool{}
	for _, key := range k.Keys() {
		known[EnvName(key)] = key
		lists[key] = reflect.TypeOf(k.Get(key)).Kind() == reflect.Slice
	}
	if path != "" {
		if err := loadFile(k, path, known); err != nil {
			return Config{}, err
		}
	}
	var strange []string
	provider := env.Provider(delimiter, env.Opt{Prefix: prefix, TransformFunc: func(name, value string) (string, any) {
		key, ok := known[name]
		if !ok {
			if !strings.HasPrefix(name, prefix+"TEST_") { // settings of the tests, not of the program
				strange = append(strange, name)
			}
			return "", nil
		}
		if lists[key] {
			return key, strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		}
		return key, value
	}})
	if err := k.Load(provider, nil); err != nil {
		return Config{}, err
	}
	if len(strange) > 0 {
		return Config{}, fmt.Errorf("the environment has settings that do not exist: %s", strings.Join(strange, ", "))
	}
	var c Config
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, err
	}
	return c, c.Check()
}

// EnvName is the name of a setting in the environment.
func EnvName(key string) string {
	return prefix + strings.ToUpper(strings.ReplaceAll(key, delimiter, "_"))
}

// loadFile reads a file over the defaults. A section or a setting with nothing in it
// says nothing.
func loadFile(k *koanf.Koanf, path string, known map[string]string) error {
	f := koanf.New(delimiter)
	if err := f.Load(file.Provider(path), yaml.Parser()); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	var unknown []string
	for _, key := range f.Keys() {
		switch {
		case f.Get(key) == nil:
			f.Delete(key)
		case known[EnvName(key)] != key:
			unknown = append(unknown, key)
		}
	}
	if len(unknown) > 0 {
		return fmt.Errorf("%s has settings that do not exist: %s", path, strings.Join(unknown, ", "))
	}
	return k.Merge(f)
}

// Check reports all settings that cannot be.
func (c Config) Check() error {
	var errs []error
	bad := func(cond bool, format string, args ...any) {
		if cond {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	_, zone := time.LoadLocation(c.Mall.TimeZone)
	bad(zone != nil, "mall.time_zone %q is unknown", c.Mall.TimeZone)
	bad(!c.Mall.Currency.Valid(), "mall.currency %q is no ISO 4217 code", c.Mall.Currency)
	bad(c.Order.PayWithin < time.Second, "order.pay_within must be at least 1s")
	bad(c.Order.PayDealWithin < time.Second, "order.pay_deal_within must be at least 1s")
	bad(c.Order.ReceiveWithin < time.Second, "order.receive_within must be at least 1s")
	bad(c.Distribution.Levels < 0 || c.Distribution.Levels > 3,
		"distribution.levels must be 0 to 3; more is against the law in many places")
	bad(c.Distribution.AfterSale < 0 || c.Distribution.BindFor < 0, "distribution durations must not be negative")
	d := c.Distribution
	bad(min(d.Level1, d.Level2, d.Level3) < 0 || max(d.Level1, d.Level2, d.Level3) > 5000 ||
		d.Level1+d.Level2+d.Level3 > 5000, "distribution rates must be 0 to 5000 basis points together")
	bad(d.Fee < 0 || d.Fee > 5000, "distribution.fee_bp must be 0 to 5000 basis points")
	bad(c.Mall.Shipping < 0, "mall.shipping must not be negative")
	bad(c.Live.StreamsMax < 0, "live.streams_max must not be negative")
	bad(c.Video.DurationMax < time.Second, "video.duration_max must be at least 1s")
	bad(c.Live.Part < 100*time.Millisecond || c.Live.Part > 2*time.Second, "live.part must be 100ms to 2s")
	bad(c.Live.Ladder.StreamsMax < 0, "live.ladder.max_streams must not be negative")
	bad(slices.ContainsFunc(c.Live.Ladder.Renditions, func(n int) bool {
		return n < 96 ||
			n > 4320
	}), "live.ladder.renditions must be 96 to 4320 lines each")
	bad(len(c.Live.Ladder.Renditions) > 6, "live.ladder.renditions may be 6 at the most")
	bad(c.Video.UploadMax < 1<<20, "video.upload_max_bytes must be at least 1 MiB")
	bad(c.Video.Workers < 0, "video.workers must not be negative")
	bad(!publicAddress(c.PublicURL), "public_url must be an http or https address")
	c.checkDoors(bad)
	c.checkHTTPS(bad)
	c.checkPeople(bad)
	c.checkBackup(bad)
	c.checkBroker(bad)
	c.checkNode(bad)
	c.checkObjects(bad)
	c.checkCDN(bad)
	c.checkTelemetry(bad)
	return errors.Join(errs...)
}

// publicAddress reports whether a text can be where the world reaches us; none says
// nothing.
func publicAddress(text string) bool {
	u, err := url.Parse(text)
	return text == "" || err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}

// TrustedNetworks are the networks of trusted proxies; Check has read them.
func (c Config) TrustedNetworks() []netip.Prefix { return networks(c.TrustedProxies) }

// DatabaseURL is the configured database, or the file in the data folder.
func (c Config) DatabaseURL() string {
	if c.Database.URL != "" {
		return c.Database.URL
	}
	return "sqlite:" + filepath.Join(c.Data, "hawker.db")
}

// Secure reports whether the public address is https.
func (c Config) Secure() bool {
	u, err := url.Parse(c.PublicURL)
	return err == nil && u.Scheme == "https"
}

// MasterKeyPath is where the key that seals personal data lies.
func (c Config) MasterKeyPath() string { return filepath.Join(c.Data, "keys", "master.key") }

// Path is a folder below the data folder.
func (c Config) Path(name string) string { return filepath.Join(c.Data, name) }
