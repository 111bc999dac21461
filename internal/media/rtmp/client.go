package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
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

// ErrRefused is a server that does not let this client publish.
var ErrRefused = errors.New("rtmp: publishing refused")

// Client publishes one stream: for demo rooms, relays, load and tests. Its
// Write methods are called from one goroutine.
type Client struct {
	conn net.Conn
	in   *chunkReader
	out  *chunkWriter
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
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("rtmp url: %w", err)
	}
	app, name, ok := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if !ok || app == "" || name == "" {
		return nil, fmt.Errorf("rtmp url %q: want rtmp://host/app/name", u.Redacted())
	}
	if u.RawQuery != "" {
		name += "?" + u.RawQuery
	}
	conn, err := d.connect(ctx, u)
	if err != nil {
		return nil, err
	}
	c := &Client{conn: conn, in: newChunkReader(conn), out: newChunkWriter(conn), done: make(chan struct{})}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err = c.start(app, name, u.Scheme+"://"+u.Host+"/"+app)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
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

func (c *Client) start(app, name, tcURL string) error {
	if err := c.conn.SetDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	if err := clientHandshake(c.in.r, c.conn); err != nil {
		return err
	}
	if err := c.out.setSize(clientChunk); err != nil {
		return err
	}
	steps := []struct {
		stream uint32
		want   string
		values []any
	}{
		{0, "_result", []any{"connect", 1, amf.Object{
			"app": app, "type": "nonprivate", "flashVer": "FMLE/3.0",
			"tcUrl": tcURL,
		}}},
		{0, "_result", []any{"createStream", 2, nil}},
		{mediaStream, "onStatus", []any{"publish", 3, nil, name, "live"}},
	}
	for _, s := range steps {
		err := c.out.write(csCommand, Message{Type: typeCommand, StreamID: s.stream, Payload: amf.Append(nil,
			s.values...)})
		if err == nil {
			err = c.out.flush()
		}
		if err == nil {
			err = c.expect(s.want)
		}
		if err != nil {
			return err
		}
	}
	return c.conn.SetDeadline(time.Time{})
}

// expect reads up to a command of that name and fails if it brings bad news.
func (c *Client) expect(name string) error {
	for {
		m, err := c.in.read()
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", name, err)
		}
		if m.Type != typeCommand && m.Type != typeCommandAMF3 {
			continue
		}
		values, _ := amf.Decode(amfBody(m))
		if len(values) == 0 {
			continue
		}
		got, _ := values[0].(string)
		level, code := "", ""
		for _, v := range values {
			if o, ok := v.(amf.Object); ok {
				level, _ = o["level"].(string)
				code, _ = o["code"].(string)
			}
		}
		if got == "_error" || level == "error" {
			return fmt.Errorf("%w: %s", ErrRefused, code)
		}
		if got == name {
			return nil
		}
	}
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
