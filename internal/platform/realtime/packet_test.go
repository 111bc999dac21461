package realtime_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

func TestWhatIsSaidInOneMomentArrivesOnceAndInOrder(t *testing.T) {
	n, addr := serve(t)
	v := enter(t, addr)
	v.call(fmt.Sprintf(`"subscribe":{"channel":%q}`, room))
	const said = 500
	for i := range said {
		publish(t, n, i)
	}
	packets, next := 0, 0
	for next < said {
		list, _ := v.hear()
		var items []int
		if err := json.Unmarshal([]byte(list), &items); err != nil {
			t.Fatal(err)
		}
		for _, i := range items {
			if i != next {
				t.Fatalf("heard %d, want %d", i, next)
			}
			next++
		}
		packets++
	}
	if packets > said/20 {
		t.Errorf("%d messages came in %d packets", said, packets)
	}
}
