package service_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/notifiers"
	"upgradehub/notifiers/service"
)

const secret = "CANARYSECRET"

func message(to string) notifiers.Message {
	return notifiers.Message{
		To:       notifiers.Person{Channel: "service", Address: to},
		Headline: "Planned: Postgres 16", Text: "Planned: Postgres 16\n\nYou cannot use orders.\n\n-- \nUpgrade Hub\n",
		Links: notifiers.Links{Page: "https://status.example.org/upgrades/pg16"},
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range []struct{ url, want string }{
		{"ntfy://ntfy.sh/topic", ""},
		{"generic+https://sms.example.org/send?template=json", ""},
		{"teams://11111111-4444-4444-8444-cccccccccccc@22222222-4444-4444-8444-cccccccccccc/33333333012222222222333333333344/44444444-4444-4444-8444-cccccccccccc/V2ESyij?host=acme.webhook.office.com", ""},
		{"generic+https://prod.example.org/workflows/1/triggers/manual/paths/invoke?sig=" + secret + "&sv=1.0&template=teams", ""},
		{"generic+https://prod.example.org/" + secret + "?template=mine", "asks for a template that is neither json nor teams"},
		{"matrix://user:" + secret + "@matrix.example.org/?rooms=a", ""},
		{"https://example.org/" + secret, "names no known service"},
		{secret, "is not a service URL such as ntfy://ntfy.sh/topic"},
		{"slack://" + secret, "use the channel slack"},
		{"smtp://u:" + secret + "@mail/", "use the channel email"},
		{"logger://", "nobody is told by a log"},
		{"telegram://" + secret, "is not how a URL of telegram looks"},
	} {
		got := ""
		if err := service.Check(tt.url); err != nil {
			got = err.Error()
		}
		if (tt.want == "") != (got == "") || !strings.HasPrefix(got, tt.want) || strings.Contains(got, secret) {
			t.Errorf("Check(%q) = %q, want %q", tt.url, got, tt.want)
		}
	}
}

// server is a service of ntfy's kind, which says what it got.
func server(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	srv := httptest.NewServer(handle)
	t.Cleanup(srv.Close)
	return "ntfy://u:" + secret + "@" + srv.Listener.Addr().String() + "/topic?scheme=http"
}

func TestNotify(t *testing.T) {
	bodies := make(chan string, 2)
	url := server(t, func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if _, password, _ := r.BasicAuth(); password != secret {
			t.Errorf("password %q", password)
		}
		bodies <- string(raw)
		_, _ = io.WriteString(w, `{"id":"x"}`)
	})
	s := service.New(map[string]service.Target{"long": {URL: url}, "short": {URL: url, Short: true}}, slog.New(slog.DiscardHandler))
	for name, want := range map[string]string{
		"long":  "Planned: Postgres 16\n\nYou cannot use orders.",
		"short": "Planned: Postgres 16\nhttps://status.example.org/upgrades/pg16",
	} {
		if _, err := s.Notify(t.Context(), message(name)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := <-bodies; !strings.Contains(got, want) || strings.Contains(got, "-- ") {
			t.Errorf("%s got %q, want %q in it", name, got, want)
		}
	}
	_, err := s.Notify(t.Context(), message("nobody"))
	same(t, err, notifiers.SendError{Code: "unknown", Permanent: true, TargetBroken: true})
}

// TestTeams: a workflow of Teams gets an Adaptive Card, in which nothing that
// somebody wrote is read as Markdown, at the address that Microsoft gave.
func TestTeams(t *testing.T) {
	bodies := make(chan string, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if r.URL.Query().Get("sig") != secret || r.URL.Query().Get("api-version") != "1" || r.URL.Query().Has("template") || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("posted to %s as %s", r.URL, r.Header.Get("Content-Type"))
		}
		bodies <- string(raw)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer srv.Close()
	url := "generic+" + srv.URL + "/workflows/1/triggers/manual/paths/invoke?api-version=1&sig=" + secret + "&template=teams"
	s := service.New(map[string]service.Target{"long": {URL: url}, "short": {URL: url, Short: true}}, slog.New(slog.DiscardHandler))
	m := message("long")
	m.Text = "Planned: Postgres 16\n\nYou cannot use [orders](https://evil.example) \"today\".\n\nWhen:\n01:00 to 02:00 UTC\n\n-- \nUpgrade Hub\n"
	for name, want := range map[string][]string{
		"long":  {"Planned: Postgres 16", `You cannot use [orders](https://evil.example) "today".`, "When:", "01:00 to 02:00 UTC"},
		"short": {"Planned: Postgres 16"},
	} {
		m.To.Address = name
		if _, err := s.Notify(t.Context(), m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkCard(t, <-bodies, want)
	}
}

// checkCard compares the lines of a card; all are plain.
func checkCard(t *testing.T, body string, want []string) {
	t.Helper()
	var got struct {
		Type        string
		Attachments []struct {
			ContentType string
			Content     struct {
				Type, Version string
				Body          []struct {
					Type    string
					Inlines []struct{ Type, Text string }
				}
				Actions []struct{ Type, URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil || len(got.Attachments) != 1 {
		t.Fatalf("body %s: %v", body, err)
	}
	one := got.Attachments[0]
	var lines []string
	for _, b := range one.Content.Body {
		if b.Type != "RichTextBlock" || len(b.Inlines) != 1 || b.Inlines[0].Type != "TextRun" {
			t.Errorf("a line is %+v, want plain text", b)
			continue
		}
		lines = append(lines, b.Inlines[0].Text)
	}
	if got.Type != "message" || one.ContentType != "application/vnd.microsoft.card.adaptive" || one.Content.Type != "AdaptiveCard" || !slices.Equal(lines, want) {
		t.Errorf("card %s, lines %q, want %q", body, lines, want)
	}
	if a := one.Content.Actions; len(a) != 1 || a[0].Type != "Action.OpenUrl" || a[0].URL != "https://status.example.org/upgrades/pg16" {
		t.Errorf("actions %+v, want the page", a)
	}
}

func TestFaults(t *testing.T) {
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	nobody, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	away := "ntfy://u:" + secret + "@" + nobody.Addr().String() + "/topic?scheme=http"
	if err := nobody.Close(); err != nil {
		t.Fatal(err)
	}
	hang := make(chan struct{})
	defer close(hang) // before the servers wait for their handlers
	for _, tt := range []struct {
		name, url string
		want      notifiers.SendError
	}{
		{"gone", server(t, answer(410, "")), notifiers.SendError{Code: "410", Permanent: true, TargetBroken: true}},
		{"forbidden, in the service's words", server(t, answer(403, `{"code":40301,"http":403,"error":"forbidden"}`)), notifiers.SendError{Code: "403", Permanent: true, TargetBroken: true}},
		{"limited", server(t, answer(429, `{"code":42901,"http":429,"error":"limit reached"}`)), notifiers.SendError{Code: "429"}},
		{"broken", server(t, answer(500, "")), notifiers.SendError{Code: "500"}},
		{"malformed", server(t, answer(400, "")), notifiers.SendError{Code: "400", Permanent: true}},
		{"nobody there", away, notifiers.SendError{Code: "network"}},
		{"reset after it was read", server(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			panic(http.ErrAbortHandler)
		}), notifiers.SendError{Code: "network", Ambiguous: true}},
		{"silence", server(t, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-hang
		}), notifiers.SendError{Code: "timeout", Ambiguous: true}},
		{"not set up", "telegram://" + secret, notifiers.SendError{Code: "setup"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := service.New(map[string]service.Target{"one": {URL: tt.url}}, slog.New(slog.DiscardHandler))
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			_, err := s.Notify(ctx, message("one"))
			same(t, err, tt.want)
		})
	}
}

// TestOneHangs: a service that never answers takes no other with it.
func TestOneHangs(t *testing.T) {
	hang := make(chan struct{})
	hung := server(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-hang
	})
	defer close(hang) // before the servers wait for their handlers
	well := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"id":"x"}`) })
	s := service.New(map[string]service.Target{"hung": {URL: hung}, "well": {URL: well}}, slog.New(slog.DiscardHandler))
	for _, want := range []string{"timeout", "timeout", "timeout", "timeout", "busy"} {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		_, err := s.Notify(ctx, message("hung"))
		cancel()
		if f, ok := errors.AsType[*notifiers.SendError](err); !ok || f.Code != want {
			t.Errorf("Notify of a service that hangs = %v, want %s", err, want)
		}
	}
	if _, err := s.Notify(t.Context(), message("well")); err != nil {
		t.Errorf("Notify of another one = %v", err)
	}
}

// same compares everything but the words, which must hold no secret.
func same(t *testing.T, err error, want notifiers.SendError) {
	t.Helper()
	got, ok := errors.AsType[*notifiers.SendError](err)
	if !ok {
		t.Fatalf("error = %v, want a SendError", err)
	}
	if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("error %q tells the URL", err)
	}
	plain := *got
	plain.Err = nil
	if plain != want {
		t.Errorf("error = %+v (%v), want %+v", plain, got.Err, want)
	}
}
