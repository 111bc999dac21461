package lang_test

import (
	"testing"

	"hawker/internal/base/lang"
)

func TestALineCanBeRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"王小明": true, "O'Neil": true, "می\u200cخواهم": true, "👩\u200d👩\u200d👧": true, "é": true, "e\u0301": true,
		"🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": true, "한글": true, " 空 ": true,
		"": false, "  ": false, "\u200b": false, "\u3164": false, "\u2800": false, "\ufeff": false, "\u200d": false,
		"\u202egnp": false, "a\u2066b": false, "a\nb": false, "a\x00b": false, "\a": false, "a\u2028b": false,
		"a\u200bb": false, "\u0301": false, "\xff": false, "\u00a0": false, "\u3000": false,
	} {
		if got := lang.Line(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
