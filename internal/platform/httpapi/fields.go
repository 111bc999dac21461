package httpapi

import (
	"errors"

	"github.com/danielgtaylor/huma/v2"

	"hawker/internal/base/lang"
	"hawker/internal/platform/humatext"
)

// fieldErrors tells what is wrong with which place of the input.
func fieldErrors(errs []error, tag lang.Tag) (out []FieldError) {
	for _, err := range errs {
		var detail *huma.ErrorDetail
		if errors.As(err, &detail) {
			code, params := humatext.Code(detail.Message)
			out = append(out, FieldError{detail.Location, code, Translate(tag, code, params)})
		}
	}
	return out
}
