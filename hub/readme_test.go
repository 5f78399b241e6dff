package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// between cuts the part of text after the one mark and before the other.
func between(t testing.TB, text, after, before string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, after)
	part, _, ended := strings.Cut(rest, before)
	if !found || !ended {
		t.Fatalf("README.md has nothing between %q and %q", after, before)
	}
	return part
}

// TestReadmeIsTrue tries what a reader of the README will try first.
func TestReadmeIsTrue(t *testing.T) {
	raw, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(raw)

	plan := writeFile(t, "pg16.yaml", between(t, readme, "<<'YAML'\n", "YAML\n"))
	if code, stdout, stderr := hub(t, nil, "plan", "lint", plan); code != exitDone {
		t.Errorf("the plan of the README has faults: %s%s", stdout, stderr)
	}

	dir := t.TempDir()
	for name, text := range map[string]string{"smtp": "smtp://user:pass@mail.example.org:587?tls=mandatory", "slack": "xoxb", "slack-signing": "s", "ntfy": "ntfy://ntfy.sh/topic", "logo.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 1"/>`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	config := strings.ReplaceAll(between(t, readme, "```yaml\n", "```"), "/run/secrets", dir)
	config = strings.ReplaceAll(config, "/etc/hub", dir)
	cfg, err := loadConfig(map[string]string{"config": writeFile(t, "hub.yaml", config)}, env(nil))
	if err != nil {
		t.Fatalf("the hub.yaml of the README: %v", err)
	}
	if len(cfg.Audiences) != 5 || len(cfg.People) != 2 || len(cfg.Publishers) != 1 || cfg.SMTP.Password == "" {
		t.Errorf("the hub.yaml of the README is read as %+v", cfg)
	}

	for _, name := range []string{
		"serve", "demo", "publish", "plan lint", "plan apply", "plan rehearse", "replay", "upgrades", "ready", "deliveries", "retry",
		"rejected", "hold", "release", "feedback", "export", "webhook secret", "history backtest", "window find", "window backtest",
	} {
		if !strings.Contains(readme, "`hub "+name) {
			t.Errorf("the README does not name hub %s", name)
		}
	}
}
