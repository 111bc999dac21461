// Package amf reads and writes AMF0, the value format of RTMP commands and
// metadata. It is tolerant by design: encoders in the field send strict arrays,
// ECMA arrays without an end mark and values no server asks for, and none of
// that is a reason to lose a publisher. What it does not know it skips, and
// what is cut short ends the list of values that were whole.
//
// Source: Adobe, Action Message Format AMF 0, 2007.
package amf

import (
	"encoding/binary"
	"errors"
	"math"
)

// Object is an AMF object or ECMA array. The order of its keys is not kept.
type Object map[string]any

// Errors of this package.
var (
	ErrShort = errors.New("amf: cut short")
	ErrDepth = errors.New("amf: nested too deep")
	ErrType  = errors.New("amf: unknown type")
	ErrSize  = errors.New("amf: too many values")
)

const (
	tNumber      = 0x00
	tBoolean     = 0x01
	tString      = 0x02
	tObject      = 0x03
	tNull        = 0x05
	tUndefined   = 0x06
	tReference   = 0x07
	tECMAArray   = 0x08
	tObjectEnd   = 0x09
	tStrictArray = 0x0a
	tDate        = 0x0b
	tLongString  = 0x0c
	tUnsupported = 0x0d
	tXML         = 0x0f
	tTyped       = 0x10

	depthMax  = 16
	valuesMax = 4096 // of one message, so that a lying array length costs nothing
)

type decoder struct {
	b      []byte
	values int
}

// Decode reads all values of a message. On an error it still gives the values
// before it, which is what tolerant callers use.
func Decode(b []byte) ([]any, error) {
	d := decoder{b: b}
	var out []any
	for len(d.b) > 0 {
		v, err := d.value(0)
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (d *decoder) take(n int) ([]byte, error) {
	if n > len(d.b) {
		return nil, ErrShort
	}
	p := d.b[:n]
	d.b = d.b[n:]
	return p, nil
}

func (d *decoder) value(depth int) (any, error) {
	if depth > depthMax {
		return nil, ErrDepth
	}
	if d.values++; d.values > valuesMax {
		return nil, ErrSize
	}
	t, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch t[0] {
	case tNumber:
		return d.number()
	case tBoolean:
		p, err := d.take(1)
		return err == nil && p[0] != 0, err
	case tString:
		return d.text(2)
	case tLongString, tXML:
		return d.text(4)
	case tNull, tUndefined, tUnsupported, tObjectEnd:
		return nil, nil
	case tReference:
		_, err := d.take(2)
		return nil, err
	case tDate:
		v, err := d.number()
		if err == nil {
			_, err = d.take(2)
		}
		return v, err
	default:
		return d.compound(t[0], depth)
	}
}

func (d *decoder) compound(t byte, depth int) (any, error) {
	switch t {
	case tObject:
		return d.object(depth)
	case tECMAArray: // the count is a hint and often wrong: the end mark rules
		if _, err := d.take(4); err != nil {
			return nil, err
		}
		return d.object(depth)
	case tTyped:
		if _, err := d.text(2); err != nil {
			return nil, err
		}
		return d.object(depth)
	case tStrictArray:
		return d.strictArray(depth)
	}
	return nil, ErrType
}

func (d *decoder) number() (float64, error) {
	p, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(p)), nil
}

func (d *decoder) text(lengthSize int) (string, error) {
	p, err := d.take(lengthSize)
	if err != nil {
		return "", err
	}
	n := int(p[0])<<8 | int(p[1])
	if lengthSize == 4 {
		n = int(binary.BigEndian.Uint32(p))
	}
	s, err := d.take(n)
	return string(s), err
}

// object reads pairs up to the end mark, or up to the end of the message: some
// encoders leave the mark out.
func (d *decoder) object(depth int) (Object, error) {
	o := Object{}
	for len(d.b) > 0 {
		if len(d.b) >= 3 && d.b[0] == 0 && d.b[1] == 0 && d.b[2] == tObjectEnd {
			d.b = d.b[3:]
			return o, nil
		}
		k, err := d.text(2)
		if err != nil {
			return o, err
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return o, err
		}
		o[k] = v
	}
	return o, nil
}

func (d *decoder) strictArray(depth int) ([]any, error) {
	p, err := d.take(4)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(p)
	if n > valuesMax {
		return nil, ErrSize
	}
	var out []any
	for range n {
		v, err := d.value(depth + 1)
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}
