package stream

// Callbacks are a program's rules as the engine asks and tells them. They usually
// need the engine themselves, so it is made first and opened with them.
type Callbacks struct {
	Admission Admission
	Observer  Observer // may be nil
	Playback  Playback // may be nil: everybody may play
	Store     Store
}

// Open lets publishers and players in, by the rules of c, in place of those of the
// Config. It comes before the first of them.
func (h *Hub) Open(c Callbacks) {
	h.cfg.Admission, h.cfg.Observer, h.cfg.Playback, h.cfg.Store = c.Admission, c.Observer, c.Playback, c.Store
}
