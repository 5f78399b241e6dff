package bus

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// idleEvery is how often an idle reader of INTAKE says that it stands at the
// end.
const idleEvery = time.Second

// Publish puts a message into INTAKE and returns its sequence once it is on
// disk. It tries again for up to 15 s, then returns [ErrUnavailable]. A
// message without Nats-Msg-Id gets a random one, so that a try whose
// acknowledgement was lost does not make two events of one.
func (b *Bus) Publish(ctx context.Context, subject string, header map[string][]string, body []byte) (seq uint64, err error) {
	m := &nats.Msg{Subject: subject, Header: passing(header), Data: body}
	if m.Header.Get(nats.MsgIdHdr) == "" {
		m.Header.Set(nats.MsgIdHdr, rand.Text())
	}
	err = b.persist(ctx, intakeStream, func(ctx context.Context) error {
		seq, err = b.publishOnce(ctx, m)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("publish %q: %w", subject, err)
	}
	return seq, nil
}

func (b *Bus) publishOnce(ctx context.Context, m *nats.Msg) (uint64, error) {
	for {
		ack, err := b.intakeJS.PublishMsg(ctx, m, jetstream.WithExpectStream(intakeStream))
		if err != nil {
			return 0, err
		}
		if !ack.Duplicate {
			return ack.Sequence, nil
		}
		same, err := b.isSame(ctx, ack.Sequence, m)
		if err != nil || same {
			return ack.Sequence, err
		}
		// The id is another event's: INTAKE dropped ours. The window in
		// which it does is short.
		if err := wait(ctx, msgIDWindow); err != nil {
			return 0, err
		}
	}
}

func (b *Bus) isSame(ctx context.Context, seq uint64, m *nats.Msg) (bool, error) {
	stored, err := b.intake.GetMsg(ctx, seq)
	if err != nil {
		return false, err
	}
	return stored.Subject == m.Subject && string(stored.Data) == string(m.Data), nil
}

// dropped are headers that end at the hub: those of one HTTP hop, and those
// that hold secrets or say how to answer.
var dropped = []string{
	"Accept", "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Cookie", "Forwarded", "Host",
	"Keep-Alive", "Prefer", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "X-Forwarded-For", "X-Real-Ip",
}

// passing are the headers that enter INTAKE. Of NATS's own only the message
// id does: the others give orders to the stream.
func passing(header map[string][]string) nats.Header {
	out := nats.Header{}
	for name, values := range header {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case canonical == nats.MsgIdHdr:
			out[canonical] = slices.Clone(values)
		case strings.HasPrefix(canonical, "Nats-"), slices.Contains(dropped, canonical):
		default:
			out[name] = slices.Clone(values)
		}
	}
	return out
}

// IntakeLast is the sequence of the newest message in INTAKE.
func (b *Bus) IntakeLast(ctx context.Context) (uint64, error) {
	info, err := b.intake.Info(ctx)
	if err != nil {
		return 0, fmt.Errorf("last intake message: %w", away(err))
	}
	return info.State.LastSeq, nil
}

// IntakeRead is the sequence up to which [Bus.Intake] has handled or passed
// over what INTAKE holds.
func (b *Bus) IntakeRead() uint64 { return b.intakeRead.Load() }

// Intake calls handle with the messages of INTAKE after the sequence, in
// order, until ctx ends or handle fails. handle is called with nil whenever
// INTAKE has been read to its end, and every second while it stays there.
//
// Messages that are too old are gone from INTAKE and are passed over. If it
// holds less than was read from it, or was made anew, it is read from its
// beginning, which is harmless, because facts are stored once.
func (b *Bus) Intake(ctx context.Context, after uint64, handle func(context.Context, *IntakeMessage) error) error {
	for {
		err := b.readIntake(ctx, after, handle)
		if !errors.Is(err, errAnew) {
			return err
		}
		b.log.WarnContext(ctx, "intake lost messages, reading it from its beginning", "err", err)
		after = 0
	}
}

// errAnew: INTAKE is not what was being read.
var errAnew = errors.New("intake lost messages or was made anew")

func (b *Bus) readIntake(ctx context.Context, after uint64, handle func(context.Context, *IntakeMessage) error) error {
	in := &intakeReader{bus: b, handle: handle}
	if err := retry(ctx, func(ctx context.Context) error { return in.begin(ctx, after) }); err != nil {
		return fmt.Errorf("read intake: %w", err)
	}
	msgs, err := b.read(ctx, b.intake, in.at+1)
	if err != nil {
		return fmt.Errorf("read intake: %w", err)
	}
	defer msgs.stop()
	return in.run(ctx, msgs)
}

// intakeReader is one reading of INTAKE.
type intakeReader struct {
	bus     *Bus
	handle  func(context.Context, *IntakeMessage) error
	created time.Time
	at      uint64 // everything up to here was handled
	short   int    // how often in a row INTAKE ended before at
}

// shortMax is how often INTAKE must end too early to be believed: a new
// leader may for a moment not yet know what it holds.
const shortMax = 5

func (in *intakeReader) run(ctx context.Context, msgs *reader) error {
	idle := time.NewTicker(idleEvery)
	defer idle.Stop()
	err := in.atEnd(ctx)
	for err == nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-idle.C:
			err = in.atEnd(ctx)
		case m, ok := <-msgs.ready:
			if !ok {
				return fmt.Errorf("read intake: %w", msgs.end(ctx))
			}
			err = in.next(ctx, m, len(msgs.ready) == 0)
		}
	}
	return err
}

// begin finds where to begin.
func (in *intakeReader) begin(ctx context.Context, after uint64) error {
	info, err := in.bus.intake.Info(ctx)
	if err != nil {
		return err
	}
	in.created = info.Created.UTC()
	if after > info.State.LastSeq {
		return fmt.Errorf("%w: it ends at %d, read was %d", errAnew, info.State.LastSeq, after)
	}
	in.at = after
	if first := info.State.FirstSeq; first > 0 {
		in.at = max(after, first-1)
	}
	in.bus.intakeRead.Store(in.at)
	return nil
}

// next handles one message; last says that no other is ready.
func (in *intakeReader) next(ctx context.Context, m jetstream.Msg, last bool) error {
	md, err := m.Metadata()
	if err != nil {
		return fmt.Errorf("read intake: %w", err)
	}
	if isAck(m) {
		// Not an event: somebody named an upgrade's subject as the reply
		// subject, to make the server speak where he may not.
		in.bus.log.WarnContext(ctx, "intake message dropped, it is an acknowledgement", "seq", md.Sequence.Stream, "subject", m.Subject())
	} else if err := in.handle(ctx, in.message(m, md)); err != nil {
		return err
	}
	in.at = md.Sequence.Stream
	in.bus.intakeRead.Store(in.at)
	if last && md.NumPending == 0 {
		return in.atEnd(ctx)
	}
	return nil
}

func (in *intakeReader) message(m jetstream.Msg, md *jetstream.MsgMetadata) *IntakeMessage {
	return &IntakeMessage{
		Seq:     md.Sequence.Stream,
		Stored:  md.Timestamp.UTC(),
		Subject: m.Subject(),
		Header:  m.Headers(),
		Body:    m.Data(),
		Stream:  in.created,
	}
}

// atEnd calls handle with nil if INTAKE holds nothing more. While NATS does
// not answer, nobody knows.
func (in *intakeReader) atEnd(ctx context.Context) error {
	info, err := in.bus.intake.Info(ctx)
	if err != nil {
		return nil //nolint:nilerr // asked again within a second
	}
	if !info.Created.Equal(in.created) {
		return fmt.Errorf("%w: created %s, before %s", errAnew, info.Created, in.created)
	}
	last := info.State.LastSeq
	if last >= in.at {
		in.short = 0
	} else if in.short++; in.short >= shortMax {
		return fmt.Errorf("%w: it ends at %d, read was %d", errAnew, last, in.at)
	}
	if last != in.at {
		return nil
	}
	return in.handle(ctx, nil)
}

// isAck reports whether a message was written by the server itself, as the
// acknowledgement or the refusal of another.
func isAck(m jetstream.Msg) bool {
	if len(m.Headers()) > 0 {
		return false
	}
	var ack struct {
		Stream string  `json:"stream"`
		Seq    *uint64 `json:"seq"`
		Error  struct {
			Code int `json:"err_code"`
		} `json:"error"`
	}
	if json.Unmarshal(m.Data(), &ack) != nil {
		return false
	}
	return ack.Stream == intakeStream && ack.Seq != nil || ack.Error.Code != 0
}
