package httpapi

import (
	"errors"
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"hawker/internal/base/lang"
)

// What huma finds wrong with a field it says in English, with what it wanted in the
// sentence. Here each sentence is known by its pattern: it has a code, and its text in
// every language with what was wanted.

// finding is a sentence of huma's.
type finding struct {
	pattern *regexp.Regexp // each group is one of params
	code    string
	params  []string
}

// findings lists the sentences that an input may get, those with numbers first.
var findings = sync.OnceValue(func() []finding {
	out := []finding{
		sentence(validation.MsgExpectedMinLength, "request.field_too_short", "min"),
		sentence(validation.MsgExpectedMaxLength, "request.field_too_long", "max"),
		sentence(validation.MsgExpectedMinItems, "request.too_few_items", "min"),
		sentence(validation.MsgExpectedMaxItems, "request.too_many_items", "max"),
		sentence(validation.MsgExpectedMinimumNumber, "request.number_too_small", "min"),
		sentence(validation.MsgExpectedExclusiveMinimumNumber, "request.number_not_above", "min"),
		sentence(validation.MsgExpectedMaximumNumber, "request.number_too_large", "max"),
		sentence(validation.MsgExpectedExclusiveMaximumNumber, "request.number_not_below", "max"),
		sentence(validation.MsgExpectedOneOf, "request.not_one_of", "allowed"),
		sentence(validation.MsgExpectedRequiredProperty, "request.field_missing", "field"),
	}
	for message, code := range map[string]string{
		"required query parameter is missing": "request.parameter_missing", // as of header, path and cookie
		validation.MsgUnexpectedProperty:      "request.unknown_field",
		validation.MsgExpectedBoolean:         "request.not_boolean",
		validation.MsgExpectedInteger:         "request.not_integer",
		validation.MsgExpectedNumber:          "request.not_number",
		validation.MsgExpectedString:          "request.not_string", validation.MsgExpectedArray: "request.not_list",
		validation.MsgExpectedObject: "request.not_object", validation.MsgExpectedArrayItemsUnique: "request.twice",
		validation.MsgExpectedRFC3339DateTime: "request.not_time",
		validation.MsgExpectedRFC3339Date:     "request.not_date",
	} {
		out = append(out, sentence(message, code))
	}
	return append(out,
		finding{
			regexp.MustCompile(`^required (?:header|cookie|path) parameter is missing$`),
			"request.parameter_missing", nil,
		},
		sentence(validation.MsgExpectedMatchPattern, "request.wrong_form"),
		sentence(validation.MsgExpectedBePattern, "request.wrong_form"))
})

// sentence makes the pattern of a format.
func sentence(format, code string, params ...string) finding {
	pattern := regexp.QuoteMeta(format)
	for _, verb := range []string{"%v", "%d", "%s"} {
		pattern = strings.ReplaceAll(pattern, verb, "(.+)")
	}
	return finding{regexp.MustCompile("^" + pattern + "$"), code, params}
}

// fieldError tells what is wrong with one place of the input. The offending value is
// left out: it may be a password.
func fieldError(detail *huma.ErrorDetail, tag lang.Tag) FieldError {
	for _, f := range findings() {
		found := f.pattern.FindStringSubmatch(detail.Message)
		if found == nil {
			continue
		}
		params := map[string]string{}
		for i, name := range f.params {
			params[name] = found[i+1]
		}
		return FieldError{Location: detail.Location, Code: f.code, Message: Translate(tag, f.code, params)}
	}
	return FieldError{
		Location: detail.Location, Code: "request.invalid_field", Message: Translate(tag, "request.invalid_field", nil),
	}
}

func fieldErrors(errs []error, tag lang.Tag) (out []FieldError) {
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			out = append(out, fieldError(detail, tag))
		}
	}
	return out
}
