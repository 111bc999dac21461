package naming_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/naming"
)

func TestNamesAlike(t *testing.T) {
	t.Parallel()
	for _, alike := range [][]string{
		{"Blue Kiln", "blue-kiln", "BIue Ki1n", "BLUE KILN", "Вlue Кіln", "ｂｌｕｅ　ｋｉｌｎ", "Blue Kiln!"},
		{"青窑小铺", "青窑 小铺", "青窑·小铺"},
		{"🏺", "🏺"},
	} {
		for _, name := range alike {
			if naming.Key(name) != naming.Key(alike[0]) {
				t.Errorf("%q and %q are told apart", name, alike[0])
			}
		}
	}
	seen := map[string]string{}
	for _, name := range []string{"Blue Kiln", "Blue Kin", "青窑", "青瓷", "🏺", "🏸", "王小明", "王大明", "a1", "b1"} {
		if other, ok := seen[naming.Key(name)]; ok {
			t.Errorf("%q and %q are taken for one another", name, other)
		}
		seen[naming.Key(name)] = name
	}
}

func TestBrowsers(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120.0 Mobile " +
			"Safari/537.36": "Chrome · Android",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) AppleWebKit/605.1 Version/17.0 Safari/605.1":   "Safari · macOS",
		"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0":                     "Firefox · Linux",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.40": "WeChat · iPhone",
		"curl/8.5.0": "curl/8.5.0", "": "", "\x00\x1b evil": "", strings.Repeat("x", 200): strings.Repeat("x", 32),
	} {
		if got := naming.Browser(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

// FuzzClean: what is taken stays as it is when it is typed again, and has a length.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{"", " a  b ", "e\u0301", "\u202e", "ｗｉｄｅ", "\ufdfa", "a\u00a0b", "\u1e9b\u0323"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		name, err := naming.Clean(text)
		if fault.Code(err) == "account.bad_name" {
			return
		}
		again, err := naming.Clean(name)
		if err != nil || again != name || utf8.RuneCountInString(name) > naming.Max || name == "" {
			t.Errorf("%q is %q, and then %q, %v", text, name, again, err)
		}
		naming.Pretends(name, nil)
	})
}
