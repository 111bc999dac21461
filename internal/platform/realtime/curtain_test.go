package realtime_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestWhatWasSaidBehindTheCurtainStaysThere: neither who was in the channel before, nor
// who makes up a place in its history, nor who comes in that moment hears of it.
func TestWhatWasSaidBehindTheCurtainStaysThere(t *testing.T) {
	n, addr := serve(t)
	subscribe := fmt.Sprintf(`"subscribe":{"channel":%q}`, room)
	early, staff := enter(t, addr), enter(t, addr)
	epoch := early.call(subscribe).Subscribe.Epoch
	staff.call(subscribe)
	publish(t, n, "public")
	_, offset := early.hear()
	staff.hear()
	early.conn.Close()
	for _, word := range []string{"secret one", "secret two", "secret three"} { // some of it waits in a packet
		publish(t, n, word)
	}
	lift := n.Curtain(room)
	if r := enter(t, addr).call(subscribe); r.Error == nil || r.Error.Code != 111 || r.Subscribe != nil {
		t.Errorf("somebody comes in while it is drawn: %+v", r)
	}
	publish(t, n, "secret four")
	if err := lift(); err != nil {
		t.Fatal(err)
	}
	if err := lift(); err != nil { // twice is once
		t.Fatal(err)
	}
	back := enter(t, addr)
	r := back.call(fmt.Sprintf(`"subscribe":{"channel":%q,"recover":true,"offset":%d,"epoch":%q}`, room, offset,
		epoch)).Subscribe
	if r == nil || r.Recovered || len(r.Publications) != 0 {
		t.Errorf("who was there before is handed %+v", r)
	}
	made := enter(t, addr).call(fmt.Sprintf(`"subscribe":{"channel":%q,"recover":true,"offset":0,"epoch":""}`, room))
	if made.Error == nil || made.Subscribe != nil {
		t.Errorf("a place without a history's name is taken: %+v", made)
	}
	fresh := enter(t, addr)
	fresh.call(subscribe)
	publish(t, n, "open")
	if text, _ := fresh.hear(); text != `["open"]` {
		t.Errorf("a newcomer hears %s first", text)
	}
	var all []string
	for len(all) < 5 { // who was there all along heard everything, however it was packed
		text, _ := staff.hear()
		var items []string
		if err := json.Unmarshal([]byte(text), &items); err != nil {
			t.Fatal(err)
		}
		all = append(all, items...)
	}
	if got := strings.Join(all, ", "); got != "secret one, secret two, secret three, secret four, open" {
		t.Errorf("who was there heard %s", got)
	}
}
