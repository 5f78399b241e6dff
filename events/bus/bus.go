// Package bus carries events and facts over NATS JetStream, and embeds the
// server when there is no other.
//
// There are two streams in two accounts: INTAKE, which publishers write, and
// FACTS, which only the hub writes. A fact is stored once, for ever: its
// subject holds its id and every [Bus.Append] expects that subject to be
// empty. [Bus.Follow] gives the facts in order, as many as are ready at once,
// and refuses a log with a gap or another identity.
package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"upgradehub/events"
	"upgradehub/events/clock"
)

// Config says where the log is. The zero Config with a Dir embeds a server
// with its listener on 127.0.0.1:4222.
type Config struct {
	// Dir is the data directory; the embedded server stores below
	// Dir/nats and holds the lock Dir/LOCK.
	Dir string
	// Listen is the embedded server's listener for publishers,
	// "127.0.0.1:4222"; "-" for none.
	Listen string
	// URL of an external cluster; empty embeds a server.
	URL         string
	Creds       string // credentials file of the HUB account
	IntakeCreds string // of the PUBLISHERS account; empty means Creds
	// ClusterName, ClusterListen and ClusterRoutes join embedded servers
	// to one cluster.
	ClusterName   string
	ClusterListen string
	ClusterRoutes []string
	Replicas      int // default 1, 3 when clustered
	// Publishers maps the hex SHA-256 of a token to the upgrades it may
	// publish for. While it is empty, loopback clients need no credentials.
	Publishers map[string][]string
	// Operator is the operator's token, which may publish everything; empty
	// for none.
	Operator string
	// NodeName names this server; must be stable across restarts.
	NodeName string
	// Clock gives the time of the fact that opens the log; the zero Clock
	// is the machine's own.
	Clock clock.Clock
}

// Fact is an event in the log, with its position and its raw bytes.
type Fact struct {
	Seq     uint64
	Subject string
	Raw     []byte
	Event   events.Event
	// Err is set when Raw could not be read as an event: a fact of a newer
	// version, which is kept and has no effect.
	Err error
}

// Position is a place in the log: everything up to Seq is known.
type Position struct {
	Log string // identity of the log; empty for a fresh file
	Seq uint64
	// Raw is the fact at Seq, to verify that the log still holds it.
	Raw []byte
}

// IntakeMessage is a message in INTAKE as admission reads it.
type IntakeMessage struct {
	Seq     uint64
	Stored  time.Time
	Subject string
	Header  map[string][]string
	Body    []byte
	// Stream is when INTAKE was created, part of derived ids.
	Stream time.Time
}

// The errors of the log.
var (
	// ErrOtherLog: the stream is not the one this file was made from, or
	// it lost what the file knows.
	ErrOtherLog = errors.New("another log")
	// ErrGap: a sequence is missing.
	ErrGap = errors.New("gap in the log")
	// ErrExists: a fact with this subject is already stored.
	ErrExists = errors.New("fact exists")
	// ErrLocked: another hub uses the data directory.
	ErrLocked = errors.New("data directory in use")
	// ErrNoFact: no fact lies under this subject.
	ErrNoFact = errors.New("no such fact")
	// ErrUnstorable: the fact can never be stored: it cannot be written, or
	// is larger than NATS takes.
	ErrUnstorable = errors.New("fact cannot be stored")
	// ErrUnavailable: NATS did not acknowledge in time.
	ErrUnavailable = errors.New("log unavailable")
)

// The names of what stands in NATS.
const (
	factsStream  = "FACTS"
	intakeStream = "INTAKE"
	peopleBucket = "PEOPLE"
	dutyBucket   = "DUTY"
)

// Bus is the connection to the log. It may be used by many goroutines.
type Bus struct {
	cfg Config
	log *slog.Logger

	lock   *os.File       // nil without a data directory
	server *server.Server // nil when the log is an external cluster

	hubLogin, publishersLogin login

	// Two connections, one for each account: a connection belongs to one.
	hub, publishers *nats.Conn
	js, intakeJS    jetstream.JetStream

	facts, intake jetstream.Stream
	people, duty  jetstream.KeyValue
	peopleStream  jetstream.Stream

	full       sync.Map      // the streams that refused because the disk is full
	intakeRead atomic.Uint64 // see IntakeRead

	warnings []string
	readers  sync.WaitGroup
	closing  sync.Once
	closeErr error
}

// Open starts the embedded server or connects, and creates what is missing.
// While the cluster is not ready it waits for it, until ctx ends or a minute
// has passed.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*Bus, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	b := &Bus{cfg: cfg, log: log}
	steps := []func(context.Context) error{b.takeLock, b.startServer, b.connect, b.createStreams}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("open log: %w", errors.Join(err, b.Close()))
		}
	}
	b.warnings = b.findWarnings()
	return b, nil
}

// Close disconnects and stops the embedded server. Whoever follows should
// have been stopped before. Closing twice does nothing.
func (b *Bus) Close() error {
	b.closing.Do(func() { b.closeErr = b.close() })
	return b.closeErr
}

func (b *Bus) close() error {
	for _, nc := range []*nats.Conn{b.publishers, b.hub} {
		if nc != nil {
			nc.Close()
		}
	}
	b.awaitReaders()
	if b.server != nil {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}
	if b.lock != nil {
		// Closing the file is what gives up the lock.
		return b.lock.Close()
	}
	return nil
}

// awaitReaders waits until all readers have ended, but not for those that
// are waiting for a NATS that is away: they end by themselves, later.
func (b *Bus) awaitReaders() {
	ended := make(chan struct{})
	go func() { // ends with the last reader
		b.readers.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(2 * time.Second):
	}
}

// Addr is where publishers connect to the embedded server, "" if nowhere.
func (b *Bus) Addr() string {
	if b.server == nil || b.cfg.Listen == noListener {
		return ""
	}
	return b.server.Addr().String()
}

// Warnings say in an operator's words why an acknowledged event may not be
// on disk; none for an embedded server, which always syncs.
func (b *Bus) Warnings() []string { return b.warnings }

// errFull: once the disk was full, NATS goes on refusing when there is room
// again, until it is started anew.
var errFull = errors.New("NATS refuses to store: free disk space, then restart the hub")

// Healthy reports why events cannot be taken in or facts not be read now;
// nil if they can.
func (b *Bus) Healthy(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	for stream := range b.full.Range {
		return fmt.Errorf("%w: stream %s: %w", ErrUnavailable, stream, errFull)
	}
	_, errFacts := b.facts.Info(ctx)
	_, errIntake := b.intake.Info(ctx)
	if err := errors.Join(errFacts, errIntake); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}
