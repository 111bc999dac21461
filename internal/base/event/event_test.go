package event_test

import (
	"encoding/json"
	"testing"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
)

type placed struct {
	Order id.Order `json:"order"`
	Total int64    `json:"total"`
	Note  *string  `json:"note"`
}

// An event that an older or a newer program recorded is read: members that are not
// known are left out, those that are missing are nothing. What is no such event says
// so, and is not taken for an empty one.
func TestEventsOfOtherVersionsAreRead(t *testing.T) {
	t.Parallel()
	for payload, want := range map[string]*placed{
		`{"order":"ord_0000000000007","total":5}`:                {id.FromInt[id.Order](7), 5, nil},
		`{"order":"ord_0000000000007","total":5,"gift":{"a":1}}`: {id.FromInt[id.Order](7), 5, nil},
		`{"total":9223372036854775807}`:                          {id.Order{}, 1<<63 - 1, nil},
		`{"note":null}`:                                          {},
		`{"order":"usr_0000000000007"}`:                          nil,
		`{"total":"5"}`:                                          nil,
		`{"total":1.5}`:                                          nil,
		`[]`:                                                     nil,
		``:                                                       nil,
		`{"total":5`:                                             nil,
	} {
		got, err := event.Decode[placed](event.Envelope{Payload: json.RawMessage(payload)})
		if (err == nil) != (want != nil) || want != nil && got != *want {
			t.Errorf("%s: %+v, %v", payload, got, err)
		}
	}
}
