package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"
	"golang.org/x/sync/errgroup"

	"upgradehub/events/clock"
)

var subscribers = flag.Int("subscribers", 100_000, "how many people BenchmarkAnnouncement tells")

// mailConnections is how many connections the hub sends mail over.
const mailConnections = 4

// BenchmarkAnnouncement announces one upgrade to a hundred thousand
// subscribers, through everything: planning, pages of recipients, words,
// mail to a local server, outcomes in the log and the tables. Before and after
// it, go-mail alone hands mails of the same content to the same server over as
// many connections, and over one; the ratios of the rates are what counts. Meanwhile events of
// another upgrade are published, and it is measured how long they take until
// the page has them.
//
//	make bench
func BenchmarkAnnouncement(b *testing.B) {
	box := startSink(b)
	n := openCrowd(b, box.url)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	quiet := planNow("other")
	quiet["audiences"] = []any{map[string]any{"id": "teams", "channels": []string{"slack"}}}
	h.applied(b, "other", "upgrade.planned", map[string]any{"plan": quiet})
	sample := some(b)
	round := 0
	for b.Loop() {
		cpu := cpuTime(b)
		before, one := alone(b, box, sample, *subscribers/10, mailConnections), alone(b, box, sample, *subscribers/10, 1)
		b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(*subscribers/5), "gomail-cpu-us/mail")
		told := announce(b, n, h, box, fmt.Sprintf("big%d", round))
		after := alone(b, box, sample, *subscribers/10, mailConnections)
		round++
		b.ReportMetric(before, "gomail-before/s")
		b.ReportMetric(after, "gomail-after/s")
		b.ReportMetric(told, "hub/s")
		b.ReportMetric(2*told/(before+after), "hub/gomail")
		b.ReportMetric(told/one, "hub/gomail-one-connection")
	}
}

// sink is a real SMTP server that counts what it accepts, and keeps nothing.
type sink struct {
	url   string
	count atomic.Int64
}

func startSink(t testing.TB) *sink {
	t.Helper()
	s := &sink{}
	s.url = serveSMTP(t, s)
	return s
}

// NewSession begins one SMTP session.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return &sinkSession{s}, nil }

type sinkSession struct{ *sink }

func (*sinkSession) Mail(string, *smtp.MailOptions) error { return nil }
func (*sinkSession) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (*sinkSession) Reset()                               {}
func (*sinkSession) Logout() error                        { return nil }

func (s *sinkSession) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	s.count.Add(1)
	return err
}

// openCrowd runs a hub in this process that has many subscribers.
func openCrowd(b *testing.B, smtpURL string) *node {
	b.Helper()
	data := seeded(b, *subscribers)
	env := map[string]string{
		"HUB_DATA": data, "HUB_HTTP": "127.0.0.1:0", "HUB_OPS": "127.0.0.1:0", "HUB_NATS_LISTEN": "127.0.0.1:0",
		"HUB_SMTP": smtpURL, "HUB_MAIL_FROM": "hub@example.org", "HUB_LOG": "warn",
	}
	cfg, err := loadConfig(nil, func(name string) string { return env[name] })
	if err == nil {
		err = cfg.createSecrets()
	}
	if err != nil {
		b.Fatal(err)
	}
	n, err := openNode(b.Context(), cfg, clock.Clock{}, newLogger(os.Stderr, cfg.Log))
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- n.run(ctx, io.Discard) }() // ends with ctx
	b.Cleanup(func() {
		stop()
		if err := errors.Join(<-ended, n.close()); err != nil {
			b.Error(err)
		}
	})
	return n
}

// mailParts is one mail, taken apart.
type mailParts struct{ text, html, calendar string }

// some is a mail of a hub with one subscriber, by which go-mail alone is
// measured.
func some(b *testing.B) mailParts {
	b.Helper()
	box := startMailbox(b)
	h := startHub(b, seeded(b, 1), "--smtp", box.url, "--mail-from", "hub@example.org")
	defer h.kill()
	h.applied(b, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(b, time.Minute, "a mail", func() bool { return box.count() == 1 })
	text := decoded(b, box.mails("")[0])
	html, calendar := strings.Index(text, "<!DOCTYPE"), strings.Index(text, "BEGIN:VCALENDAR")
	if html < 0 || calendar < html {
		b.Fatalf("the announcement has no three parts:\n%s", text)
	}
	return mailParts{text[:html], text[html:calendar], text[calendar:]}
}

// alone is the rate at which go-mail by itself makes and hands over mails.
func alone(b *testing.B, box *sink, m mailParts, many, connections int) float64 {
	b.Helper()
	host, port, _ := net.SplitHostPort(strings.TrimSuffix(strings.TrimPrefix(box.url, "smtp://"), "?tls=none"))
	number, _ := strconv.Atoi(port)
	var next atomic.Int64
	var work errgroup.Group
	start := time.Now()
	for range connections {
		work.Go(func() error {
			c, err := gomail.NewClient(host, gomail.WithPort(number), gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithoutNoop())
			if err != nil {
				return err
			}
			session, err := c.DialToSMTPClientWithContext(b.Context())
			if err != nil {
				return err
			}
			for i := next.Add(1); i <= int64(many); i = next.Add(1) {
				msg, err := m.mail(int(i))
				if err != nil {
					return err
				}
				if err := c.SendWithSMTPClient(session, msg); err != nil {
					return err
				}
			}
			return c.CloseWithSMTPClient(session)
		})
	}
	if err := work.Wait(); err != nil {
		b.Fatal(err)
	}
	return float64(many) / time.Since(start).Seconds()
}

// mail makes the mail of one recipient, as a program would that knows them.
func (m mailParts) mail(i int) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(msg.From("hub@example.org"), msg.To(crowdAddress(i))); err != nil {
		return nil, err
	}
	msg.Subject("[student-records] Database 16 to 17")
	msg.SetDate()
	msg.SetMessageIDWithValue(fmt.Sprintf("%032d@example.org", i))
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetListUnsubscribe(fmt.Sprintf("http://status.example.org/s/%022d", i))
	msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	msg.SetBodyString(gomail.TypeTextPlain, m.text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.html)
	return msg, msg.AttachReader("upgrade.ics", strings.NewReader(m.calendar), gomail.WithFileContentType("text/calendar; method=PUBLISH; charset=UTF-8"))
}

// announce tells everybody of an upgrade and returns the rate; the rest it
// reports itself.
func announce(b *testing.B, n *node, h *hubProcess, box *sink, id string) float64 {
	b.Helper()
	from, log, file := box.count.Load(), h.logBytes(b), h.fileBytes(b)
	runtime.GC()
	heap, peak := heapNow(), uint64(0)
	quit, lates := make(chan bool), make(chan []time.Duration, 1)
	go func() { lates <- h.others(b, quit) }() // ends with quit
	start, cpu := time.Now(), cpuTime(b)
	h.applied(b, id, "upgrade.planned", map[string]any{"plan": planNow(id)})
	for box.count.Load() < from+int64(*subscribers) {
		<-time.After(20 * time.Millisecond)
		peak = max(peak, heapNow())
	}
	took := time.Since(start)
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(*subscribers), "cpu-us/recipient")
	close(quit)
	late := <-lates
	h.settled(b)
	slices.Sort(late)
	b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "others-p50-ms")
	b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "others-p99-ms")
	b.ReportMetric(float64(max(peak, heap)-heap)/1e6, "heap-growth-MB")
	b.ReportMetric(float64(resident(b))/1e6, "rss-peak-MB")
	b.ReportMetric(float64(h.logBytes(b)-log)/float64(*subscribers), "log-B/recipient")
	b.ReportMetric(float64(h.fileBytes(b)-file)/float64(*subscribers), "db-B/recipient")
	return float64(*subscribers) / took.Seconds()
}

// others publishes events of another upgrade, one after the other, and
// measures how long each takes until it is folded.
func (h *hubProcess) others(b *testing.B, quit <-chan bool) []time.Duration {
	var all []time.Duration
	for i := 0; ; i++ {
		select {
		case <-quit:
			return all
		case <-time.After(50 * time.Millisecond):
		}
		start := time.Now()
		h.publish(b, "other", "phase.progressed", map[string]any{"phase": "switchover", "percent": i % 100})
		all = append(all, time.Since(start))
	}
}

// cpuTime is what this process has used, the mail server in it included.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heapNow() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse
}

var peakResident = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// resident is the most memory this process ever had, with the mail server in
// it.
func resident(b *testing.B) int {
	b.Helper()
	raw, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	kB, _ := strconv.Atoi(string(peakResident.FindSubmatch(raw)[1]))
	return kB << 10
}

func (h *hubProcess) logBytes(b *testing.B) (n int) {
	b.Helper()
	if err := h.db(b).QueryRowContext(b.Context(), `SELECT sum(length(raw) + length(subject)) FROM log`).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

func (h *hubProcess) fileBytes(b *testing.B) int64 {
	b.Helper()
	info, err := os.Stat(filepath.Join(h.data, "hub.db"))
	if err != nil {
		b.Fatal(err)
	}
	return info.Size()
}
