package humatext_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/danielgtaylor/huma/v2/validation"

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

// Each sentence that an input of ours may get is known: a new version of huma that says
// it otherwise is found out here.
func TestHumasSentencesAreKnown(t *testing.T) {
	t.Parallel()
	for _, message := range []string{
		validation.MsgUnexpectedProperty, validation.MsgExpectedRFC3339DateTime, validation.MsgExpectedRFC3339Date,
		validation.MsgExpectedBoolean, validation.MsgExpectedNumber, validation.MsgExpectedInteger,
		validation.MsgExpectedString, validation.MsgExpectedArray, validation.MsgExpectedObject,
		validation.MsgExpectedArrayItemsUnique, fmt.Sprintf(validation.MsgExpectedOneOf, "a, b"),
		fmt.Sprintf(validation.MsgExpectedMinimumNumber, 1), fmt.Sprintf(validation.MsgExpectedMaximumNumber, 1.5),
		fmt.Sprintf(validation.MsgExpectedExclusiveMinimumNumber, 0),
		fmt.Sprintf(validation.MsgExpectedExclusiveMaximumNumber, 0), fmt.Sprintf(validation.MsgExpectedMinLength, 1),
		fmt.Sprintf(validation.MsgExpectedMaxLength, 1), fmt.Sprintf(validation.MsgExpectedMinItems, 1),
		fmt.Sprintf(validation.MsgExpectedMaxItems, 1), fmt.Sprintf(validation.MsgExpectedMatchPattern, "^.$"),
		fmt.Sprintf(validation.MsgExpectedBePattern, "a colour"),
		fmt.Sprintf(validation.MsgExpectedRequiredProperty, "name"),
	} {
		if code, _ := humatext.Code(message); code == "request.invalid_field" {
			t.Errorf("nobody knows %q", message)
		}
	}
}
