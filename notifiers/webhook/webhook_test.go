package webhook_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var update = flag.Bool("update", false, "rewrite the golden files")

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func newWebhook(t testing.TB, cfg webhook.Config) *webhook.Webhook {
	t.Helper()
	if cfg.Keys == nil {
		cfg.Keys = webhook.Keys{"0123456789abcdef"}
	}
	cfg.Version = "test"
	w := webhook.New(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(w.Close)
	return w
}

func message(to string) notifiers.Message {
	return notifiers.Message{
		Delivery: notifiers.Delivery{ID: "d1", Upgrade: "pg16", Notice: events.Notice{Moment: events.MomentAnnounced, Role: "users"}},
		To:       notifiers.Person{Channel: "webhook", Address: to},
		Subject:  "[orders] Postgres 16", Headline: "Planned: Postgres 16", Text: "You cannot use <orders> & more.\n", HTML: "<p>not sent</p>",
		Links: notifiers.Links{Page: "https://status.example.org/upgrades/pg16", Calendar: "https://status.example.org/upgrades/pg16.ics", Unsubscribe: "https://status.example.org/s/TOKEN"},
		Upgrade: upgrade.Public{
			ID: "pg16", Title: "Postgres 16", System: "orders", State: upgrade.Planned, Zone: "UTC",
			Window: plan.Window{Start: noon.Add(time.Hour), End: noon.Add(2 * time.Hour)},
		},
		Date: noon,
	}
}

// TestNotify is read by the standard's own library, with each of two keys.
func TestNotify(t *testing.T) {
	type got struct {
		header http.Header
		body   []byte
	}
	arrived := make(chan got, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		arrived <- got{r.Header, body}
		w.WriteHeader(http.StatusAccepted)
	}))
	defer srv.Close()
	keys := webhook.Keys{"the new secret of the hub", "the old secret of the hub"}
	w := newWebhook(t, webhook.Config{Keys: keys, Allow: loopback})
	receipt, err := w.Notify(t.Context(), message(srv.URL+"/hook?a=b"))
	if err != nil || receipt.Provider != "202" {
		t.Fatalf("Notify = %+v, %v, want 202", receipt, err)
	}
	sent := <-arrived
	for _, key := range keys {
		hook, err := standardwebhooks.NewWebhook(webhook.Keys{key}.Secret(srv.URL + "/hook?a=b"))
		if err != nil {
			t.Fatal(err)
		}
		if err := hook.Verify(sent.body, sent.header); err != nil {
			t.Errorf("signature of %q: %v", key, err)
		}
	}
	other, err := standardwebhooks.NewWebhook(keys.Secret(srv.URL + "/another"))
	if err != nil {
		t.Fatal(err)
	}
	if other.Verify(sent.body, sent.header) == nil {
		t.Error("another target's secret verifies the message")
	}
	for name, want := range map[string]string{"Content-Type": "application/json; charset=utf-8", "User-Agent": "UpgradeHub/test", "webhook-id": "d1"} {
		if got := sent.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	golden(t, "testdata/announced.json", sent.body)
}

func golden(t *testing.T, path string, body []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(path, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got)+"\n" != string(want) {
		t.Errorf("%s differs; run 'go test ./notifiers/webhook -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestSecretIsStable: targets keep their secret, so how it is made must never
// change.
func TestSecretIsStable(t *testing.T) {
	got := webhook.Keys{"0123456789abcdef", "old"}.Secret("https://hooks.example.org/upgrades")
	if want := "whsec_yGeV6zDBLPlXhQGr18O2ZA/S5MY1Algyx1pHzQ8poeI="; got != want {
		t.Errorf("Secret = %s, want %s", got, want)
	}
}

func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		after  string
		want   notifiers.SendError
	}{
		{"gone", 410, "", notifiers.SendError{Code: "410", Permanent: true, TargetBroken: true}},
		{"refused", 422, "", notifiers.SendError{Code: "422", Permanent: true}},
		{"not found", 404, "", notifiers.SendError{Code: "404"}},
		{"unauthorized", 401, "", notifiers.SendError{Code: "401"}},
		{"redirect", 307, "", notifiers.SendError{Code: "307", Permanent: true}},
		{"broken", 500, "7", notifiers.SendError{Code: "500"}},
		{"limited", 429, "7", notifiers.SendError{Code: "429", RetryAfter: 7 * time.Second}},
		{"limited until", 429, noon.Add(time.Minute).Format(http.TimeFormat), notifiers.SendError{Code: "429", RetryAfter: time.Minute}},
		{"away too long", 503, "99999999999", notifiers.SendError{Code: "503", RetryAfter: time.Hour}},
		{"away for a day", 503, "86400", notifiers.SendError{Code: "503", RetryAfter: time.Hour}},
		{"away since", 503, noon.Add(-time.Minute).Format(http.TimeFormat), notifiers.SendError{Code: "503"}},
		{"away", 503, "soon", notifiers.SendError{Code: "503"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					t.Errorf("%s was followed", r.URL.Path)
				}
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", tt.after)
				w.WriteHeader(tt.status)
				_, _ = io.Copy(w, io.LimitReader(zeros{}, 1<<20)) // more than anybody reads
			}))
			defer srv.Close()
			w := newWebhook(t, webhook.Config{Allow: loopback, Clock: func() time.Time { return noon }})
			_, err := w.Notify(t.Context(), message(srv.URL))
			same(t, err, tt.want)
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// same compares everything but the words, which must not hold the target.
func same(t *testing.T, err error, want notifiers.SendError) {
	t.Helper()
	got, ok := errors.AsType[*notifiers.SendError](err)
	if !ok {
		t.Fatalf("error = %v, want a SendError", err)
	}
	if strings.Contains(err.Error(), "127.0.0.1:") && strings.Contains(err.Error(), "http") {
		t.Errorf("error %q names the target", err)
	}
	words := got.Err
	plain := *got
	plain.Err = nil
	if plain != want {
		t.Errorf("error = %+v (%v), want %+v", plain, words, want)
	}
}

// TestLostAnswers: what the target may have taken is ambiguous.
func TestLostAnswers(t *testing.T) {
	refused, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + refused.Addr().String()
	if err := refused.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		handle http.HandlerFunc
		want   notifiers.SendError
	}{
		{"silence", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		}, notifiers.SendError{Code: "timeout", Ambiguous: true}},
		{"reset after it was read", func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}, notifiers.SendError{Code: "network", Ambiguous: true}},
		{"nobody there", nil, notifiers.SendError{Code: "network"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := nobody
			if tt.handle != nil {
				srv := httptest.NewServer(tt.handle)
				defer srv.Close()
				target = srv.URL
			}
			w := newWebhook(t, webhook.Config{Allow: loopback, Timeout: 3 * time.Second})
			_, err := w.Notify(t.Context(), message(target))
			same(t, err, tt.want)
		})
	}
}

// TestNothingInsideIsReached: without leave, nothing but the internet is
// dialled, by address or by name.
func TestNothingInsideIsReached(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	defer srv.Close()
	w := newWebhook(t, webhook.Config{Timeout: 5 * time.Second})
	_, port, err := net.SplitHostPort(srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[64:ff9b::7f00:1]"} {
		_, err := w.Notify(t.Context(), message("http://"+host+":"+port))
		same(t, err, notifiers.SendError{Code: "address", Permanent: true})
	}
	w = newWebhook(t, webhook.Config{Allow: loopback, Timeout: 5 * time.Second})
	visitors := message(srv.URL)
	visitors.Stranger = true // what the operator may reach is not for visitors
	_, err = w.Notify(t.Context(), visitors)
	same(t, err, notifiers.SendError{Code: "address", Permanent: true})
	_, err = w.Notify(t.Context(), message("ftp://example.org"))
	same(t, err, notifiers.SendError{Code: "address", Permanent: true, TargetBroken: true})
}

func TestDialable(t *testing.T) {
	public := []string{"1.1.1.1", "8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.0", "192.0.1.1", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"}
	inside := []string{
		"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.255.255", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.0.1", "169.254.169.254",
		"100.64.0.1", "100.127.255.255", "192.0.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "198.18.0.1", "198.19.255.255",
		"224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:7f00:1",
		"64:ff9b::7f00:1", "64:ff9b::101:101", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "5f00::1",
		"fc00::1", "fd12::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
	}
	for list, want := range map[*[]string]bool{&public: true, &inside: false} {
		for _, ip := range *list {
			if got := webhook.Dialable(netip.MustParseAddr(ip), nil); got != want {
				t.Errorf("dialable(%s) = %t, want %t", ip, got, want)
			}
		}
	}
	if !webhook.Dialable(netip.MustParseAddr("::ffff:10.1.2.3"), []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}) {
		t.Error("an allowed network is not dialled")
	}
}

func TestReadKeys(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"0123456789abcdef", ""},
		{"0123456789abcdef, fedcba9876543210", ""},
		{"", "is not 1 to 3 secrets"},
		{"0123456789abcdef short", "holds a secret shorter than 16 characters: signatures could be guessed"},
	} {
		_, err := webhook.ReadKeys(tt.text)
		if got := words(err); got != tt.want {
			t.Errorf("ReadKeys(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct{ target, want string }{
		{"https://hooks.example.org/a?b=c", ""},
		{"http://10.0.0.1:8080", ""},
		{"hooks.example.org", "is not a URL such as https://host"},
		{"ftp://a", "is not a URL such as https://host"},
		{"https://:80", "is not a URL such as https://host"},
		{"https://u:p@a", "holds credentials: messages are signed instead"},
		{"https://a#b", "has a fragment, which no server sees"},
	} {
		if got := words(webhook.Check(tt.target)); got != tt.want {
			t.Errorf("Check(%q) = %q, want %q", tt.target, got, tt.want)
		}
	}
}

func words(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
