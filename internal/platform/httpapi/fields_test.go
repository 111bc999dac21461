package httpapi_test

import (
	"context"
	"encoding/json"
	"regexp"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
)

type teaInput struct {
	Steep int `query:"steep" minimum:"1" required:"true"`
	Body  struct {
		Name   string    `json:"name" minLength:"2" maxLength:"4"`
		Leaf   string    `json:"leaf,omitempty" enum:"green,black"`
		Code   string    `json:"code,omitempty" pattern:"^[a-z]+$"`
		Cups   int       `json:"cups" minimum:"1" maximum:"9"`
		Share  float64   `json:"share,omitempty" exclusiveMinimum:"0" exclusiveMaximum:"1"`
		Guests []string  `json:"guests,omitempty" minItems:"1" maxItems:"2" uniqueItems:"true"`
		At     time.Time `json:"at,omitempty"`
		Iced   bool      `json:"iced,omitempty"`
		Pot    struct {
			Clay string `json:"clay,omitempty"`
		} `json:"pot,omitempty"`
	}
}

type tea struct{}

func (tea) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "tea-create", Method: "POST", Path: "/tea", Access: httpapi.Anyone, Status: 204, Summary: "Make tea",
	}, func(context.Context, *teaInput) (*httpapi.Empty, error) { return &httpapi.Empty{}, nil })
}

// Each thing that may be wrong with a field has a code of its own, and a text in the
// caller's language that says what was wanted.
func TestWhatIsWrongWithAField(t *testing.T) {
	t.Parallel()
	d := httpapitest.Open(t, clock.Real{}, httpapitest.Operations(tea{}))
	with := func(member, value string) []byte {
		members := map[string]string{"name": `"tea"`, "cups": "1"}
		members[member] = value
		out, comma := "{", ""
		for k, v := range members {
			if v != "" {
				out, comma = out+comma+`"`+k+`":`+v, ","
			}
		}
		return []byte(out + "}")
	}
	for _, c := range []struct {
		member, value, code, en, zh string
	}{
		{"name", `"t"`, "request.field_too_short", "At least 2 characters are needed.", "至少需要 2 个字符。"},
		{"name", `"teapot"`, "request.field_too_long", "At most 4 characters are taken.", "最多 4 个字符。"},
		{"name", "", "request.field_missing", "name is missing.", "缺少 name。"},
		{"name", "7", "request.not_string", "It must be a text.", "必须是文字。"},
		{"leaf", `"oolong"`, "request.not_one_of", "It must be one of: green, black.", "只能是以下之一：green, black。"},
		{"code", `"A1"`, "request.wrong_form", "It does not have the right form.", "格式不正确。"},
		{"cups", "0", "request.number_too_small", "It must be 1 or more.", "不能小于 1。"},
		{"cups", "10", "request.number_too_large", "It must be 9 or less.", "不能大于 9。"},
		{"cups", "1.5", "request.not_integer", "It must be a whole number.", "必须是整数。"},
		{"share", "0", "request.number_not_above", "It must be more than 0.", "必须大于 0。"},
		{"share", "1", "request.number_not_below", "It must be less than 1.", "必须小于 1。"},
		{"share", `"all"`, "request.not_number", "It must be a number.", "必须是数字。"},
		{"guests", "[]", "request.too_few_items", "At least 1 are needed.", "至少需要 1 项。"},
		{"guests", `["a","b","c"]`, "request.too_many_items", "At most 2 are taken.", "最多 2 项。"},
		{"guests", `["a","a"]`, "request.twice", "Something is in the list twice.", "列表中有重复项。"},
		{"guests", `"a"`, "request.not_list", "It must be a list.", "必须是列表。"},
		{"at", `"soon"`, "request.not_time", "It must be a time such as 2026-11-11T20:00:00Z.", ""},
		{"iced", `"yes"`, "request.not_boolean", "It must be true or false.", "只能是 true 或 false。"},
		{"pot", `"clay"`, "request.not_object", "It must be an object.", "必须是对象。"},
		{"milk", "true", "request.unknown_field", "There is no such field.", "没有这个字段。"},
	} {
		for language, want := range map[string]string{"en": c.en, "zh-CN": c.zh} {
			a := d.Fetch(id.User{}, "POST "+httpapi.Prefix+"/tea?steep=3", with(c.member, c.value), "Accept-Language",
				language)
			p := problemIn(t, a.Body)
			if a.Status != 422 || len(p.Errors) == 0 {
				t.Errorf("%s %s: %d %s", c.member, c.value, a.Status, a.Body)
				continue
			}
			if e := p.Errors[0]; e.Code != c.code || want != "" && e.Message != want {
				t.Errorf("%s: %s %s: %+v, want %s %q", language, c.member, c.value, e, c.code, want)
			}
		}
	}
}

// No sentence of a library reaches a caller, whatever is wrong where.
func TestNoFieldSpeaksAnotherLanguage(t *testing.T) {
	t.Parallel()
	d := httpapitest.Open(t, clock.Real{}, httpapitest.Operations(tea{}))
	english := regexp.MustCompile(`[a-z]{3,} [a-z]{2,}`)
	for _, c := range []struct{ query, body string }{
		{"", `{"name":"tea","cups":1}`},
		{"?steep=none", `{"name":"tea","cups":1}`},
		{"?steep=0", `{}`},
		{"?steep=3", `[]`},
		{"?steep=3", `{"name":null,"cups":[1]}`},
		{"?steep=99999999999999999999", `{"cups":-1}`},
	} {
		a := d.Fetch(id.User{}, "POST "+httpapi.Prefix+"/tea"+c.query, []byte(c.body), "Accept-Language", "zh-CN")
		p := problemIn(t, a.Body)
		if a.Status != 422 || len(p.Errors) == 0 {
			t.Errorf("%s %s: %d %s", c.query, c.body, a.Status, a.Body)
		}
		for _, e := range p.Errors {
			if e.Code == "" || e.Message == "" || e.Location == "" || english.MatchString(e.Message) {
				t.Errorf("%s %s: %+v", c.query, c.body, e)
			}
		}
	}
}

func problemIn(t *testing.T, body []byte) (p httpapi.Problem) {
	t.Helper()
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return p
}
