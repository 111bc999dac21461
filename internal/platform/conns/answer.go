package conns

import (
	"io"
	"net"
	"net/http"
)

// Answer is an answer that knows its status, and whose head goes out together with a body
// that comes in pieces.
type Answer struct {
	http.ResponseWriter
	conn   *Conn // nil where it is not this answer's alone
	status int
}

// Answering begins the answer to a request that has no body.
func Answering(w http.ResponseWriter, r *http.Request) *Answer {
	a := &Answer{ResponseWriter: w, conn: From(r.Context())}
	if a.conn != nil {
		a.conn.BodyOver() // of the request before, which nobody may have read
	}
	if r.TLS != nil || r.ProtoMajor > 1 {
		a.conn = nil // what is written there is no answer yet
	}
	return a
}

// Status is that of the answer; 0 as long as nothing was written.
func (a *Answer) Status() int { return a.status }

// Unwrap is for http.ResponseController.
func (a *Answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (a *Answer) WriteHeader(status int) {
	a.begin(status)
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *Answer) Write(p []byte) (int, error) {
	a.begin(http.StatusOK)
	return a.ResponseWriter.Write(p)
}

// ReadFrom implements io.ReaderFrom, best with net.Buffers.
func (a *Answer) ReadFrom(src io.Reader) (int64, error) {
	a.begin(http.StatusOK)
	to, ok := a.ResponseWriter.(io.ReaderFrom)
	if !ok {
		return io.Copy(a.ResponseWriter, src)
	}
	if _, pieces := src.(*net.Buffers); !pieces || a.conn == nil {
		return to.ReadFrom(src)
	}
	a.conn.hold()
	n, err := to.ReadFrom(src)
	if late := a.conn.release(); err == nil {
		err = late
	}
	return n, err
}

func (a *Answer) begin(status int) {
	if a.status == 0 {
		a.status = status
	}
}
