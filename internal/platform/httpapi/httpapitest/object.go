package httpapitest

import (
	"fmt"
	"strconv"
	"strings"
)

// Object is a JSON object of an answer.
type Object map[string]any

// At is what stands at a path of keys and positions, "items.0.price.amount"; nil
// where there is nothing.
func (o Object) At(path string) any {
	var v any = map[string]any(o)
	for key := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[key]
		case []any:
			n, err := strconv.Atoi(key)
			if err != nil || n < 0 || n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

// Text is the string at a path, "" where there is none.
func (o Object) Text(path string) string {
	s, _ := o.At(path).(string)
	return s
}

// Int is the number at a path, 0 where there is none.
func (o Object) Int(path string) int64 {
	n, _ := o.At(path).(float64)
	return int64(n)
}

// List is the list at a path, as objects.
func (o Object) List(path string) (out []Object) {
	list, _ := o.At(path).([]any)
	for _, v := range list {
		m, _ := v.(map[string]any)
		out = append(out, m)
	}
	return out
}

// Show writes what stands at paths, for comparing several at once:
// "2 paid false".
func (o Object) Show(paths ...string) string {
	words := make([]string, len(paths))
	for i, p := range paths {
		words[i] = fmt.Sprint(o.At(p))
	}
	return strings.Join(words, " ")
}
