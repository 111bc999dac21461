package rtmp

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"hawker/internal/media/rtmp/amf"
)

// link is this side's connection to a server that has agreed to what was asked of it.
type link struct {
	conn net.Conn
	from *inbound
	in   *chunkReader
	out  *chunkWriter
}

// link connects to rtmp[s]://host[:port]/app/name[?query] and asks for one thing, which the server
// answers by a status. ctx limits the connecting only.
func (d Dialer) link(ctx context.Context, rawURL string, ask func(name string) []any) (*link, error) {
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
	from := &inbound{conn: conn}
	l := &link{conn: conn, from: from, in: newChunkReader(from), out: newChunkWriter(conn)}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	err = l.start(app, u.Scheme+"://"+u.Host+"/"+app, ask(name))
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return l, nil
}

func (l *link) start(app, tcURL string, ask []any) error {
	if err := l.conn.SetDeadline(time.Now().Add(clientTimeout)); err != nil {
		return err
	}
	if err := clientHandshake(l.in.r, l.conn); err != nil {
		return err
	}
	if err := l.out.setSize(clientChunk); err != nil {
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
		{mediaStream, "onStatus", ask},
	}
	for _, s := range steps {
		err := l.out.write(csCommand, Message{Type: typeCommand, StreamID: s.stream, Payload: amf.Append(nil,
			s.values...)})
		if err == nil {
			err = l.out.flush()
		}
		if err == nil {
			err = l.expect(s.want)
		}
		if err != nil {
			return err
		}
	}
	return l.conn.SetDeadline(time.Time{})
}

// expect reads up to a command of that name and fails if it brings bad news.
func (l *link) expect(name string) error {
	for {
		m, err := l.in.read()
		if err != nil {
			return fmt.Errorf("waiting for %s: %w", name, err)
		}
		if m.Type != typeCommand && m.Type != typeCommandAMF3 {
			continue
		}
		got, _, err := newsOf(m)
		if err != nil {
			return err
		}
		if got == name {
			return nil
		}
	}
}

// newsOf is the name of a server's command and the code that stands in it. Bad news is ErrRefused.
func newsOf(m Message) (name, code string, err error) {
	values, _ := amf.Decode(amfBody(m)) // values before a mistake are good
	if len(values) == 0 {
		return "", "", nil
	}
	name, _ = values[0].(string)
	level := ""
	for _, v := range values {
		if o, ok := v.(amf.Object); ok {
			level, _ = o["level"].(string)
			code, _ = o["code"].(string)
		}
	}
	if name == "_error" || level == "error" {
		return name, code, fmt.Errorf("%w: %s", ErrRefused, code)
	}
	return name, code, nil
}
