package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"

	"hawker/internal/media/rtmp/amf"
)

const (
	clientChunk   = 64 << 10
	clientTimeout = 10 * time.Second
	defaultPort   = "1935"

	defaultTLSPort = "443"
)

// ErrRefused is a server that does not let this client publish or play.
var ErrRefused = errors.New("rtmp: refused")

// Client publishes one stream: for demo rooms, relays, load and tests. Its
// Write methods are called from one goroutine.
type Client struct {
	*link
	done chan struct{}
	once sync.Once
}

// Dialer makes clients. The zero value trusts the machine's authorities, and calls any
// address: for whatever a user names, Connect has to judge it.
type Dialer struct {
	TLS     *tls.Config // for rtmps
	Connect func(ctx context.Context, network, address string) (net.Conn, error)
}

// Dial connects with the zero Dialer.
func Dial(ctx context.Context, rawURL string) (*Client, error) { return Dialer{}.Dial(ctx, rawURL) }

// Dial connects to rtmp[s]://host[:port]/app/name[?query] and starts publishing.
// ctx limits the connecting only.
func (d Dialer) Dial(ctx context.Context, rawURL string) (*Client, error) {
	l, err := d.link(ctx, rawURL, func(name string) []any { return []any{"publish", 3, nil, name, "live"} })
	if err != nil {
		return nil, err
	}
	c := &Client{link: l, done: make(chan struct{})}
	go c.drain()
	return c, nil
}

func (d Dialer) connect(ctx context.Context, u *url.URL) (net.Conn, error) {
	connect := d.Connect
	if connect == nil {
		connect = (&net.Dialer{Timeout: clientTimeout}).DialContext
	}
	host := func(port string) string {
		if u.Port() != "" {
			return u.Host
		}
		return net.JoinHostPort(u.Hostname(), port)
	}
	switch u.Scheme {
	case "rtmp":
		return connect(ctx, "tcp", host(defaultPort))
	case "rtmps":
		conn, err := connect(ctx, "tcp", host(defaultTLSPort))
		if err != nil {
			return nil, err
		}
		return d.shake(ctx, conn, u.Hostname())
	}
	return nil, fmt.Errorf("rtmp url %q: want rtmp or rtmps", u.Redacted())
}

// shake makes a connection one of TLS with the server that was named.
func (d Dialer) shake(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if d.TLS != nil {
		settings = d.TLS.Clone()
	}
	if settings.ServerName == "" {
		settings.ServerName = host
	}
	ctx, cancel := context.WithTimeout(ctx, clientTimeout)
	defer cancel()
	secure := tls.Client(conn, settings)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return secure, nil
}

// Port is where an address leads: the one that it names, or the one of its scheme.
func Port(u *url.URL) (int, error) {
	text := u.Port()
	switch {
	case text != "":
	case u.Scheme == "rtmps":
		text = defaultTLSPort
	default:
		text = defaultPort
	}
	return strconv.Atoi(text)
}

// drain reads what the server has to say so that its writes never stall.
func (c *Client) drain() {
	defer close(c.done)
	for {
		if _, err := c.in.read(); err != nil {
			return
		}
	}
}

// Done is closed when the connection has ended.
func (c *Client) Done() <-chan struct{} { return c.done }

// WriteMetadata sends onMetaData.
func (c *Client) WriteMetadata(o map[string]any) error {
	return c.send(csAudio, Message{
		Type: typeData, StreamID: mediaStream,
		Payload: amf.Append(nil, "@setDataFrame", "onMetaData", amf.Object(o)),
	})
}

// WriteVideo sends the body of an FLV video tag.
func (c *Client) WriteVideo(ts uint32, body []byte) error {
	return c.send(csVideo, Message{Type: typeVideo, StreamID: mediaStream, Timestamp: ts, Payload: body})
}

// WriteAudio sends the body of an FLV audio tag.
func (c *Client) WriteAudio(ts uint32, body []byte) error {
	return c.send(csAudio, Message{Type: typeAudio, StreamID: mediaStream, Timestamp: ts, Payload: body})
}

func (c *Client) send(chunkStream byte, m Message) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	if err := c.out.write(chunkStream, m); err != nil {
		return err
	}
	return c.out.flush()
}

// Close says goodbye and closes the connection.
func (c *Client) Close() error {
	var err error
	c.once.Do(func() {
		_ = c.send(csCommand, Message{Type: typeCommand, Payload: amf.Append(nil, "deleteStream", 4, nil, mediaStream)})
		err = c.conn.Close()
		<-c.done
	})
	return err
}

// Cut closes the connection without a word, as a lost network does.
func (c *Client) Cut() {
	c.once.Do(func() {
		_ = c.conn.Close()
		<-c.done
	})
}
