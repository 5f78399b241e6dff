package ingest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/hub/store"
)

// mail is a notice to the users by mail.
func mail(m events.Moment) events.Notice {
	return events.Notice{Moment: m, Audience: "users", Role: "users", Channel: "email"}
}

// chat is a notice to the team on Slack.
func chat(m events.Moment, f events.Form) events.Notice {
	return events.Notice{Moment: m, Audience: "team", Role: "teams", Channel: "slack", Form: f}
}

// summary is every delivery in short, oldest cause first: moment>subscriber
// and its state unless it is pending.
func summary(t testing.TB, s *store.Store) string {
	t.Helper()
	rows, err := s.Deliveries(t.Context(), store.DeliveryFilter{})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b store.LedgerRow) int {
		return strings.Compare(fmt.Sprint(100+a.Cause, a.Form, a.Moment, a.Subscriber), fmt.Sprint(100+b.Cause, b.Form, b.Moment, b.Subscriber))
	})
	var words []string
	for _, r := range rows {
		w := string(r.Moment) + ">" + r.Subscriber
		if r.Form != events.FormMessage {
			w += "/" + string(r.Form)
		}
		if r.State != store.Pending {
			w += " " + r.State
		}
		words = append(words, w)
	}
	return strings.Join(words, ", ")
}

func TestOwedIsExpanded(t *testing.T) {
	tests := []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"to everybody of the audience and channel", func(l *logbook) {
			l.subscribe("a", "email", "users")
			l.subscribe("b", "email", "users", "team")
			l.subscribe("c", "email", "team")
			l.subscribe("d", "webhook", "users")
			l.owe(9, mail(events.MomentStarted))
		}, "started>a, started>b"},
		{"to nobody twice for one cause", func(l *logbook) {
			l.subscribe("a", "email", "users", "team")
			team := mail(events.MomentPhase)
			team.Audience = "team"
			l.owe(9, mail(events.MomentStarted), team)
		}, "started>a"},
		{"what may not be dropped first", func(l *logbook) {
			l.subscribe("a", "email", "users", "team")
			team := mail(events.MomentMoved)
			team.Audience, team.Required = "team", true
			l.owe(9, mail(events.MomentStarted), team)
		}, "moved>a"},
		{"a root message and one reply", func(l *logbook) {
			l.subscribe("s", "slack", "team")
			l.owe(9, chat(events.MomentUpdate, events.FormThread), chat(events.MomentStatus, events.FormRoot), chat(events.MomentOverdue, events.FormBroadcast))
		}, "overdue>s/broadcast, status>s/root"},
		{"to the named people only", func(l *logbook) {
			for _, name := range []string{"@lead", "@dba", ""} {
				l.own(events.SubscriberConfirmed, "", &events.Subscriber{Subscriber: "p" + name, Channel: "email", Audiences: []string{"users"}, Name: name})
			}
			n := mail(events.MomentStarted)
			n.People = []string{"@dba", "@nobody"}
			l.owe(9, n)
		}, "started>p@dba"},
		{"to those who want this upgrade", func(l *logbook) {
			for _, up := range []string{"pg16", "pg17"} {
				l.own(events.SubscriberConfirmed, "", &events.Subscriber{Subscriber: up, Channel: "email", Audiences: []string{"users"}, Upgrades: []string{up}})
			}
			l.owe(9, mail(events.MomentStarted))
		}, "started>pg16"},
		{"only to the confirmed", func(l *logbook) {
			l.own(events.SubscriberRequested, "", &events.Subscriber{Subscriber: "r", Channel: "email", Audiences: []string{"users"}})
			l.owe(9, mail(events.MomentStarted))
		}, ""},
		{"not to those who come later", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.subscribe("a", "email", "users")
		}, ""},
		{"not to those who left", func(l *logbook) {
			l.subscribe("a", "email", "users")
			l.subscribe("b", "email", "users")
			l.own(events.SubscriberRemoved, "", &events.Subscriber{Subscriber: "a"})
			l.owe(9, mail(events.MomentStarted))
		}, "started>b"},
		{"once, also when the notice comes again", func(l *logbook) {
			l.subscribe("a", "email", "users")
			l.owe(9, mail(events.MomentStarted))
			l.owe(9, mail(events.MomentStarted))
		}, "started>a"},
		{"to those who want its system, a component visitors see, or another", func(l *logbook) {
			p, internal := samplePlan(), false
			p.Components = []plan.Component{{ID: "db", Name: "Database"}, {ID: "secret", Name: "Secret", Public: &internal}}
			l.tool(events.UpgradePlanned, &events.Planned{Plan: p})
			for id, d := range map[string]events.Subscriber{
				"system": {Systems: []string{"postgres"}}, "elsewhere": {Systems: []string{"mail"}, Components: []string{"mail/db"}},
				"component": {Components: []string{"postgres/db"}}, "hidden": {Components: []string{"postgres/secret"}},
			} {
				d.Subscriber, d.Channel, d.Audiences = id, "email", []string{"users"}
				l.own(events.SubscriberConfirmed, "", &d)
			}
			l.owe(9, mail(events.MomentStarted))
		}, "started>component, started>system"},
		{"to those who want the kind", func(l *logbook) {
			for _, kind := range []events.Kind{events.KindAll, events.KindChanges, events.KindEnds} {
				l.own(events.SubscriberConfirmed, "", &events.Subscriber{
					Subscriber: "k" + string(kind), Channel: "email", Audiences: []string{"users"}, Kind: kind,
				})
			}
			asked := mail(events.MomentStarted)
			asked.Asked = true
			l.owe(8, asked)
			l.owe(9, mail(events.MomentMoved))
			l.owe(10, mail(events.MomentCompleted))
		}, "started>kends superseded, moved>k, moved>kchanges, completed>k, completed>kends"},
		{"of digests the newest, for each audience and channel", func(l *logbook) {
			l.subscribe("a", "email", "users", "team")
			l.subscribe("b", "slack", "team")
			l.owe(8, mail(events.MomentDigest), chat(events.MomentDigest, events.FormThread))
			l.owe(9, mail(events.MomentDigest))
		}, "digest>a superseded, digest>b/thread, digest>a"},
		{"once to a person with two targets, on the first channel", func(l *logbook) {
			l.person("p", map[string]string{"m": "email", "s": "slack"}, "users", "team")
			l.owe(9, mail(events.MomentOverdue), chat(events.MomentOverdue, events.FormThread))
		}, "overdue>m"},
		{"on the other one when the first refuses everything", func(l *logbook) {
			l.person("p", map[string]string{"m": "email", "s": "slack"}, "users", "team")
			l.owe(8, mail(events.MomentUpdate))
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n8-0", "m"), Code: "550 5.1.1", Final: true, TargetBroken: true})
			l.owe(9, mail(events.MomentOverdue), chat(events.MomentOverdue, events.FormThread))
		}, "update>m failed, overdue>s/thread"},
		{"and once to who is configured and subscribed by themselves", func(l *logbook) {
			l.person("p", map[string]string{"m": "email"}, "users")
			l.person("p", map[string]string{"page": "email"}, "subscribers")
			own := mail(events.MomentCompleted)
			own.Audience = "subscribers"
			l.owe(9, mail(events.MomentCompleted), own)
		}, "completed>m"},
		{"to the one it names, who has not confirmed", func(l *logbook) {
			for _, id := range []string{"a", "b"} {
				l.own(events.SubscriberRequested, "", &events.Subscriber{Subscriber: id, Channel: "email", Audiences: []string{"users"}})
			}
			n := mail(events.MomentConfirm)
			n.Subscriber = "a"
			l.owe(9, n)
		}, "confirm>a"},
		{"and an empty list owes nothing", func(l *logbook) {
			l.subscribe("a", "email", "users")
			l.owe(9)
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			tt.facts(l)
			if got := summary(t, l.fold(0)); got != tt.want {
				t.Errorf("owed %q, want %q", got, tt.want)
			}
		})
	}
}

// word is a notice of the update "w", or of its withdrawal.
func word(m events.Moment) events.Notice {
	n := mail(m)
	n.Recalls = m == events.MomentCorrected
	n.Facts = map[string]string{"update": "w", "source": "lead"}
	return n
}

// TestOnlyWhoWasToldIsTold: of a withdrawn update, and of a moved window.
func TestOnlyWhoWasToldIsTold(t *testing.T) {
	of := func(cause int, who string) events.DeliveryOutcome {
		return events.DeliveryOutcome{Delivery: events.DeliveryID(fmt.Sprintf("n%d-0", cause), who)}
	}
	drop := func(l *logbook) {
		l.own(events.TypeNoticeSuperseded, "pg16", &events.NoticeSuperseded{Notice: "n9-0", Why: "withdrawn"})
	}
	for _, tt := range []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"withdrawn: who got it", func(l *logbook) {
			l.owe(9, word(events.MomentUpdate))
			l.outcome(events.OutcomeAccepted, of(9, "a"))
			drop(l)
			l.owe(11, word(events.MomentCorrected))
		}, "update>a accepted, update>b superseded, corrected>a"},
		{"withdrawn: who may have got it", func(l *logbook) {
			l.owe(9, word(events.MomentUpdate))
			o := of(9, "b")
			o.Ambiguous, o.Final = true, true
			l.outcome(events.OutcomeFailed, o)
			drop(l)
			l.owe(11, word(events.MomentCorrected))
		}, "update>a superseded, update>b failed, corrected>b"},
		{"withdrawn: who got it after all", func(l *logbook) {
			l.owe(9, word(events.MomentUpdate))
			drop(l)
			l.owe(11, word(events.MomentCorrected))
			l.outcome(events.OutcomeAccepted, of(9, "b"))
		}, "update>a superseded, update>b accepted, corrected>b"},
		{"withdrawn: who got it on another channel", func(l *logbook) {
			l.person("p", map[string]string{"a": "email", "c": "slack"}, "users")
			l.subscribe("b", "email", "others")
			l.owe(9, word(events.MomentUpdate))
			l.outcome(events.OutcomeAccepted, of(9, "a"))
			n := word(events.MomentCorrected)
			n.Channel = "slack"
			l.owe(11, n)
		}, "update>a accepted, corrected>c"},
		{"moved: whose announcement is still to come hears it there", func(l *logbook) {
			l.owe(9, mail(events.MomentAnnounced))
			l.outcome(events.OutcomeAccepted, of(9, "a"))
			l.owe(11, mail(events.MomentMoved))
		}, "announced>a accepted, announced>b, moved>a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.subscribe("a", "email", "users")
			l.subscribe("b", "email", "users")
			tt.facts(l)
			if got := summary(t, l.fold(0)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestAnnouncementWaitsForTheDesk: an announcement that is still to come tells of
// the new window no earlier than the news of the move would have, which the
// support desk hears before users do, and for as long as that is of use.
func TestAnnouncementWaitsForTheDesk(t *testing.T) {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	at := time.Date(2030, 3, 3, 1, 0, 0, 0, time.UTC)
	between := func(m events.Moment, from, until time.Duration) events.Notice {
		n := mail(m)
		n.NotBefore, n.UsefulUntil = at.Add(from), at.Add(until)
		return n
	}
	l.owe(9, between(events.MomentAnnounced, 5*time.Minute, time.Hour))
	l.owe(11, between(events.MomentMoved, 9*time.Minute, 25*time.Hour))
	rows, err := l.fold(0).Deliveries(t.Context(), store.DeliveryFilter{})
	if err != nil || len(rows) != 1 {
		t.Fatalf("deliveries %+v, %v, want the announcement alone", rows, err)
	}
	if d := rows[0]; !d.NotBefore.Equal(at.Add(9*time.Minute)) || !d.UsefulUntil.Equal(at.Add(25*time.Hour)) {
		t.Errorf("it goes from %s to %s, want from 01:09 until the day after", d.NotBefore, d.UsefulUntil)
	}
}

// TestInPerson: each of the people gets one message, on the first channel
// that reaches them, and none if the cause tells them anything else.
func TestInPerson(t *testing.T) {
	l := newLogbook(t)
	person := func(id, name, channel string, audiences ...string) {
		l.own(events.SubscriberConfirmed, "", &events.Subscriber{Subscriber: id, Person: strings.TrimPrefix(name, "@"), Channel: channel, Name: name, Audiences: audiences})
	}
	person("lead-slack", "@lead", "slack")
	person("lead-mail", "@lead", "email")
	person("dba-mail", "@dba", "email")
	person("boss-slack", "@boss", "slack")
	person("boss-mail", "@boss", "email", "users")
	person("other", "@other", "email")
	personal := func(channel string) events.Notice {
		return events.Notice{
			Moment: events.MomentSilent, Audience: "@crew", Role: "crew", Channel: channel, People: []string{"@lead", "@dba", "@boss"},
		}
	}
	l.owe(9, mail(events.MomentSilent), personal("slack"), personal("email"))
	// A target that is broken is passed over.
	broken := events.DeliveryOutcome{Delivery: events.DeliveryID("n9-1", "lead-slack"), Code: "user_not_found", Final: true, TargetBroken: true}
	l.outcome(events.OutcomeFailed, broken)
	l.owe(10, personal("slack"), personal("email"))
	want := "silent>boss-mail, silent>dba-mail, silent>lead-slack failed, silent>boss-slack, silent>dba-mail, silent>lead-mail"
	if got := summary(t, l.fold(0)); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestSuperseded(t *testing.T) {
	required := mail(events.MomentLate)
	required.Required = true
	tests := []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"by a fact", func(l *logbook) {
			l.owe(9, mail(events.MomentReminder))
			l.own(events.TypeNoticeSuperseded, "pg16", &events.NoticeSuperseded{Notice: "n9-0", Why: "moved"})
		}, "reminder>a superseded"},
		{"what stopped by what goes on", func(l *logbook) {
			l.owe(9, mail(events.MomentPaused))
			l.owe(10, mail(events.MomentStarted))
			l.owe(11, mail(events.MomentResumed))
		}, "paused>a superseded, started>a, resumed>a"},
		{"what led there by the end", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.owe(10, mail(events.MomentUpdate))
			l.owe(11, required)
			l.owe(12, mail(events.MomentCompleted))
		}, "started>a superseded, update>a, late>a, completed>a"},
		{"not what comes after the end", func(l *logbook) {
			l.owe(12, mail(events.MomentFailed))
			l.owe(13, mail(events.MomentStarted))
		}, "failed>a, started>a"},
		{"root messages by newer ones", func(l *logbook) {
			l.owe(9, chat(events.MomentStatus, events.FormRoot))
			l.owe(10, chat(events.MomentStatus, events.FormRoot))
		}, "status>s/root superseded, status>s/root"},
		{"not by a root message of another upgrade", func(l *logbook) {
			l.owe(9, chat(events.MomentStatus, events.FormRoot))
			other := chat(events.MomentStatus, events.FormRoot)
			other.ID = "other"
			l.own(events.TypeNoticeOwed, "pg17", &events.NoticeOwed{Cause: 10, Notices: []events.Notice{other}})
		}, "status>s/root, status>s/root"},
		{"by unsubscribing", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.own(events.SubscriberRemoved, "", &events.Subscriber{Subscriber: "a"})
		}, "started>a superseded"},
		{"for ever by unsubscribing", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.own(events.SubscriberRemoved, "", &events.Subscriber{Subscriber: "a"})
			l.outcome(events.OutcomeRetried, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "a")})
		}, "started>a superseded"},
		{"not what was sent", func(l *logbook) {
			l.owe(9, mail(events.MomentReminder))
			l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "a")})
			l.owe(11, mail(events.MomentMoved))
		}, "reminder>a accepted, moved>a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.subscribe("a", "email", "users")
			l.subscribe("s", "slack", "team")
			tt.facts(l)
			if got := summary(t, l.fold(0)); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	id := events.DeliveryID("n9-0", "a")
	type step struct {
		t events.Type
		o events.DeliveryOutcome
	}
	accepted := step{events.OutcomeAccepted, events.DeliveryOutcome{Provider: "<1@example.org>"}}
	put := step{events.OutcomeFailed, events.DeliveryOutcome{Code: "451", Next: noon.Add(time.Minute)}}
	paced := step{events.OutcomeFailed, events.DeliveryOutcome{Code: "paced", Untried: true, Next: noon.Add(time.Minute)}}
	lost := step{events.OutcomeFailed, events.DeliveryOutcome{Code: "timeout", Ambiguous: true}}
	dead := step{events.OutcomeFailed, events.DeliveryOutcome{Code: "550", Final: true, Why: "refused"}}
	dropped := step{events.OutcomeSuperseded, events.DeliveryOutcome{Why: "too late"}}
	retried := step{events.OutcomeRetried, events.DeliveryOutcome{Why: "operator"}}
	returned := step{events.OutcomeFailed, events.DeliveryOutcome{Code: "bounce 5.1.1", Final: true, Returned: true}}
	tests := []struct {
		name  string
		steps []step
		want  store.DeliveryRow
	}{
		{"accepted", []step{accepted}, store.DeliveryRow{State: store.Accepted, Attempts: 1, Provider: "<1@example.org>"}},
		{"put off", []step{put}, store.DeliveryRow{State: store.Pending, Attempts: 1, Code: "451", NextAt: noon.Add(time.Minute)}},
		{"waiting for its turn is no attempt", []step{paced, paced}, store.DeliveryRow{State: store.Pending, Code: "paced", NextAt: noon.Add(time.Minute)}},
		{"dead", []step{put, dead}, store.DeliveryRow{State: store.Failed, Attempts: 2, Code: "550", Why: "refused"}},
		{"dropped", []step{dropped}, store.DeliveryRow{State: store.Superseded, Why: "too late"}},
		{"accepted beats dropped", []step{dropped, accepted}, store.DeliveryRow{State: store.Accepted, Attempts: 1, Provider: "<1@example.org>"}},
		{"accepted beats dead", []step{dead, accepted}, store.DeliveryRow{State: store.Accepted, Attempts: 2, Provider: "<1@example.org>"}},
		{"accepted stays", []step{accepted, dropped, dead, retried}, store.DeliveryRow{State: store.Accepted, Attempts: 2, Provider: "<1@example.org>"}},
		{
			"accepted again is extra",
			[]step{accepted, {events.OutcomeAccepted, events.DeliveryOutcome{Provider: "<2@example.org>"}}},
			store.DeliveryRow{State: store.Accepted, Attempts: 2, Provider: "<1@example.org>", ExtraSends: 1},
		},
		{"a failure does not bring back what was dropped", []step{dropped, put}, store.DeliveryRow{State: store.Superseded, Attempts: 1, Why: "too late"}},
		{"retried", []step{dead, retried}, store.DeliveryRow{State: store.Pending, Attempts: 1, Code: "550", Retried: true}},
		{"retried though dropped", []step{dropped, retried}, store.DeliveryRow{State: store.Pending, Retried: true}},
		{"came back", []step{accepted, returned, returned}, store.DeliveryRow{State: store.Failed, Attempts: 1, Code: "bounce 5.1.1", Provider: "<1@example.org>", Why: "returned"}},
		{"what was never accepted cannot come back", []step{put, returned}, store.DeliveryRow{State: store.Pending, Attempts: 1, Code: "451", NextAt: noon.Add(time.Minute)}},
		{
			"in doubt each time",
			[]step{lost, put, lost, accepted},
			store.DeliveryRow{State: store.Accepted, Attempts: 4, Provider: "<1@example.org>", Ambiguous: true, LostAnswers: 2},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.subscribe("a", "email", "users")
			owed := l.owe(9, mail(events.MomentStarted))
			for _, st := range tt.steps {
				st.o.Delivery = id
				l.outcome(st.t, st.o, events.DeliveryOutcome{Delivery: "unknown"})
			}
			got, known, err := l.fold(0).Delivery(t.Context(), id)
			if err != nil || !known {
				t.Fatalf("Delivery() = %v, %v", known, err)
			}
			want := tt.want
			want.ID, want.Notice, want.Upgrade, want.Cause, want.Subscriber = id, "n9-0", "pg16", 9, "a"
			want.Moment, want.Audience, want.Role, want.Channel, want.Form = events.MomentStarted, "users", "users", "email", events.FormMessage
			want.UsefulUntil, want.OwedAt, want.Seq = noon.Add(time.Hour), noon.Add(time.Duration(owed)*time.Second), l.next()-1
			if i := slices.IndexFunc(tt.steps, func(st step) bool { return st.t == events.OutcomeAccepted }); i >= 0 {
				want.AcceptedAt = want.OwedAt.Add(time.Duration(i+1) * time.Second) // each fact comes a second later
			}
			if want.Retried { // of use for another day
				want.UsefulUntil = noon.Add(time.Duration(want.Seq)*time.Second + 24*time.Hour)
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

// due lists what is due on a channel in short, with the root it hangs below.
func due(t testing.TB, s *store.Store, channel string, now time.Time) string {
	t.Helper()
	list, err := s.Due(t.Context(), channel, now, 100)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, d := range list {
		w := string(d.Notice.Moment) + ">" + d.Subscriber
		if d.Root != "" {
			w += "@" + d.Place + ":" + d.Root
		}
		if d.Card != "" {
			w += "#" + d.Card
		}
		words = append(words, w)
	}
	return strings.Join(words, ", ")
}

func TestDue(t *testing.T) {
	later := mail(events.MomentStarted)
	later.NotBefore = noon.Add(5 * time.Minute)
	useless := mail(events.MomentStarted)
	useless.UsefulUntil = noon.Add(-time.Second)
	one := events.DeliveryID("n9-0", "a")
	tests := []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"oldest first", func(l *logbook) {
			l.owe(10, mail(events.MomentStarted))
			l.owe(9, mail(events.MomentReminder))
		}, "reminder>a, started>a"},
		{"not before its time", func(l *logbook) { l.owe(9, later) }, ""},
		{"not after it", func(l *logbook) { l.owe(9, useless) }, ""},
		{"after it when an operator asked", func(l *logbook) {
			l.owe(9, useless)
			l.outcome(events.OutcomeRetried, events.DeliveryOutcome{Delivery: one})
		}, "started>a"},
		{"not while it is put off", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: one, Next: noon.Add(time.Second)})
		}, ""},
		{"again at its next try", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: one, Next: noon})
		}, "started>a"},
		{"not while all is held", func(l *logbook) {
			l.owe(9, mail(events.MomentStarted))
			l.own(events.TypeHold, "", &events.Hold{})
		}, ""},
		{"not on another channel", func(l *logbook) { l.owe(9, chat(events.MomentStatus, events.FormRoot)) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.subscribe("a", "email", "users")
			tt.facts(l)
			if got := due(t, l.fold(0), "email", noon); got != tt.want {
				t.Errorf("due %q, want %q", got, tt.want)
			}
		})
	}
}

func TestDueInLine(t *testing.T) {
	root := chat(events.MomentStatus, events.FormRoot)
	reply := chat(events.MomentUpdate, events.FormThread)
	card := chat(events.MomentDecision, events.FormCard)
	card.Card = "gate-g1"
	other := card
	other.Card = "gate-g2"
	sent := func(l *logbook, notice, ts string) {
		l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: events.DeliveryID(notice, "s"), Provider: ts, Place: "C1"})
	}
	tests := []struct {
		name  string
		facts func(*logbook)
		want  string
	}{
		{"root before its reply", func(l *logbook) { l.owe(9, reply, root) }, "status>s"},
		{"a newer root before an older reply", func(l *logbook) { l.owe(9, root, reply); l.owe(10, root) }, "status>s"},
		{"then the reply below it", func(l *logbook) {
			l.owe(9, root, reply)
			sent(l, "n9-0", "1.0")
		}, "update>s@C1:1.0"},
		{"one reply at a time", func(l *logbook) {
			l.owe(9, root, reply)
			l.owe(10, reply)
			sent(l, "n9-0", "1.0")
		}, "update>s@C1:1.0"},
		{"an edit does not hold up a reply", func(l *logbook) {
			l.owe(9, root)
			sent(l, "n9-0", "1.0")
			l.owe(10, root, reply)
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n10-0", "s"), Next: noon.Add(time.Minute)})
		}, "update>s@C1:1.0"},
		{"a root that is put off holds up its replies", func(l *logbook) {
			l.owe(9, root, reply)
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "s"), Next: noon.Add(time.Minute)})
		}, ""},
		{"a dead root does not", func(l *logbook) {
			l.owe(9, root, reply)
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "s"), Final: true})
		}, "update>s"},
		{"a reply without a root becomes it", func(l *logbook) {
			l.owe(9, reply)
			sent(l, "n9-0", "5.0")
			l.owe(10, reply)
		}, "update>s@C1:5.0"},
		{"a reply does not replace the root", func(l *logbook) {
			l.owe(9, root, reply)
			sent(l, "n9-0", "1.0")
			sent(l, "n9-1", "2.0")
			l.owe(10, reply)
		}, "update>s@C1:1.0"},
		{"a root posted anew does", func(l *logbook) {
			l.owe(9, root)
			sent(l, "n9-0", "1.0")
			l.owe(10, root)
			sent(l, "n10-0", "3.0")
			l.owe(11, reply)
		}, "update>s@C1:3.0"},
		{"a reply that waits a minute holds up the next", func(l *logbook) {
			l.owe(9, root, reply)
			sent(l, "n9-0", "1.0")
			l.owe(10, chat(events.MomentRollback, events.FormBroadcast))
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-1", "s"), Next: noon.Add(time.Minute)})
		}, ""},
		{"a reply that waits longer does not", func(l *logbook) {
			l.owe(9, root, reply)
			sent(l, "n9-0", "1.0")
			l.owe(10, chat(events.MomentRollback, events.FormBroadcast))
			l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-1", "s"), Next: noon.Add(time.Hour)})
		}, "rollback>s@C1:1.0"},
		{"a message to a person stands in no line", func(l *logbook) {
			l.owe(9, reply)
			sent(l, "n9-0", "1.0")
			l.owe(10, reply)
			l.owe(11, chat(events.MomentNudge, events.FormMessage))
		}, "update>s@C1:1.0, nudge>s@C1:1.0"},
		{"a card is edited where it stands", func(l *logbook) {
			l.owe(9, root, card)
			sent(l, "n9-0", "1.0")
			sent(l, "n9-1", "2.0")
			l.owe(10, card)
			l.owe(11, other)
		}, "decision>s@C1:1.0#2.0, decision>s@C1:1.0"},
		{"of a card only the newest state", func(l *logbook) {
			l.owe(9, root, card)
			sent(l, "n9-0", "1.0")
			l.owe(10, card)
			l.owe(11, card)
			l.owe(12, other)
		}, "decision>s@C1:1.0, decision>s@C1:1.0"},
		{"several cards of one cause", func(l *logbook) {
			l.owe(9, root, card, other)
			sent(l, "n9-0", "1.0")
			sent(l, "n9-1", "2.0")
			sent(l, "n9-2", "3.0")
			l.owe(10, card, other, card)
		}, "decision>s@C1:1.0#3.0, decision>s@C1:1.0#2.0"},
		{"a card does not replace the root", func(l *logbook) {
			l.owe(9, card)
			sent(l, "n9-0", "2.0")
			l.owe(10, reply)
		}, "update>s"},
		{"what is useless holds up nothing", func(l *logbook) {
			old := reply
			old.UsefulUntil = noon.Add(-time.Second)
			l.owe(9, old)
			l.owe(10, reply)
		}, "update>s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLogbook(t)
			l.subscribe("s", "slack", "team")
			tt.facts(l)
			if got := due(t, l.fold(0), "slack", noon); got != tt.want {
				t.Errorf("due %q, want %q", got, tt.want)
			}
		})
	}
}

func TestExpiredAndNextDue(t *testing.T) {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	soon, old := mail(events.MomentStarted), mail(events.MomentReminder)
	soon.NotBefore = noon.Add(time.Minute)
	old.UsefulUntil = noon
	l.owe(9, old)
	l.owe(10, soon)
	s := l.fold(0)
	list, err := s.Expired(t.Context(), noon, 10)
	if err != nil || len(list) != 1 || list[0].ID != events.DeliveryID("n9-0", "a") {
		t.Errorf("Expired() = %+v, %v, want the reminder", list, err)
	}
	if at, ok := s.NextDue(t.Context(), noon); !ok || !at.Equal(soon.NotBefore) {
		t.Errorf("NextDue() = %s, %v, want %s", at, ok, soon.NotBefore)
	}
	if at, ok := s.NextDue(t.Context(), noon.Add(time.Minute)); ok {
		t.Errorf("NextDue() = %s, want none", at)
	}
	l.outcome(events.OutcomeRetried, events.DeliveryOutcome{Delivery: list[0].ID})
	l.into(s, 0)
	if list, err := s.Expired(t.Context(), noon, 10); err != nil || len(list) != 0 {
		t.Errorf("Expired() = %+v, %v after an operator asked for it, want none", list, err)
	}
	if list, err := s.Expired(t.Context(), noon.Add(25*time.Hour), 10); err != nil || len(list) != 2 {
		t.Errorf("Expired() = %+v, %v a day later, want both: nothing is pending for ever", list, err)
	}
}

func TestStats(t *testing.T) {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	l.subscribe("b", "email", "users")
	l.owe(9, mail(events.MomentStarted))
	for range 2 {
		l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "a")})
	}
	l.outcome(events.OutcomeFailed, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "b"), Ambiguous: true})
	got, err := l.fold(0).Stats(t.Context())
	want := store.Stats{Deliveries: []store.DeliveryCount{
		{Channel: "email", State: store.Accepted, Count: 1}, {Channel: "email", State: store.Pending, Count: 1},
	}, ExtraSends: 1, Ambiguous: 1}
	if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Stats() = %+v, %v, want %+v", got, err, want)
	}
}

func TestDeliveriesAreFiltered(t *testing.T) {
	l := newLogbook(t)
	l.subscribe("a", "email", "users")
	l.owe(9, mail(events.MomentStarted))
	l.owe(10, mail(events.MomentUpdate))
	l.outcome(events.OutcomeAccepted, events.DeliveryOutcome{Delivery: events.DeliveryID("n9-0", "a")})
	s := l.fold(0)
	tests := []struct {
		name   string
		filter store.DeliveryFilter
		want   []uint64
	}{
		{"all", store.DeliveryFilter{}, []uint64{10, 9}},
		{"newest", store.DeliveryFilter{Limit: 1}, []uint64{10}},
		{"of the upgrade", store.DeliveryFilter{Upgrade: "pg16"}, []uint64{10, 9}},
		{"of another", store.DeliveryFilter{Upgrade: "pg17"}, nil},
		{"accepted", store.DeliveryFilter{Upgrade: "pg16", State: store.Accepted}, []uint64{9}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rows, err := s.Deliveries(t.Context(), tt.filter)
			var got []uint64
			for _, r := range rows {
				got = append(got, r.Cause)
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("Deliveries(%+v) = causes %v, %v, want %v", tt.filter, got, err, tt.want)
			}
		})
	}
}
