package lang_test

import (
	"testing"

	"hawker/internal/base/lang"
)

func TestTheLanguageOfACaller(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]lang.Tag{
		"": lang.Chinese, "zh-CN,zh;q=0.9,en;q=0.8": lang.Chinese, "en-GB,en;q=0.9": lang.English, "EN": lang.English,
		"fr-FR, en;q=0.7, zh;q=0.5": lang.English, "fr, de": lang.Chinese, " zh-Hant-TW ": lang.Chinese,
		";;,,": lang.Chinese,
	} {
		if got := lang.Match(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestATextIsShownInWhatThereIs(t *testing.T) {
	t.Parallel()
	both, one := lang.Text{lang.Chinese: "茶", lang.English: "Tea"}, lang.Text{lang.English: "Tea"}
	for _, c := range []struct {
		text lang.Text
		tag  lang.Tag
		want string
	}{
		{both, lang.Chinese, "茶"},
		{both, lang.English, "Tea"},
		{both, "fr", "茶"},
		{one, lang.Chinese, "Tea"},
		{lang.Text{lang.Chinese: "", lang.English: "Tea"}, lang.Chinese, "Tea"},
		{nil, lang.English, ""},
	} {
		if got := c.text.In(c.tag); got != c.want {
			t.Errorf("%v in %s: %q, want %q", c.text, c.tag, got, c.want)
		}
	}
}
