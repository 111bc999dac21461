package app

// measure shows what an operator is woken for and no module counts.
func (a *App) measure() {
	a.metrics.Gauge("hawker_connections_refused", "HTTP connections that were too many, since the start.",
		func() float64 { return float64(a.refused()) })
	a.metrics.Gauge("hawker_panics", "Panics that were caught since the start.",
		func() float64 { return float64(a.guard.Panics()) })
	a.metrics.Gauge("hawker_access_refused", "Calls of signed-in people for what is not theirs, since the start.",
		func() float64 { return float64(a.refusals.Count()) })
	a.metrics.Gauge("hawker_disk_free_bytes", "What is free of the disk of the data folder.",
		func() float64 { return float64(a.reserve.Rest()) })
	a.metrics.Gauge("hawker_disk_reserve_bytes", "What of the disk is kept for the books.",
		func() float64 { return float64(a.cfg.Storage.Reserve) })
	a.engines.Measure(a.metrics)
}
