package api

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"upgradehub/events"
)

// maxBody bounds a request; a batch of events may be as large as one plan.
const maxBody = 1 << 20

const (
	resultStored    = "stored"
	resultDuplicate = "duplicate"
)

// Answer is what became of a published event.
type Answer struct {
	// Result is applied, duplicate, anomaly, rejected, or stored when the
	// wait ended before it was known.
	Result string `json:"result"`
	// Sequence is the event's place in INTAKE, Seq that of its fact.
	Sequence uint64   `json:"sequence,omitempty"`
	Seq      uint64   `json:"seq,omitempty"`
	Anomaly  string   `json:"anomaly,omitempty"`
	Faults   []string `json:"faults,omitempty"`
}

// publishBare takes the data of one event; the path says upgrade and type.
func (a *API) publishBare(w http.ResponseWriter, r *http.Request) error {
	upgrade, t := r.PathValue("id"), events.Type(r.PathValue("type"))
	if err := a.mayPublish(w, r, upgrade, t); err != nil {
		return err
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	e, err := events.Decode(events.Message{
		Upgrade: upgrade, Type: t, Header: bareHeader(r.Header), Body: body,
		Received: a.cfg.Clock.Now(), DerivedID: "derived",
	})
	if err != nil {
		return err
	}
	return a.publish(w, r, []post{{event: e, header: bareHeader(r.Header), body: body}})
}

// bareHeader keeps what the bare form knows: the id. A CloudEvent in either
// mode keeps its own headers.
func bareHeader(h http.Header) map[string][]string {
	kept := map[string][]string{}
	for name, values := range h {
		lower := strings.ToLower(name)
		if lower == "content-type" || strings.HasPrefix(lower, "ce-") {
			kept[name] = values
		}
	}
	if key := h.Get("Idempotency-Key"); key != "" {
		kept["Nats-Msg-Id"] = []string{strings.Trim(key, `"`)}
	}
	return kept
}

// publishEvents takes CloudEvents in binary or structured mode, or a batch.
func (a *API) publishEvents(w http.ResponseWriter, r *http.Request) error {
	if a.grants(r) == nil {
		return unauthorized(w)
	}
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	bodies, header := [][]byte{body}, bareHeader(r.Header)
	delete(header, "Nats-Msg-Id")
	if strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "application/cloudevents-batch") {
		if bodies, err = events.SplitBatch(body); err != nil {
			return refuse(http.StatusBadRequest, "the batch is not a JSON array of CloudEvents")
		}
		header["Content-Type"] = []string{"application/cloudevents+json"}
	}
	posts, err := a.decodeAll(bodies, header)
	if err != nil {
		return err
	}
	for _, p := range posts {
		if err := a.mayPublish(w, r, p.event.Upgrade, p.event.Type); err != nil {
			return err
		}
	}
	return a.publish(w, r, posts)
}

// post is one event on its way into INTAKE, as it came.
type post struct {
	event  events.Event
	header map[string][]string
	body   []byte
}

// decodeAll judges every event of a request before any is stored.
func (a *API) decodeAll(bodies [][]byte, header map[string][]string) ([]post, error) {
	posts, faults := make([]post, 0, len(bodies)), []string(nil)
	for i, body := range bodies {
		e, err := events.Decode(events.Message{Header: header, Body: body, Received: a.cfg.Clock.Now(), DerivedID: "derived"})
		if bad, is := errors.AsType[*events.FaultsError](err); is {
			for _, fault := range bad.Faults {
				if len(bodies) > 1 {
					fault = "event " + strconv.Itoa(i) + ": " + fault
				}
				faults = append(faults, fault)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		posts = append(posts, post{event: e, header: header, body: body})
	}
	if faults != nil {
		return nil, &events.FaultsError{Faults: faults}
	}
	return posts, nil
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, refuse(http.StatusRequestEntityTooLarge, "an event has at most 1 MiB")
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the body could not be read")
	}
	return body, nil
}

// publish stores the events and answers, after the wait that was asked for,
// what became of them.
func (a *API) publish(w http.ResponseWriter, r *http.Request, posts []post) error {
	answers := make([]Answer, 0, len(posts))
	wait, asked := preferredWait(r)
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	for _, p := range posts {
		answer, err := a.put(r.Context(), p)
		if err != nil {
			return err
		}
		answers = append(answers, answer)
	}
	if !asked {
		return reply(w, http.StatusAccepted, one(answers))
	}
	for i, p := range posts {
		if answers[i].Result != resultStored {
			continue
		}
		judged, err := a.judged(ctx, p.event, answers[i].Sequence)
		if err != nil {
			// It is stored, whatever is not known of it: an error would make
			// the publisher send it again.
			a.log.DebugContext(ctx, "publisher not told what became of it", "seq", answers[i].Sequence, "err", err)
			return reply(w, http.StatusAccepted, one(answers))
		}
		answers[i] = judged
	}
	w.Header().Set("Preference-Applied", "wait")
	return reply(w, http.StatusOK, one(answers))
}

// put stores an event, unless this node knows that it stands already: NATS
// gives a repeat within 100 ms the place of the first, and it would look new.
func (a *API) put(ctx context.Context, p post) (Answer, error) {
	if answer, is, err := a.repeated(ctx, p.event, math.MaxUint64); err != nil || is {
		return answer, err
	}
	seq, err := a.bus.Publish(ctx, "upgrades."+p.event.Upgrade+"."+string(p.event.Type), p.header, p.body)
	return Answer{Result: resultStored, Sequence: seq}, err
}

// one is the answer to one event, or the list of answers to a batch.
func one(answers []Answer) any {
	if len(answers) == 1 {
		return answers[0]
	}
	return answers
}

// preferredWait reads Prefer: wait=N (RFC 7240), at most 30 s.
func preferredWait(r *http.Request) (time.Duration, bool) {
	for _, field := range r.Header.Values("Prefer") {
		for part := range strings.SplitSeq(field, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
			n, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if strings.EqualFold(strings.TrimSpace(name), "wait") && err == nil && n > 0 {
				return min(time.Duration(n)*time.Second, 30*time.Second), true
			}
		}
	}
	return 0, false
}

// judged waits until this node has folded what became of the event at
// sequence intake.
func (a *API) judged(ctx context.Context, e events.Event, intake uint64) (Answer, error) {
	for {
		_, folded := a.store.Position()
		if j, known, err := a.store.ByIntake(ctx, intake); err != nil || known {
			return answerOf(j.Conflict, j.Applied, j.Anomaly, j.Rejected, j.Seq, intake), err
		}
		if answer, is, err := a.repeated(ctx, e, intake); err != nil || is {
			answer.Sequence = intake
			return answer, err
		}
		if err := a.store.Wait(ctx, folded+1); err != nil {
			return Answer{}, err
		}
	}
}

// repeated is the answer to an event that makes no fact, because an earlier
// one said the same, or was in the same conflict with the first.
func (a *API) repeated(ctx context.Context, e events.Event, intake uint64) (answer Answer, is bool, err error) {
	if e.ID == "derived" {
		return Answer{}, false, nil
	}
	j, known, err := a.store.ByFact(ctx, e.Subject())
	if err != nil || !known || j.Intake >= intake {
		return Answer{}, false, err
	}
	first, err := a.store.Facts(ctx, j.Seq-1, 1)
	if err != nil || len(first) == 0 {
		return Answer{}, false, err
	}
	if first[0].Event.ContentHash() == e.ContentHash() {
		return Answer{Result: resultDuplicate, Seq: j.Seq}, true, nil
	}
	conflict := events.Event{
		Type: events.TypeConflict, Upgrade: e.Upgrade,
		ID: events.ConflictID(events.FactID(e.Upgrade, e.Source, e.ID), e.ContentHash()),
	}
	j, known, err = a.store.ByFact(ctx, conflict.Subject())
	if err != nil || !known || j.Intake >= intake {
		return Answer{}, false, err
	}
	return answerOf(true, false, j.Anomaly, nil, j.Seq, 0), true, nil
}

func answerOf(conflict, applied bool, anomaly string, rejected []string, seq, intake uint64) Answer {
	answer := Answer{Result: "applied", Sequence: intake, Seq: seq, Anomaly: anomaly, Faults: rejected}
	switch {
	case rejected != nil:
		answer.Result = "rejected"
	case conflict || !applied:
		answer.Result = "anomaly"
	}
	return answer
}
