package amqp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	amqp091 "github.com/rabbitmq/amqp091-go"
)

// link is a connection.
type link struct {
	socket net.Conn
	conn   *amqp091.Connection
	ch     *amqp091.Channel // confirms what is published
}

const (
	dialWithin  = 10 * time.Second
	closeWithin = 2 * time.Second
	heartbeat   = 10 * time.Second
)

// Check says whether an address can be one; what is wrong is told without what it holds.
func Check(url string) error {
	if _, err := amqp091.ParseURI(url); err != nil {
		return errors.New("no address of RabbitMQ; want amqp://user:password@host:port/vhost, or amqps")
	}
	return nil
}

// connect gives the connection that stands at, made anew when it was lost. All that was
// declared is there then, even at a broker that has forgotten.
func (c *Carrier) connect(ctx context.Context, at **link) (*link, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l := *at; l != nil && !l.conn.IsClosed() && !l.ch.IsClosed() {
		return l, nil
	}
	if *at != nil {
		(*at).close()
		*at = nil
	}
	l, err := c.open(ctx)
	c.note(err)
	if err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	*at = l
	return l, nil
}

func (c *Carrier) open(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	l := &link{}
	var err error
	l.conn, err = amqp091.DialConfig(c.o.URL, amqp091.Config{
		Heartbeat: heartbeat, Properties: amqp091.Table{"connection_name": c.o.Name},
		Dial: func(network, addr string) (net.Conn, error) {
			var d net.Dialer
			socket, err := d.DialContext(ctx, network, addr)
			if err == nil {
				l.socket = socket
				err = socket.SetDeadline(time.Now().Add(dialWithin))
			}
			return socket, err
		},
	})
	if err != nil {
		l.cut()
		return nil, err
	}
	defer context.AfterFunc(ctx, l.cut)()
	if l.ch, err = l.conn.Channel(); err == nil {
		err = errors.Join(l.ch.Confirm(false), c.topology(l.ch))
	}
	if err != nil {
		l.cut()
		return nil, err
	}
	return l, nil
}

// cut ends a connection whose other end may not answer.
func (l *link) cut() {
	if l.socket != nil {
		_ = l.socket.Close()
	}
}

func (l *link) close() {
	_ = l.conn.CloseDeadline(time.Now().Add(closeWithin))
	l.cut()
}
