package notifiers_test

import (
	"regexp"
	"strings"
	"testing"

	"upgradehub/events"
	"upgradehub/events/theme"
	"upgradehub/notifiers"
)

// confirmation is the mail with the one button that is meant.
func confirmation(t *testing.T, accent theme.Accent) string {
	t.Helper()
	m, err := renderer(t).Render(notifiers.View{
		Delivery: notifiers.Delivery{Notice: events.Notice{Moment: events.MomentConfirm, Role: "subscribers", Channel: "email"}},
		Person:   notifiers.Person{Channel: "email", Address: "reader@example.org"},
		Links:    notifiers.Links{Page: "https://status.example.org/", Confirm: "https://status.example.org/subscribe/x"},
		Theme:    theme.Theme{Name: "Acme status", Accent: accent},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m.HTML
}

// TestAccent: a mail has the operator's colour, in light and in dark.
func TestAccent(t *testing.T) {
	accent, err := theme.NewAccent(theme.Colour{R: 0x7a, G: 0x1f, B: 0xa2})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/golden/accent.html", confirmation(t, accent))
}

// TestAccentIsReadable: the faintest accents that a theme allows, and the
// mails' own, can be read wherever a mail has them: as links on page and card,
// and as the ground of the button's words.
func TestAccentIsReadable(t *testing.T) {
	for _, tt := range []struct {
		name        string
		light, dark string
	}{
		{"the mails' own", "", ""},
		{"faint", "#6d6d6d", ""},
		{"faint red", "#dd0000", ""},
		{"faint in dark", "#7a1fa2", "#8080ff"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mail := confirmation(t, accentOf(t, tt.light, tt.dark))
			light, dark, _ := strings.Cut(mail, "@media (prefers-color-scheme: dark)")
			_, inline, _ := strings.Cut(dark, "</style>")
			readable(t, found(t, light, `a \{ color: (#\w+)`), found(t, inline, `class="page"[^>]*background:(#\w+)`), found(t, inline, `class="card[^>]*background:(#\w+)`))
			readable(t, found(t, inline, `class="main"[^>]*[^-]color:(#\w+)`), found(t, inline, `class="main"[^>]*background:(#\w+)`))
			readable(t, found(t, dark, ` a \{ color: (#\w+)`), found(t, dark, `\.page \{ background: (#\w+)`), found(t, dark, `\.card \{ background: (#\w+)`))
			readable(t, found(t, dark, `\.main \{.* color: (#\w+)`), found(t, dark, `\.main \{ background: (#\w+)`))
		})
	}
}

func accentOf(t *testing.T, light, dark string) theme.Accent {
	t.Helper()
	if light == "" {
		return theme.Accent{}
	}
	accent, err := theme.NewAccent(colour(t, light))
	if err != nil {
		t.Fatal(err)
	}
	if dark != "" {
		accent.Dark = colour(t, dark)
		if err := theme.Dark.Check(accent.Dark); err != nil {
			t.Fatal(err)
		}
	}
	return accent
}

func colour(t *testing.T, s string) theme.Colour {
	t.Helper()
	c, err := theme.ParseColour(s)
	if err != nil {
		t.Fatalf("%q %v", s, err)
	}
	return c
}

// found is the colour that the expression finds.
func found(t *testing.T, mail, expression string) theme.Colour {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(mail)
	if m == nil {
		t.Fatalf("no %s in\n%s", expression, mail)
	}
	return colour(t, m[1])
}

// readable asks for the contrast of WCAG AA.
func readable(t *testing.T, words theme.Colour, surfaces ...theme.Colour) {
	t.Helper()
	for _, on := range surfaces {
		if ratio := theme.Contrast(words, on); ratio < 4.5 {
			t.Errorf("%s on %s has a contrast of %.2f:1, want 4.5:1", words, on, ratio)
		}
	}
}
