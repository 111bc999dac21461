package conns

import (
	"io"
	"time"
)

// Body is a body that shares its connection with others, as in HTTP/2: it has to come in
// its own time, whatever the others do.
type Body struct {
	io.ReadCloser
	reads pace
}

// Body counts how long reads of a body wait; set moves their deadline.
func (c *Conn) Body(body io.ReadCloser, set func(time.Time) error) *Body {
	b := &Body{ReadCloser: body}
	b.reads = pace{patience: c.reads.patience, rate: readRate, set: set}
	b.reads.begin()
	return b
}

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	w := b.reads.start(0)
	n, err := b.ReadCloser.Read(p)
	b.reads.finish(w, n)
	if err == io.EOF {
		b.reads.end()
	}
	return n, err
}
