// Package humatext knows the sentences in which huma says what is wrong with a field:
// they are English, with what was wanted in them. Here each has a code, and what was
// wanted by name, so that a text in every language can say it. And it names the types of
// the description as callers see them.
package humatext

import (
	"regexp"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2/validation"
)

// Code is what a sentence means, request.invalid_field where that is not known, with
// what was wanted. The value that offended is never in it: it may be a password.
func Code(message string) (code string, params map[string]string) {
	for _, f := range findings() {
		found := f.pattern.FindStringSubmatch(message)
		if found == nil {
			continue
		}
		params = map[string]string{}
		for i, name := range f.params {
			params[name] = found[i+1]
		}
		return f.code, params
	}
	return "request.invalid_field", nil
}

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
