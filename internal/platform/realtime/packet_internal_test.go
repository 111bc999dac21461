package realtime

import (
	"encoding/json"
	"testing"
)

// TestAChannelThatSendsSlowlyHoldsUpNoOther has one channel's send wait while
// another is published to.
func TestAChannelThatSendsSlowlyHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	sending, release, sent := make(chan struct{}), make(chan struct{}), make(chan string, 8)
	p := newPackets(func(channel string, packet []byte) error {
		if channel == "slow" {
			close(sending)
			<-release
		}
		sent <- channel + string(packet)
		return nil
	}, func(channel string, err error) { t.Errorf("%s: %v", channel, err) })
	done := make(chan error, 2)
	go func() { done <- p.add("slow", json.RawMessage("1")) }()
	<-sending
	go func() { done <- p.add("slow", json.RawMessage("2")) }() // waits for the first
	if err := p.add("quick", json.RawMessage("3")); err != nil {
		t.Fatal(err)
	}
	if got := <-sent; got != "quick[3]" {
		t.Errorf("sent %s first", got)
	}
	close(release)
	for range 2 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	p.close()
	if err := p.add("quick", json.RawMessage("4")); err != nil {
		t.Error(err)
	}
}
