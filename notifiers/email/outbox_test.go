package email_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"upgradehub/notifiers/email"
)

// TestWaste: the mails of deliveries go, those of others and other files stay.
func TestWaste(t *testing.T) {
	dir := t.TempDir()
	id := func(c string) string { return strings.Repeat(c, 64) }
	name := func(c string) string { return "0000000000000001-" + strings.Repeat(c, 16) + ".eml" }
	for _, file := range []string{name("a"), name("b"), name("c"), "a.txt", "readme.eml"} {
		if err := os.WriteFile(filepath.Join(dir, file), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := email.Waste(dir, func() ([]string, error) { return []string{id("a"), id("c"), id("d")}, nil }); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if want := []string{name("b"), "a.txt", "readme.eml"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("%v are left, %v, want %v", left, err, want)
	}
	unasked := func() ([]string, error) { return nil, errors.New("asked for nothing") }
	for _, empty := range []string{t.TempDir(), filepath.Join(dir, "none")} {
		if err := email.Waste(empty, unasked); err != nil {
			t.Errorf("of an empty outbox: %v", err)
		}
	}
	if err := email.Waste(dir, unasked); err == nil {
		t.Error("an error is passed over")
	}
}

// TestCrashLeavesNoMail: a mail that was half written when the hub died is gone
// once it runs again, whole ones stay.
func TestCrashLeavesNoMail(t *testing.T) {
	for _, server := range []string{"", "smtp://127.0.0.1:25"} {
		dir := t.TempDir()
		for _, file := range []string{".mail-123", "0000000000000001-aaaaaaaaaaaaaaaa.eml"} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte("To: a@example.org"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		open(t, email.Config{OutboxDir: dir, URL: server})
		left, err := os.ReadDir(dir)
		if err != nil || len(left) != 1 || left[0].Name() != "0000000000000001-aaaaaaaaaaaaaaaa.eml" {
			t.Errorf("with the server %q the outbox has %v, %v, want the whole mail alone", server, left, err)
		}
	}
}
