package ingest

import (
	"upgradehub/events"
	"upgradehub/events/bus"
)

// chained is the next link of the hash chain over the facts. The chain begins
// with the log's identity, which its first fact states.
func (b *batch) chained(f bus.Fact) []byte {
	prev := b.meta.Link
	if b.meta.Seq == 0 {
		id := b.meta.Log
		if d, ok := f.Event.Data.(*events.LogOpened); ok {
			id = d.Log
		}
		prev = bus.Genesis(id)
	}
	return bus.Link(prev, f.Seq, f.Subject, f.Raw)
}
