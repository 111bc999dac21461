package lang_test

import (
	"encoding/json"
	"testing"

	"hawker/internal/base/lang"
)

func TestATextIsAnObject(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]lang.Text{
		`{"t":{}}`: nil, `{"t":{"en":"Mug","zh-CN":"杯"}}`: {lang.English: "Mug", lang.Chinese: "杯"},
	} {
		got, err := json.Marshal(struct {
			T lang.Text `json:"t"`
		}{text})
		if err != nil || string(got) != want {
			t.Errorf("%s, %v; want %s", got, err, want)
		}
	}
}
