package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// IntakeOf calls handle with the messages of one upgrade that INTAKE holds
// after the sequence now, in order. It is for a look at what [Bus.Intake] has
// not come to yet, and leaves that where it is. An error of handle ends it.
func (b *Bus) IntakeOf(ctx context.Context, upgrade string, after uint64, handle func(*IntakeMessage) error) error {
	subjects := "upgrades." + upgrade + ".>"
	last, err := b.intake.GetLastMsgForSubject(ctx, subjects)
	if errors.Is(err, jetstream.ErrMsgNotFound) || err == nil && last.Sequence <= after {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look into intake: %w", away(err))
	}
	c, err := b.intake.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{subjects}, DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
		InactiveThreshold: consumerLife,
	})
	if err != nil {
		return fmt.Errorf("look into intake: %w", away(err))
	}
	it, err := c.Messages(jetstream.PullMaxMessages(batchMax), jetstream.PullExpiry(verifyEvery))
	if err != nil {
		return fmt.Errorf("look into intake: %w", away(err))
	}
	defer it.Stop()
	in := &intakeReader{bus: b, created: b.intake.CachedInfo().Created.UTC()}
	for at := after; at < last.Sequence; {
		m, err := it.Next(jetstream.NextContext(ctx))
		if err != nil {
			return fmt.Errorf("look into intake: %w", away(err))
		}
		md, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("look into intake: %w", err)
		}
		at = md.Sequence.Stream
		if isAck(m) {
			continue
		}
		if err := handle(in.message(m, md)); err != nil {
			return err
		}
	}
	return nil
}
