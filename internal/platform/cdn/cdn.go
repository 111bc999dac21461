// Package cdn puts the address of a CDN before addresses of pictures, as answers and news
// leave the program. Rows hold where a picture lies in the mall: products, rooms and people
// copy it, and a mall changes its CDN without touching them.
package cdn

import "bytes"

// Pictures is what stands before addresses of pictures; empty: nothing.
type Pictures string

// places are how a value begins that is the address of a picture: of a member that is called
// an address, or in a list of them. Inside a text there is a backslash before the quote, so
// what people write is no address, whatever it says.
func places() [][]byte {
	return [][]byte{[]byte(`url":"`), []byte(`["`), []byte(`,"`)}
}

const prefix = "/media/pictures/"

// At is where a picture is for everybody; what is no address of a picture stays.
func (p Pictures) At(path string) string {
	if p == "" || len(path) <= len(prefix) || path[:len(prefix)] != prefix {
		return path
	}
	return string(p) + path
}

// In gives JSON, as encoding/json writes it, in which pictures are where At says.
func (p Pictures) In(raw []byte) []byte {
	if p == "" || !bytes.Contains(raw, []byte(prefix)) {
		return raw
	}
	out := make([]byte, 0, len(raw)+len(raw)/4)
	for {
		at := bytes.Index(raw, []byte(prefix))
		if at < 0 {
			return append(out, raw...)
		}
		out = append(out, raw[:at]...)
		if address(out, raw[at+len(prefix):]) {
			out = append(out, p...)
		}
		out, raw = append(out, prefix...), raw[at+len(prefix):]
	}
}

// address tells whether a prefix between before and after is of an address.
func address(before, after []byte) bool {
	for _, place := range places() {
		if bytes.HasSuffix(before, place) {
			end := bytes.IndexByte(after, '"')
			return end > 0 && bytes.IndexFunc(after[:end], func(c rune) bool {
				return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '.'
			}) < 0
		}
	}
	return false
}
