package conns

import (
	"io"
	"net/http"
)

// AwaitBody has the connection count how long a body that was announced is waited for,
// by whomever: an operation, a handler of its own kind, or the server, which reads what
// nobody asked for before it answers the next request. It stands before all others.
func AwaitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := From(r.Context())
		if c == nil {
			next.ServeHTTP(w, r)
			return
		}
		if r.Body == nil || r.Body == http.NoBody {
			c.BodyOver() // of the request before, which nobody may have read
			next.ServeHTTP(w, r)
			return
		}
		if r.ProtoMajor >= 2 { // others share the connection
			r.Body = c.Body(r.Body, http.NewResponseController(w).SetReadDeadline)
			next.ServeHTTP(w, r)
			return
		}
		c.AwaitBody()
		r.Body = &awaited{r.Body, c}
		next.ServeHTTP(w, r)
	})
}

// awaited notes the end of a body: from then on a read only waits for the caller to leave.
type awaited struct {
	io.ReadCloser
	conn *Conn
}

func (b *awaited) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.conn.BodyOver()
	}
	return n, err
}
