package amf_test

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hawker/internal/media/rtmp/amf"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want []any
		err  error
	}{
		"nothing":                    {"", nil, nil},
		"number":                     {"00 3ff0000000000000", []any{1.0}, nil},
		"booleans":                   {"01 01 01 00", []any{true, false}, nil},
		"string":                     {"02 0003 616263", []any{"abc"}, nil},
		"null, undefined, end":       {"05 06 0d 09", []any{nil, nil, nil, nil}, nil},
		"object":                     {"03 0001 61 0101 000009", []any{amf.Object{"a": true}}, nil},
		"object without end":         {"03 0001 61 0101", []any{amf.Object{"a": true}}, nil},
		"ECMA array":                 {"08 00000001 0001 61 0101 000009", []any{amf.Object{"a": true}}, nil},
		"ECMA array, lying count":    {"08 ffffffff 0001 61 0101 000009", []any{amf.Object{"a": true}}, nil},
		"ECMA array without end":     {"08 00000001 0001 61 0101", []any{amf.Object{"a": true}}, nil},
		"typed object":               {"10 0001 78 0001 61 0101 000009", []any{amf.Object{"a": true}}, nil},
		"strict array (fourCcList)":  {"0a 00000002 0101 02 0004 68766331", []any{[]any{true, "hvc1"}}, nil},
		"strict array, lying length": {"0a ffffffff 0101", nil, amf.ErrSize},
		"strict array, cut short":    {"0a 00000003 0101", nil, amf.ErrShort},
		"date":                       {"0b 3ff0000000000000 0000", []any{1.0}, nil},
		"long string":                {"0c 00000002 6869", []any{"hi"}, nil},
		"long string, lying length":  {"0c ffffffff 6869", nil, amf.ErrShort},
		"reference":                  {"07 0001 05", []any{nil, nil}, nil},
		"XML":                        {"0f 00000001 78", []any{"x"}, nil},
		"unknown type":               {"0101 77", []any{true}, amf.ErrType},
		"torn number":                {"05 00 3ff0", []any{nil}, amf.ErrShort},
		"too deep":                   {strings.Repeat("0a 00000001", 40) + "05", nil, amf.ErrDepth},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := amf.Decode(unhex(t, tt.in))
			if !errors.Is(err, tt.err) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestManyValuesAreRefused(t *testing.T) {
	_, err := amf.Decode(make([]byte, 9*5000)) // 5000 zeros as numbers
	if !errors.Is(err, amf.ErrSize) {
		t.Errorf("error %v", err)
	}
}

func TestRoundTrip(t *testing.T) {
	long := strings.Repeat("x", 70000)
	in := []any{
		"connect", 1.0,
		amf.Object{"app": "live", "n": 2.5, "ok": true, "o": amf.Object{}},
		nil, false,
		[]any{"a", 1.0},
		long,
	}
	out, err := amf.Decode(amf.Append(nil, in...))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, out); d != "" {
		t.Error(d)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"03 0001 61 0101 000009", "0a 00000002 0101 02 0004 68766331",
		"08 ffffffff 0001 61 0101", "11 0a",
	} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		values, err := amf.Decode(b)
		if err != nil {
			return
		}
		again, err := amf.Decode(amf.Append(nil, values...))
		if err != nil || len(again) != len(values) {
			t.Errorf("%v does not survive: %v, %v", values, again, err)
		}
	})
}
