package config

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Broker says what carries events between processes; without an address the database does.
type Broker struct {
	URL  string `koanf:"url"`
	Name string `koanf:"name"`
}

// Events says for how long what a broker was told is kept, to be told again; without a
// broker nothing is.
type Events struct {
	Keep time.Duration `koanf:"keep"`
}

// eventsKeepMax is less than the mall's own consumers remember what they had.
const eventsKeepMax = 29 * 24 * time.Hour

var brokerName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,60}$`)

// RabbitMQ reports whether the broker is one.
func (b Broker) RabbitMQ() bool {
	u, err := url.Parse(b.URL)
	return err == nil && (u.Scheme == "amqp" || u.Scheme == "amqps") && u.Hostname() != ""
}

// Kafka gives the addresses of a cluster, and whether it is spoken to by TLS; none where
// the broker is something else.
func (b Broker) Kafka() (brokers []string, tls bool) {
	rest, clear := strings.CutPrefix(b.URL, "kafka://")
	if !clear {
		if rest, tls = strings.CutPrefix(b.URL, "kafkas://"); !tls {
			return nil, false
		}
	}
	for address := range strings.SplitSeq(rest, ",") {
		host, port, err := net.SplitHostPort(address)
		if err != nil || host == "" || port == "" || strings.ContainsAny(address, "@/ ") {
			return nil, false
		}
		brokers = append(brokers, address)
	}
	return brokers, tls
}

// checkBroker reports what cannot be, without what an address holds.
func (c Config) checkBroker(bad func(cond bool, format string, args ...any)) {
	brokers, _ := c.Broker.Kafka()
	bad(c.Broker.URL != "" && !c.Broker.RabbitMQ() && len(brokers) == 0, "broker.url is none of "+
		"amqp://user:password@host:port/vhost, amqps://…, kafka://host:port,host:port, kafkas://…")
	bad(c.Events.Keep < 0 || c.Events.Keep > eventsKeepMax, "events.keep must be 0 to %s", eventsKeepMax)
	bad(!brokerName.MatchString(c.Broker.Name), "broker.name must be of small letters, digits, dots and dashes")
}
