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

// EventDrafted tells that a clip of a show can be looked at and published.
const EventDrafted = "video.drafted"

// Drafted is that event.
type Drafted struct {
	Video   id.Video   `json:"video"`
	Shop    id.Shop    `json:"shop"`
	Room    id.Room    `json:"room"`
	Product id.Product `json:"product"`
}

// EventName implements event.Event.
func (Drafted) EventName() string { return EventDrafted }

// EventKey implements event.Event.
func (f Drafted) EventKey() string { return f.Video.String() }
