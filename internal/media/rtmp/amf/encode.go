package amf

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Append encodes values at the end of b: float64, int, bool, string, nil,
// Object and []any. Any other type is a mistake of the caller and panics.
func Append(b []byte, values ...any) []byte {
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, tNull)
	case int:
		return appendNumber(b, float64(v))
	case float64:
		return appendNumber(b, v)
	case bool:
		if v {
			return append(b, tBoolean, 1)
		}
		return append(b, tBoolean, 0)
	case string:
		return appendString(b, v)
	case Object:
		b = append(b, tObject)
		for _, k := range slices.Sorted(maps.Keys(v)) {
			b = binary.BigEndian.AppendUint16(b, uint16(min(len(k), math.MaxUint16)))
			b = append(b, k[:min(len(k), math.MaxUint16)]...)
			b = appendValue(b, v[k])
		}
		return append(b, 0, 0, tObjectEnd)
	case []any:
		b = append(b, tStrictArray)
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		return Append(b, v...)
	}
	panic(fmt.Sprintf("amf: cannot encode %T", v))
}

func appendNumber(b []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, tNumber), math.Float64bits(f))
}

func appendString(b []byte, s string) []byte {
	if len(s) > math.MaxUint16 {
		b = binary.BigEndian.AppendUint32(append(b, tLongString), uint32(len(s)))
		return append(b, s...)
	}
	b = binary.BigEndian.AppendUint16(append(b, tString), uint16(len(s)))
	return append(b, s...)
}
