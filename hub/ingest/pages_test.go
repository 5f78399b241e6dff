package ingest_test

import (
	"testing"

	"upgradehub/events"
)

// owePage adds what is owed for a cause to those up to a person.
func (l *logbook) owePage(cause uint64, upto string, n events.Notice) uint64 {
	seq := l.owe(cause, n)
	l.facts[len(l.facts)-1].Event.Data.(*events.NoticeOwed).Upto = upto
	return seq
}

func (l *logbook) page(cause uint64, after, upto string) uint64 {
	return l.add(events.Event{
		ID: events.PageID(cause, after), Source: "hub", Type: events.TypeNoticePage, Upgrade: "pg16", Time: l.at(), Recorded: l.at(),
		Data: &events.NoticePage{Cause: cause, After: after, Upto: upto},
	})
}

func TestPages(t *testing.T) {
	started := mail(events.MomentStarted)
	tests := []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"the first page alone", func(l *logbook) { l.owePage(9, "b", started) }, "started>a, started>b"},
		{"all pages", func(l *logbook) {
			l.owePage(9, "b", started)
			l.page(9, "b", "c")
			l.page(9, "c", "")
		}, "started>a, started>b, started>c, started>d"},
		{"a page that was made already", func(l *logbook) {
			l.owePage(9, "b", started)
			l.page(9, "b", "c")
			l.add(events.Event{
				ID: "again", Source: "hub", Type: events.TypeNoticePage, Upgrade: "pg16", Data: &events.NoticePage{Cause: 9, After: "b"},
			})
		}, "started>a, started>b, started>c"},
		{"a page of nothing", func(l *logbook) { l.page(9, "b", "") }, ""},
		{"not who came after it was decided", func(l *logbook) {
			l.owePage(9, "b", started)
			l.subscribe("bb", "email", "users")
			l.page(9, "b", "")
		}, "started>a, started>b, started>c, started>d"},
		{"not who left meanwhile", func(l *logbook) {
			l.owePage(9, "b", started)
			l.own(events.SubscriberRemoved, "", &events.Subscriber{Subscriber: "c"})
			l.page(9, "b", "")
		}, "started>a, started>b, started>d"},
		{"not when it is overtaken meanwhile", func(l *logbook) {
			l.owePage(9, "b", started)
			l.owe(10, mail(events.MomentCompleted))
			l.page(9, "b", "")
		}, "started>a superseded, started>b superseded, completed>a, completed>b, completed>c, completed>d"},
		{"not when it is superseded meanwhile", func(l *logbook) {
			l.owePage(9, "b", started)
			l.own(events.TypeNoticeSuperseded, "pg16", &events.NoticeSuperseded{Notice: "n9-0", Why: "moved"})
			l.page(9, "b", "")
		}, "started>a superseded, started>b superseded"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			for _, id := range []string{"a", "b", "c", "d"} {
				l.subscribe(id, "email", "users")
			}
			tt.facts(l)
			s := l.fold(0)
			if got := summary(t, s); got != tt.want {
				t.Errorf("owed %q\nwant %q", got, tt.want)
			}
			if one := l.fold(1); digest(t, one) != digest(t, s) {
				t.Error("fact by fact makes other tables")
			}
		})
	}
}

func TestNextPage(t *testing.T) {
	l := newLogbook(t)
	for _, id := range []string{"a", "b", "c", "d"} {
		l.subscribe(id, "email", "users")
	}
	seq := l.owePage(9, "b", mail(events.MomentStarted))
	s := l.fold(0)
	p, ok, err := s.NextPage(t.Context())
	if err != nil || !ok || p.Cause != 9 || p.After != "b" || p.Seq != seq || p.Upgrade != "pg16" || p.OwedAt.IsZero() {
		t.Errorf("NextPage() = %+v, %v, %v", p, ok, err)
	}
	for size, want := range map[int]string{1: "a", 3: "c", 4: "", 9: ""} {
		if got, err := s.PageEnd(t.Context(), []string{"users", "nobody"}, "", size); err != nil || got != want {
			t.Errorf("PageEnd(%d) = %q, %v, want %q", size, got, err, want)
		}
	}
	if got, err := s.PageEnd(t.Context(), []string{"users"}, "b", 1); err != nil || got != "c" {
		t.Errorf("PageEnd after b = %q, %v, want c", got, err)
	}
}
