package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/events/clock"
)

//go:embed demo
var demoFiles embed.FS

const demoReplay = "demo/replays/fedora-dc-move-2025.jsonl"

// How a demonstration runs: demoLead in which the hub starts, so that nothing
// is recorded before it happened; the days of notice in demoNotice; and from
// demoBefore the work began to its end in demoLive. From demoTail after the
// last event, in the hub's time, its clock runs at the machine's pace: there
// are days to answer, not seconds.
const (
	demoLead   = 3 * time.Second
	demoNotice = 15 * time.Second
	demoLive   = 75 * time.Second
	demoBefore = 5 * time.Hour
	demoTail   = time.Hour
)

func (p *program) demoCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Replay a real past upgrade on a hub of its own",
		Long: `Demo starts a hub with invented audiences and replays a datacenter move of 2025:
planned for 48 hours, it took 114. The hub's own time runs with it, so the page
shows what its readers would have seen. Mails appear in the outbox. Slack stays
off unless it is configured. The hub keeps serving after the end: try a rating
link of a last mail, then hub feedback. Ctrl-C ends it.

Without --data everything is kept in a temporary directory.`,
		Example: "  hub demo\n  hub demo --speed 60000 --data ./demo-data",
		Args:    cobra.NoArgs,
		RunE:    p.demo,
	}
	addSettings(cmd, func(setting) bool { return true })
	cmd.Flags().Lookup("data").DefValue = "" // a temporary directory
	cmd.Flags().Float64("speed", 0, "`times` faster than it was (default: the notice in 15 s, the work in 75 s)")
	return cmd
}

func (p *program) demo(cmd *cobra.Command, _ []string) error {
	speed, _ := cmd.Flags().GetFloat64("speed")
	if speed < 0 {
		return &usageError{fmt.Errorf("--speed %v: is negative", speed)}
	}
	lines, err := demoLines()
	if err != nil {
		return err
	}
	cfg, err := p.demoConfig(givenFlags(cmd))
	if err != nil {
		return err
	}
	clk := demoClock(lines, speed, time.Now())
	fmt.Fprintf(p.stdout, "demo      %s, %.0f times faster than it was\n", lines[0].upgrade, clk.Legs[1].Speed)
	return stopped(cmd.Context(), p.runDemo(cmd.Context(), cfg, clk, lines))
}

func demoLines() ([]recorded, error) {
	text, err := demoFiles.ReadFile(demoReplay)
	if err != nil {
		return nil, err
	}
	return readReplay(text, func(name string) ([]byte, error) {
		return demoFiles.ReadFile(path.Join(path.Dir(demoReplay), name))
	})
}

// demoClock maps the hub's time to that of the replay.
func demoClock(lines []recorded, speed float64, now time.Time) clock.Clock {
	first, last := lines[0].at, lines[len(lines)-1].at
	work := first
	for _, l := range lines {
		if l.t == events.UpgradeStarted {
			work = l.at.Add(-demoBefore)
			break
		}
	}
	notice, live := speed, speed
	if speed == 0 {
		notice, live = work.Sub(first).Seconds()/demoNotice.Seconds(), last.Sub(work).Seconds()/demoLive.Seconds()
	}
	lead := time.Duration(float64(demoLead) * notice)
	return clock.Clock{Start: now, Legs: []clock.Leg{
		{From: first.Add(-lead), Speed: notice}, {From: work, Speed: live}, {From: last.Add(demoTail), Speed: 1},
	}}
}

// demoConfig is the configuration as given, with a place of its own for data
// and with audiences, if none are given.
func (p *program) demoConfig(flags map[string]string) (Config, error) {
	cfg, err := loadConfig(flags, p.getenv)
	if err != nil {
		return cfg, err
	}
	if !cfg.Embedded() {
		return cfg, &usageError{errors.New("a demonstration plays in its own time, which an external cluster must not see: leave --nats out")}
	}
	if _, given := flags["data"]; !given && p.getenv("HUB_DATA") == "" {
		if cfg.Data, err = os.MkdirTemp("", "hub-demo-"); err != nil {
			return cfg, err
		}
	}
	if _, given := flags["log"]; !given && p.getenv("HUB_LOG") == "" {
		cfg.Log = slog.LevelWarn // the replay's own lines are what is to be seen
	}
	if len(cfg.Audiences) == 0 {
		cfg.Audiences, cfg.People = demoAudiences(), demoPeople()
	}
	return cfg, cfg.createSecrets()
}

func demoAudiences() []Audience {
	mails := func(targets ...string) []Channel { return []Channel{{Name: "email", Targets: targets}} }
	return []Audience{
		{ID: "users", Role: "users", Channels: mails("readers@example.org", "library@example.org")},
		{ID: "teams", Role: "teams", Channels: mails("builders@example.org")},
		{ID: "managers", Role: "managers", Channels: mails("managers@example.org")},
		{ID: "stakeholders", Role: "stakeholders", Channels: mails("packagers@example.org")},
		{ID: "support", Role: "support", Channels: mails("helpdesk@example.org")},
	}
}

func demoPeople() []Person {
	return []Person{
		{Name: "@infra-lead", Email: "lead@example.org", Zone: "Europe/Berlin"},
		{Name: "@infra-deputy", Email: "deputy@example.org", Zone: "America/New_York"},
		{Name: "@infra-comms", Email: "comms@example.org"},
	}
}

// runDemo serves, and publishes each event when its moment comes.
func (p *program) runDemo(ctx context.Context, cfg Config, clk clock.Clock, lines []recorded) error {
	said := &pageFinder{to: p.stdout, found: make(chan string, 1)}
	both := *p
	both.stdout = said // hub and replay print in turns
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { // ends with ctx
		err := p.serve(ctx, cfg, said, clk)
		if err == nil && ctx.Err() == nil {
			return errors.New("the hub stopped by itself")
		}
		return err
	})
	g.Go(func() error { return both.playDemo(ctx, cfg, clk, lines, said.found) })
	return g.Wait()
}

func (p *program) playDemo(ctx context.Context, cfg Config, clk clock.Clock, lines []recorded, found <-chan string) error {
	var base string
	select {
	case base = <-found:
	case <-ctx.Done():
		return ctx.Err()
	}
	if own := defaultURL(cfg.HTTP); own != "" {
		base = own // --public-url may lead somewhere else
	}
	c, err := newClient(base, cfg.Token)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "watch     %s/upgrades/%s\noutbox    %s\n", base, lines[0].upgrade, cfg.outbox())
	err = p.play(ctx, c, lines, false, func(ctx context.Context, i int) error {
		return pause(ctx, clk.Wait(lines[i].at))
	})
	if err != nil && !errors.Is(err, errRefused) {
		return err
	}
	fmt.Fprintf(p.stdout, "\nThe replay is over; the hub keeps serving until Ctrl-C.\n"+
		"Answer through a link of a mail in the outbox, then:\n  hub feedback %s --http %s --data %s\n", lines[0].upgrade, base, cfg.Data)
	return nil
}

// pageFinder passes on what a hub prints and finds in it where its page is.
type pageFinder struct {
	to    io.Writer
	found chan string

	mu   sync.Mutex
	rest []byte
	done bool
}

// Write looks for the line "page URL".
func (f *pageFinder) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.done {
		f.rest = append(f.rest, b...)
	}
	for !f.done {
		line, rest, whole := bytes.Cut(f.rest, []byte("\n"))
		if !whole {
			break
		}
		f.rest = rest
		if word, url, _ := strings.Cut(strings.TrimSpace(string(line)), " "); word == "page" {
			f.found <- strings.TrimSuffix(strings.TrimSpace(url), "/")
			f.done, f.rest = true, nil
		}
	}
	return f.to.Write(b)
}
