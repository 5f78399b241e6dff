package bus_test

import (
	"errors"
	"strings"
	"testing"

	"upgradehub/events/bus"
)

// TestIntakeOf: one upgrade's messages after a position, to the end there is
// now, and no other's.
func TestIntakeOf(t *testing.T) {
	b := open(t, bus.Config{Dir: t.TempDir()})
	var seqs []uint64
	for _, subject := range []string{"upgrades.a.upgrade.started", "upgrades.b.upgrade.started", "upgrades.a.phase.started", "upgrades.ab.upgrade.paused", "upgrades.a.upgrade.paused"} {
		seq, err := b.Publish(t.Context(), subject, nil, []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, seq)
	}
	for _, tt := range []struct {
		of    string
		after uint64
		want  string
	}{
		{"a", 0, "upgrade.started phase.started upgrade.paused"},
		{"a", seqs[0], "phase.started upgrade.paused"},
		{"a", seqs[4], ""},
		{"b", 0, "upgrade.started"},
		{"b", seqs[1], ""},
		{"nobody", 0, ""},
	} {
		var got []string
		err := b.IntakeOf(t.Context(), tt.of, tt.after, func(m *bus.IntakeMessage) error {
			got = append(got, strings.TrimPrefix(m.Subject, "upgrades."+tt.of+"."))
			if m.Seq <= tt.after || m.Stored.IsZero() || m.Stream.IsZero() {
				t.Errorf("message %+v of %s after %d", m, tt.of, tt.after)
			}
			return nil
		})
		if s := strings.Join(got, " "); err != nil || s != tt.want {
			t.Errorf("of %s after %d: %q, %v, want %q", tt.of, tt.after, s, err, tt.want)
		}
	}
	enough := errors.New("enough")
	if err := b.IntakeOf(t.Context(), "a", 0, func(*bus.IntakeMessage) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v, want what handle returned", err)
	}
}
