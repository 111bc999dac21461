package video

import (
	"time"

	"hawker/internal/base/id"
)

// EventPublished tells that a film can be seen by everybody.
const EventPublished = "video.published"

// PublishedFact is that event.
type PublishedFact struct {
	Video   id.Video   `json:"video"`
	Author  id.User    `json:"author"`
	Shop    id.Shop    `json:"shop"`
	Product id.Product `json:"product"`
	At      time.Time  `json:"at"`
}

// EventName implements event.Event.
func (PublishedFact) EventName() string { return EventPublished }

// EventKey implements event.Event.
func (f PublishedFact) EventKey() string { return f.Video.String() }
