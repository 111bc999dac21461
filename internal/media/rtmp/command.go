package rtmp

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"unicode"

	"hawker/internal/media/rtmp/amf"
)

const defaultInstance = "_definst_"

// call is one command of the peer.
type call struct {
	name string
	id   float64
	args []any // after the transaction id
}

func (c call) text(i int) string {
	if i < len(c.args) {
		if s, ok := c.args[i].(string); ok {
			return s
		}
	}
	return ""
}

// command obeys what it knows. What it does not know is no reason to part.
func (s *session) command(ctx context.Context, b []byte) error {
	values, _ := amf.Decode(b) // values before a mistake are good
	if len(values) == 0 {
		return nil
	}
	var c call
	c.name, _ = values[0].(string)
	if len(values) > 1 {
		c.id, _ = values[1].(float64)
		c.args = values[2:]
	}
	switch c.name {
	case "connect":
		return s.connect(c)
	case "createStream":
		return s.reply(c, nil, float64(mediaStream))
	case "releaseStream", "_checkbw":
		return s.reply(c, nil, nil)
	case "FCPublish":
		return errors.Join(s.reply(c, nil, nil), s.notify("onFCPublish", "NetStream.Publish.Start", c.text(1)))
	case "publish":
		return s.publish(ctx, c)
	case "FCUnpublish", "closeStream", "deleteStream":
		if s.playing != nil {
			return errLeft
		}
		return s.unpublish(c)
	case "getStreamLength", "FCSubscribe":
		return s.reply(c, nil, 0)
	case "play", "play2":
		return s.play(ctx, c)
	}
	return nil
}

func (s *session) send(chunkStream byte, streamID uint32, values ...any) error {
	return s.out.write(chunkStream, Message{Type: typeCommand, StreamID: streamID, Payload: amf.Append(nil, values...)})
}

func (s *session) reply(c call, values ...any) error {
	return s.send(csCommand, 0, append([]any{"_result", c.id}, values...)...)
}

func (s *session) status(level, code, description string) error {
	return s.send(csStatus, mediaStream, "onStatus", 0, nil,
		amf.Object{"level": level, "code": code, "description": description})
}

func (s *session) notify(name, code, description string) error {
	return s.send(csCommand, 0, name, 0, nil, amf.Object{"code": code, "description": description})
}

func (s *session) connect(c call) error {
	if len(c.args) > 0 {
		if o, ok := c.args[0].(amf.Object); ok {
			s.request.App, _ = o["app"].(string)
			tc, _ := o["tcUrl"].(string)
			_, s.enhanced = o["fourCcList"]
			if u, err := url.Parse(tc); err == nil {
				s.tcQuery = u.RawQuery
			}
		}
	}
	err := errors.Join(
		s.out.write(csControl, Message{Type: typeWindowAckSize, Payload: be32(windowDefault)}),
		s.out.write(csControl, Message{Type: typePeerBandwidth, Payload: append(be32(windowDefault), 2)}),
		s.out.setSize(chunkOut),
	)
	if err != nil {
		return err
	}
	info := amf.Object{
		"level": "status", "code": "NetConnection.Connect.Success", "description": "connected",
		"objectEncoding": 0,
	}
	if s.enhanced { // nobody else is told: old encoders choke on arrays
		info["fourCcList"] = []any{"avc1", "hvc1", "av01", "mp4a", "Opus"}
		info["videoFourCcInfoMap"] = amf.Object{"avc1": canForward, "hvc1": canForward, "av01": canForward}
		info["audioFourCcInfoMap"] = amf.Object{"mp4a": canForward, "Opus": canForward}
		info["capsEx"] = capsModEx
	}
	return s.reply(c, amf.Object{"fmsVer": "FMS/3,0,1,123", "capabilities": 31}, info)
}

// publish asks the handler. A refusal is told as NetStream.Publish.BadName,
// which encoders show, without the reason, which is for the log.
func (s *session) publish(ctx context.Context, c call) error {
	if s.sink != nil || s.playing != nil {
		return protocolError("publish while publishing or playing")
	}
	sink, err := s.srv.Handler.Publish(ctx, s.named(c.text(1)), s.kick)
	if err != nil {
		return errors.Join(s.status("error", "NetStream.Publish.BadName", "publishing refused"), err)
	}
	s.sink = sink
	s.in.widen()
	s.in.missing = &s.from.missing
	return errors.Join(s.begin(), s.status("status", "NetStream.Publish.Start", "publishing"))
}

// begin is the user control message for a stream that begins.
func (s *session) begin() error { return s.userControlEvent(eventBegin) }

func (s *session) userControlEvent(event byte) error {
	return s.out.write(csControl, Message{Type: typeUserControl, Payload: append([]byte{0, event},
		be32(mediaStream)...)})
}

// named is the request for a stream of that name, which may have a query.
func (s *session) named(name string) PublishRequest {
	name, query, _ := strings.Cut(name, "?")
	app, appQuery, _ := strings.Cut(s.request.App, "?")
	r := s.request
	r.App, r.Name = placed(app, name)
	r.Query = url.Values{}
	for _, q := range []string{query, appQuery, s.tcQuery} {
		v, err := url.ParseQuery(q)
		if err != nil {
			continue
		}
		for k, list := range v {
			if !r.Query.Has(k) { // the first value counts: the name's own
				r.Query[k] = list
			}
		}
	}
	return r
}

// placed cleans what people paste: blanks and line ends about a name, the instance that Flash
// servers called _definst_, and a whole address where the application belongs, without a name.
func placed(app, name string) (string, string) {
	clean := func(s string) string { return strings.TrimFunc(s, func(c rune) bool { return c == '/' || !seen(c) }) }
	app, name = clean(app), clean(name)
	app = strings.TrimSuffix(strings.Replace(app, "/"+defaultInstance+"/", "/", 1), "/"+defaultInstance)
	if rest, ok := strings.CutPrefix(name, defaultInstance+"/"); ok {
		name = rest
	}
	if at := strings.IndexByte(app, '/'); name == "" && at >= 0 {
		app, name = app[:at], app[at+1:]
	}
	return app, name
}

// seen is a rune that may stand at an end of a name: neither a blank nor what nobody sees.
func seen(c rune) bool { return unicode.IsGraphic(c) && !unicode.IsSpace(c) }

// unpublish ends the publication; the connection may stay and publish again.
func (s *session) unpublish(c call) error {
	if s.sink == nil {
		return nil
	}
	s.sink.Close(errLeft)
	s.sink = nil
	s.from.publishes(false)
	if c.name == "FCUnpublish" {
		return s.notify("onFCUnpublish", "NetStream.Unpublish.Success", c.text(1))
	}
	return s.status("status", "NetStream.Unpublish.Success", "stopped")
}
