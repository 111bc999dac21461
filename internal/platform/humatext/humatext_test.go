package humatext_test

import (
	"maps"
	"testing"

	"hawker/internal/platform/humatext"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]struct {
		code   string
		params map[string]string
	}{
		"expected length >= 8": {"request.field_too_short", map[string]string{"min": "8"}},
		`expected value to be one of "all, held"`: {
			"request.not_one_of",
			map[string]string{"allowed": "all, held"},
		},
		"expected required property name to be present": {"request.field_missing", map[string]string{"field": "name"}},
		"required header parameter is missing":          {"request.parameter_missing", nil},
		"expected string to match pattern ^[a-z]+$":     {"request.wrong_form", nil},
		"a sentence that nobody knows":                  {"request.invalid_field", nil},
		"":                                              {"request.invalid_field", nil},
	} {
		if code, params := humatext.Code(message); code != want.code || !maps.Equal(params, want.params) {
			t.Errorf("%q is %s %v", message, code, params)
		}
	}
}
