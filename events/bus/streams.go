package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	intakeSubjects = "upgrades.*.>"
	factsSubjects  = "facts.>"

	maxEvent       = 1 << 20
	maxIntakeBytes = 2 << 30
	maxIntakeAge   = 30 * 24 * time.Hour
	// msgIDWindow is the smallest there is: an id in Nats-Msg-Id may be
	// taken by another publisher, whose event would then be swallowed.
	msgIDWindow = 100 * time.Millisecond
	// markerLife is how long the end of a lease can be seen.
	markerLife = time.Minute
)

// createStreams creates what is missing and repairs what differs.
func (b *Bus) createStreams(ctx context.Context) error {
	steps := []func(context.Context) error{b.openIntake, b.openFacts, b.openPeople, b.openDuty}
	for _, step := range steps {
		if err := retry(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

func (b *Bus) openIntake(ctx context.Context) (err error) {
	b.intake, err = openStream(ctx, b.intakeJS, jetstream.StreamConfig{
		Name:        intakeStream,
		Description: "What publishers sent",
		Subjects:    []string{intakeSubjects},
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Replicas:    b.replicas(),
		Discard:     jetstream.DiscardNew,
		MaxAge:      maxIntakeAge,
		MaxBytes:    maxIntakeBytes,
		MaxMsgSize:  maxEvent,
		Duplicates:  msgIDWindow,
		DenyDelete:  true,
		DenyPurge:   true,
	}, func(cfg *jetstream.StreamConfig) error {
		if cfg.AllowRollup || cfg.AllowMsgTTL || cfg.AllowMsgSchedules || cfg.AllowMsgCounter || cfg.AllowAtomicPublish {
			return errors.New("it lets publishers delete, expire or schedule what others sent: " +
				"it must allow no rollup, message TTL, schedules, counters or batches")
		}
		return b.adjust(cfg)
	})
	return err
}

func (b *Bus) openFacts(ctx context.Context) (err error) {
	b.facts, err = openStream(ctx, b.js, jetstream.StreamConfig{
		Name:        factsStream,
		Description: "Everything that is true; never purged",
		Subjects:    []string{factsSubjects},
		Retention:   jetstream.LimitsPolicy,
		Storage:     jetstream.FileStorage,
		Replicas:    b.replicas(),
		Discard:     jetstream.DiscardNew,
		Duplicates:  msgIDWindow,
		DenyDelete:  true,
		DenyPurge:   true,
	}, func(cfg *jetstream.StreamConfig) error {
		if cfg.MaxAge > 0 || cfg.MaxMsgsPerSubject > 0 || cfg.Retention != jetstream.LimitsPolicy ||
			cfg.Storage != jetstream.FileStorage || cfg.PersistMode == jetstream.AsyncPersistMode {
			return errors.New("it forgets facts: it must have file storage, the limits policy, " +
				"no maximum age, no maximum per subject and no asynchronous persistence")
		}
		// A full log must refuse the new, not forget the old, and only its
		// leader knows for certain whether a fact is there.
		cfg.Discard, cfg.AllowDirect = jetstream.DiscardNew, false
		return b.adjust(cfg)
	})
	return err
}

// adjust changes what an existing log must have. Limits that an operator
// set otherwise stay.
func (b *Bus) adjust(cfg *jetstream.StreamConfig) error {
	cfg.DenyDelete, cfg.DenyPurge = true, true
	return b.replicate(cfg)
}

// replicate gives an existing stream the replicas that were asked for.
func (b *Bus) replicate(cfg *jetstream.StreamConfig) error {
	if b.cfg.Replicas > 0 {
		cfg.Replicas = b.cfg.Replicas
	}
	return nil
}

// openStream creates the stream, or opens it when it exists and updates it
// where adjust changes its configuration.
func openStream(ctx context.Context, js jetstream.JetStream, cfg jetstream.StreamConfig,
	adjust func(*jetstream.StreamConfig) error,
) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, cfg.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if s, err = js.CreateStream(ctx, cfg); err != nil {
			return nil, fmt.Errorf("create stream %s: %w", cfg.Name, underWay(err))
		}
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open stream %s: %w", cfg.Name, err)
	}
	have := s.CachedInfo().Config
	want := have
	if err := adjust(&want); err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	if sameSettings(have, want) {
		return s, nil
	}
	if s, err = js.UpdateStream(ctx, want); err != nil {
		return nil, fmt.Errorf("update stream %s: %w", cfg.Name, err)
	}
	return s, nil
}

// sameSettings compares what an adjust function may change.
func sameSettings(a, b jetstream.StreamConfig) bool {
	return a.Replicas == b.Replicas && a.Discard == b.Discard && a.AllowDirect == b.AllowDirect &&
		a.MaxMsgsPerSubject == b.MaxMsgsPerSubject && a.DenyDelete == b.DenyDelete && a.DenyPurge == b.DenyPurge
}

// openPeople opens the bucket of personal data. Its stream is a bucket's,
// except that values may be deleted, which a bucket made by the client
// library forbids, and that only the leader answers, so that what was written
// is read.
func (b *Bus) openPeople(ctx context.Context) (err error) {
	b.peopleStream, err = openStream(ctx, b.js, jetstream.StreamConfig{
		Name:              "KV_" + peopleBucket,
		Description:       "Personal data, by random id",
		Subjects:          []string{"$KV." + peopleBucket + ".>"},
		MaxMsgsPerSubject: 1,
		AllowRollup:       true,
		Storage:           jetstream.FileStorage,
		Replicas:          b.replicas(),
		Discard:           jetstream.DiscardNew,
	}, b.adjustPeople)
	if err != nil {
		return err
	}
	b.people, err = b.js.KeyValue(ctx, peopleBucket)
	return underWay(err)
}

// adjustPeople changes what an existing bucket must have: no earlier values, no
// answers of servers that lag, and when it is full nobody is forgotten.
func (b *Bus) adjustPeople(cfg *jetstream.StreamConfig) error {
	if cfg.MaxAge > 0 || cfg.Storage != jetstream.FileStorage {
		return errors.New("it forgets people: it must have file storage and no maximum age")
	}
	cfg.MaxMsgsPerSubject, cfg.AllowDirect, cfg.Discard = 1, false, jetstream.DiscardNew
	return b.replicate(cfg)
}

func (b *Bus) openDuty(ctx context.Context) (err error) {
	b.duty, err = b.js.KeyValue(ctx, dutyBucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		b.duty, err = b.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
			Bucket:         dutyBucket,
			Description:    "Which node is on duty",
			History:        1,
			LimitMarkerTTL: markerLife,
			Storage:        jetstream.FileStorage,
			Replicas:       b.replicas(),
		})
	}
	if err != nil {
		return fmt.Errorf("open bucket %s: %w", dutyBucket, underWay(err))
	}
	return nil
}

// underWay marks errors that end when what another node is creating at this
// moment is known to all servers.
func underWay(err error) error {
	if errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, jetstream.ErrBucketExists) ||
		errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("%w: %w", errUnderWay, err)
	}
	return err
}

func (b *Bus) replicas() int {
	switch {
	case b.cfg.Replicas > 0:
		return b.cfg.Replicas
	case b.cfg.clustered(), b.hub.ConnectedClusterName() != "":
		return 3
	}
	return 1
}

// findWarnings looks at what an external cluster promises. Whether it syncs
// is not told to ordinary accounts.
func (b *Bus) findWarnings() []string {
	if b.server != nil {
		return nil
	}
	var w []string
	for _, s := range []jetstream.Stream{b.intake, b.facts} {
		cfg := s.CachedInfo().Config
		if cfg.Replicas < 3 {
			w = append(w, fmt.Sprintf("stream %s has %d replicas: with fewer than 3, what was acknowledged can be lost with one server", cfg.Name, cfg.Replicas))
		}
	}
	return append(w, "the NATS servers must run with sync_interval: always, which the hub cannot verify; without it, a power cut can lose what was acknowledged")
}
