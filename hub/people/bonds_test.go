package people_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// TestOneGiverHasOneAnswer: whoever sends from several nodes at once, and again
// later, has one answer; by a link, by another one and in a browser they are
// three, and who is not known has one of their own each time.
func TestOneGiverHasOneAnswer(t *testing.T) {
	r := newRig(t)
	behind, err := store.Open(t.Context(), t.TempDir()+"/hub.db", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer behind.Close()
	other := people.New(r.bus, behind, link.Key("0123456789abcdef"), clock.Clock{}) // a node whose mirror has nothing
	nodes := []*people.People{r.People, r.People, r.People}
	seen := map[string]string{}
	for name, g := range map[string]people.Giver{
		"link": {Upgrade: "pg16", Subscriber: "s"}, "open": {Upgrade: "pg16", Browser: "s"}, "link of another": {Upgrade: "pg16", Subscriber: "t"},
		"other upgrade": {Upgrade: "pg17", Subscriber: "s"},
	} {
		ids := make([]string, len(nodes))
		var work errgroup.Group
		for i, n := range nodes {
			work.Go(func() (err error) { ids[i], err = n.BindAnswer(t.Context(), g); return err })
		}
		if err := work.Wait(); err != nil {
			t.Fatal(err)
		}
		later, err := other.AnswerBy(t.Context(), g)
		if ids[0] == "" || ids[1] != ids[0] || ids[2] != ids[0] || later != ids[0] || err != nil {
			t.Errorf("%s: answers %v and later %q, %v, want one", name, ids, later, err)
		}
		if same := seen[ids[0]]; same != "" {
			t.Errorf("%s and %s are one answer", name, same)
		}
		seen[ids[0]] = name
	}
	a, err := r.BindAnswer(t.Context(), people.Giver{Upgrade: "pg16"})
	b, err2 := r.BindAnswer(t.Context(), people.Giver{Upgrade: "pg16"})
	if err != nil || err2 != nil || a == b || seen[a]+seen[b] != "" {
		t.Errorf("of nobody: %q, %v and %q, %v, want two", a, err, b, err2)
	}
	if none, err := r.AnswerBy(t.Context(), people.Giver{Upgrade: "pg18", Subscriber: "s"}); err != nil || none != "" {
		t.Errorf("AnswerBy() = %q, %v, want none", none, err)
	}
}

// TestABondTellsNothingByItsKey: what is left of it once it is erased names
// neither the giver nor the answer.
func TestABondTellsNothingByItsKey(t *testing.T) {
	r := newRig(t)
	answer, err := r.BindAnswer(t.Context(), people.Giver{Upgrade: "pg16", Subscriber: "subscriber"})
	if err == nil {
		err = r.BindReport(t.Context(), "pg16", "report", "subscriber")
	}
	if err != nil {
		t.Fatal(err)
	}
	bonds, err := r.store.BondsOf(t.Context(), "subscriber")
	if err != nil || len(bonds) != 2 {
		t.Fatalf("bonds %+v, %v, want two", bonds, err)
	}
	for of, want := range map[string]string{answer: "subscriber", "report": "subscriber", "other": ""} {
		if owner, err := r.OwnerOf(t.Context(), of); err != nil || owner != want {
			t.Errorf("OwnerOf(%s) = %q, %v, want %q", of, owner, err, want)
		}
	}
	for _, b := range bonds {
		if !strings.HasPrefix(b.Key, "bond.pg16.") || len(b.Key) != len("bond.pg16.")+22 || strings.Contains(b.Key, answer) || strings.Contains(b.Key, "report") || strings.Contains(b.Key, "subscriber") {
			t.Errorf("key %q", b.Key)
		}
	}
}

// TestAnswered: by a link of whatever target of theirs, in Slack, or by a link
// that was used anonymously.
func TestAnswered(t *testing.T) {
	r := newRig(t)
	for _, id := range []string{"mail", "chat", "else"} {
		person := map[string]string{"else": "q"}[id]
		if person == "" {
			person = "p"
		}
		r.add(t, events.SubscriberConfirmed, id, person, people.OriginPage, id+"@example.org")
	}
	err := r.store.Update(t.Context(), func(tx *store.Tx) error {
		if err := tx.PutLink(events.LinkHash{Hash: "h", Purpose: "feedback"}, store.LinkRow{Upgrade: "secret", Subscriber: "chat"}); err != nil {
			return err
		}
		return tx.UseLink("h")
	})
	for _, g := range []people.Giver{{Upgrade: "linked", Subscriber: "chat"}, {Upgrade: "pressed", Browser: "p"}} {
		if err == nil {
			_, err = r.BindAnswer(t.Context(), g)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for upgrade, want := range map[string]bool{"linked": true, "pressed": true, "secret": true, "other": false} {
		for subscriber, theirs := range map[string]bool{"mail": true, "chat": true, "else": false, "nobody": false} {
			if got, err := r.Answered(t.Context(), upgrade, subscriber); err != nil || got != (want && theirs) {
				t.Errorf("Answered(%s, %s) = %v, %v", upgrade, subscriber, got, err)
			}
		}
	}
}

// TestForgetGivers erases a bounded number of the bonds of what is forgotten, and
// goes on when it is called again; the words stay, and whoever became known in
// Slack by answering stands no more beside them.
func TestForgetGivers(t *testing.T) {
	r := newRig(t)
	chat := notifiers.Person{Channel: "slack", Address: "U0T"}
	_, err := r.Claim(t.Context(), chat.Channel, chat.Address, people.Owner{Person: "t"})
	if err := errors.Join(err, r.PutTarget(t.Context(), "t", chat)); err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, g := range []people.Giver{{Upgrade: "old", Subscriber: "s"}, {Upgrade: "old", Browser: "s"}, {Upgrade: "old", Browser: "t"}, {Upgrade: "new", Subscriber: "s"}} {
		answer, err := r.BindAnswer(t.Context(), g)
		if err == nil {
			err = r.KeepWords(t.Context(), answer, "words")
		}
		if err != nil {
			t.Fatal(err)
		}
		words = append(words, answer)
	}
	if err := r.store.Update(t.Context(), func(tx *store.Tx) error { return tx.ForgetInvitations("old") }); err != nil {
		t.Fatal(err)
	}
	left := func() (n int) {
		if err := r.Mirrored(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := r.store.AllPeople(t.Context(), "bond.")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	for _, want := range []int{2, 1, 1} {
		if err := r.ForgetGivers(t.Context(), 2); err != nil {
			t.Fatal(err)
		}
		if got := left(); got != want {
			t.Errorf("%d bonds are left, want %d", got, want)
		}
	}
	for _, answer := range words {
		if text, err := r.Words(t.Context(), answer); err != nil || text != "words" {
			t.Errorf("Words() = %q, %v, want that they stay", text, err)
		}
	}
	order := r.inBucket(t)
	for _, behind := range order[:2] {
		if !strings.HasPrefix(behind, "answer.") {
			t.Errorf("the bucket has %v, want who is in Slack behind the words", order)
		}
	}
	if target, err := r.Target(t.Context(), "t"); err != nil || target == nil || *target != chat {
		t.Errorf("Target() = %+v, %v, want the one in Slack", target, err)
	}
	if answer, err := r.AnswerBy(t.Context(), people.Giver{Upgrade: "new", Subscriber: "s"}); err != nil || answer != words[3] {
		t.Errorf("AnswerBy() = %q, %v, want the one of another upgrade", answer, err)
	}
}

// inBucket are the keys of what stands in the bucket, in the order of its stream.
func (r *rig) inBucket(t *testing.T) (keys []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	err := r.bus.WatchPeople(ctx, func(key string, value []byte) error {
		if value != nil {
			keys = append(keys, key)
		}
		return nil
	}, cancel)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return keys
}

// TestTurn: it is the giver's, and needs the secret.
func TestTurn(t *testing.T) {
	r, g := newRig(t), people.Giver{Upgrade: "pg16", Subscriber: "s"}
	other := people.New(r.bus, r.store, link.Key("another secret"), clock.Clock{})
	if one := r.Turn(g); one != r.Turn(g) || one == other.Turn(g) || one == r.Turn(people.Giver{Upgrade: "pg17", Subscriber: "s"}) {
		t.Errorf("Turn() = %d, want the giver's and nobody else's", one)
	}
}

// TestMirroredGivesUp when nothing is mirrored, and leaves nothing behind.
func TestMirroredGivesUp(t *testing.T) {
	r := newRig(t)
	behind, err := store.Open(t.Context(), t.TempDir()+"/hub.db", quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer behind.Close()
	began := time.Now()
	err = people.New(r.bus, behind, link.Key("0123456789abcdef"), clock.Clock{}).Mirrored(t.Context())
	if err == nil || time.Since(began) > time.Minute {
		t.Errorf("Mirrored() = %v after %s, want an error", err, time.Since(began))
	}
	if err := r.Mirrored(t.Context()); err != nil {
		t.Errorf("Mirrored() = %v on a node that mirrors", err)
	}
	if left, err := r.store.AllPeople(t.Context(), "probe."); err != nil || len(left) > 1 {
		t.Errorf("probes %v, %v, want them erased", left, err)
	}
}

// TestWhatWasSaidAMomentAgoIsErased, on another node as well: of that this one hears
// while it erases.
func TestWhatWasSaidAMomentAgoIsErased(t *testing.T) {
	r := newRig(t)
	for i := range 20 {
		answer := fmt.Sprint("answer", i)
		_, err := r.bus.AddPerson(t.Context(), "bond.pg16."+answer, []byte(`{"of":"`+answer+`","owner":"p"}`)) // as another node does
		if err := errors.Join(err, r.KeepWords(t.Context(), answer, "words")); err != nil {
			t.Fatal(err)
		}
		if err := r.Erase(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"answer." + answer, "bond.pg16." + answer} {
			if raw, err := r.bus.Person(t.Context(), key); err != nil || raw != nil {
				t.Errorf("PEOPLE keeps %s of %s, %v", raw, key, err)
			}
		}
	}
}
