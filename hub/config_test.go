package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/mail"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"upgradehub/events/theme"
)

// env is an environment for tests.
func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// faultsOf are the faults loadConfig finds, without the directory of files.
func faultsOf(t testing.TB, flags, environment map[string]string) []string {
	t.Helper()
	_, err := loadConfig(flags, env(environment))
	bad, ok := errors.AsType[*faultsError](err)
	if !ok {
		t.Fatalf("loadConfig(%v, %v) error = %v, want faults", flags, environment, err)
	}
	return bad.faults
}

func TestConfigDefaults(t *testing.T) {
	got, err := loadConfig(nil, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		HTTP: "127.0.0.1:8080", Ops: "127.0.0.1:8081", Data: "./hub-data", NATSListen: "127.0.0.1:4222",
		Replicas: 1, Role: roleAll, PublicURL: "http://127.0.0.1:8080", Log: slog.LevelInfo,
		MailFrom: mail.Address{Name: "Upgrade Hub", Address: "upgrade-hub@localhost"}, Mail: Mail{DKIMSelector: "upgradehub"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("loadConfig of nothing:\n got %+v\nwant %+v", got, want)
	}
}

func TestConfigPrecedence(t *testing.T) {
	file := writeFile(t, "hub.yaml", "http: 127.0.0.1:3\n")
	tests := []struct {
		name       string
		flags, env map[string]string
		want       string
	}{
		{"default", nil, nil, "127.0.0.1:8080"},
		{"file", map[string]string{"config": file}, nil, "127.0.0.1:3"},
		{"file named by the environment", nil, map[string]string{"HUB_CONFIG": file}, "127.0.0.1:3"},
		{"environment over file", map[string]string{"config": file}, map[string]string{"HUB_HTTP": "127.0.0.1:2"}, "127.0.0.1:2"},
		{"flag over all", map[string]string{"config": file, "http": "127.0.0.1:1"}, map[string]string{"HUB_HTTP": "127.0.0.1:2"}, "127.0.0.1:1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := loadConfig(tt.flags, env(tt.env))
			if err != nil || got.HTTP != tt.want {
				t.Errorf("loadConfig().HTTP = %q, %v, want %q", got.HTTP, err, tt.want)
			}
		})
	}
}

// TestConfigEverySetting sets every flag by its environment name.
func TestConfigEverySetting(t *testing.T) {
	creds := writeFile(t, "hub.creds", "x")
	got, err := loadConfig(nil, env(map[string]string{
		"HUB_HTTP": ":80", "HUB_OPS": "0.0.0.0:81", "HUB_DATA": "/d", "HUB_NATS_LISTEN": "-",
		"HUB_NATS": "nats://a.example.org:4222,tls://b.example.org", "HUB_NATS_CREDS": creds, "HUB_NATS_INTAKE_CREDS": creds,
		"HUB_REPLICAS": "3", "HUB_ROLE": "view", "HUB_PUBLIC_URL": "https://status.example.org/up/",
		"HUB_SMTP": "smtp://u:p%40ss@mail.example.org?tls=opportunistic", "HUB_MAIL_FROM": "Hub <hub@example.org>",
		"HUB_SLACK_TOKEN": "xoxb", "HUB_SLACK_SIGNING_SECRET": "s", "HUB_SLACK_APP_TOKEN": "xapp", "HUB_SLACK_API_URL": "http://127.0.0.1:9/api",
		"HUB_WEBHOOK_SECRET": "0123456789abcdef fedcba9876543210", "HUB_WEBHOOK_ALLOW": "10.1.2.3/8, fd00::/8",
		"HUB_TOKEN": "t", "HUB_LINK_SECRET": "0123456789abcdef", "HUB_SNAPSHOT_DIR": "/s", "HUB_LOG": "debug",
		"HUB_DKIM_KEY": creds, "HUB_DKIM_SELECTOR": "s1", "HUB_DKIM_DOMAIN": "example.org", "HUB_MAIL_PER_DOMAIN": "60",
		"HUB_BOUNCE_ADDRESS": "bounces@example.org", "HUB_BOUNCE_DIR": "/b",
	}))
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		HTTP: ":80", Ops: "0.0.0.0:81", Data: "/d", NATSListen: "-",
		NATS: "nats://a.example.org:4222,tls://b.example.org", NATSCreds: creds, NATSIntakeCreds: creds,
		Replicas: 3, Role: roleView, PublicURL: "https://status.example.org/up",
		SMTP:     SMTP{Host: "mail.example.org", Port: 587, User: "u", Password: "p@ss", TLS: tlsOpportunistic},
		MailFrom: mail.Address{Name: "Hub", Address: "hub@example.org"},
		Mail: Mail{
			DKIMKey: creds, DKIMSelector: "s1", DKIMDomain: "example.org", PerDomain: 60,
			BounceAddress: "bounces@example.org", BounceDir: "/b",
		},
		Slack: Slack{Token: "xoxb", SigningSecrets: []Secret{"s"}, AppToken: "xapp", APIURL: "http://127.0.0.1:9/api/"},
		Webhook: Webhook{
			Secret: "0123456789abcdef fedcba9876543210",
			Allow:  []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")},
		},
		Token: "t", LinkSecret: "0123456789abcdef", SnapshotDir: "/s", Log: slog.LevelDebug,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("loadConfig:\n got %#v\nwant %#v", got, want)
	}
}

func TestConfigCluster(t *testing.T) {
	got, err := loadConfig(map[string]string{
		"cluster-name": "c", "cluster-listen": "0.0.0.0:6222", "cluster-routes": "a.example.org:6222, b.example.org:6222",
	}, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	if routes := []string{"a.example.org:6222", "b.example.org:6222"}; got.Replicas != 3 || !slices.Equal(got.ClusterRoutes, routes) {
		t.Errorf("replicas %d and routes %q, want 3 and %q", got.Replicas, got.ClusterRoutes, routes)
	}
}

func TestConfigFile(t *testing.T) {
	token := writeFile(t, "token", "from-a-file\n")
	hash := strings.Repeat("ab", 32)
	file := writeFile(t, "hub.yaml", `
replicas: 2
cluster_routes: [a.example.org:1]
cluster_name: c
cluster_listen: 127.0.0.1:2
token_file: `+token+`
people:
  "@lead": {email: lead@example.org, slack: U123, zone: Europe/Berlin, lang: de}
audiences:
  users: {channels: {email: [a@example.org, "@lead"]}}
  ops: {channels: {slack: [C0123], email: [ops@example.org]}}
  board: {role: managers}
publishers:
  `+hash+`: [pg16, pg17]
theme: {name: dark}
`)
	got, err := loadConfig(map[string]string{"config": file}, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []Audience{
		{ID: "users", Role: "users", Channels: []Channel{{"email", []string{"a@example.org", "@lead"}}}},
		{ID: "ops", Role: "teams", Channels: []Channel{{"slack", []string{"C0123"}}, {"email", []string{"ops@example.org"}}}},
		{ID: "board", Role: "managers"},
	}
	if !reflect.DeepEqual(got.Audiences, want) {
		t.Errorf("audiences:\n got %+v\nwant %+v", got.Audiences, want)
	}
	if p := []Person{{"@lead", "lead@example.org", "U123", "Europe/Berlin", "de"}}; !reflect.DeepEqual(got.People, p) {
		t.Errorf("people: got %+v, want %+v", got.People, p)
	}
	if p := map[string][]string{hash: {"pg16", "pg17"}}; !reflect.DeepEqual(got.Publishers, p) {
		t.Errorf("publishers: got %v, want %v", got.Publishers, p)
	}
	if got.Token != "from-a-file" || got.Theme.Name != "dark" || got.Replicas != 2 {
		t.Errorf("token %q, theme %q, replicas %d", got.Token.Reveal(), got.Theme.Name, got.Replicas)
	}
}

// TestConfigFaults names each fault as the operator wrote it.
func TestConfigFaults(t *testing.T) {
	tests := []struct {
		flag, value, want string
	}{
		{"http", "8080", `--http "8080": is not host:port`},
		{"http", "127.0.0.1:http", `--http "127.0.0.1:http": port "http" is not a number from 0 to 65535`},
		{"ops", "a:70000", `--ops "a:70000": port "70000" is not a number from 0 to 65535`},
		{"nats", "http://a", `--nats "http://a": is not a URL such as nats://host`},
		{"nats", "nats://u:p@a", `--nats "nats://u:p@a": holds credentials: use --nats-creds`},
		{"replicas", "0", `--replicas "0": is not a number from 1 to 5`},
		{"role", "boss", `--role "boss": is none of all, view`},
		{"public-url", "status.example.org", `--public-url "status.example.org": is not a URL such as https://host`},
		{"public-url", "https://a/?b", `--public-url "https://a/?b": must end with its path`},
		{"smtp", "mail.example.org", `--smtp: is not a URL such as smtp://host`},
		{"smtp", "smtp://a?tls=no", `--smtp: tls="no" is none of mandatory, opportunistic, implicit, none`},
		{"smtp", "smtp://a?auth=no", `--smtp: unknown parameter "auth"`},
		{"mail-from", "hub", `--mail-from "hub": is not an address such as Upgrade Hub <hub@example.org>`},
		{"slack-api-url", "slack", `--slack-api-url "slack": is not a URL such as https://host`},
		{"slack-signing-secret", "a,b,c", `--slack-signing-secret: is not one secret, or two with a comma between them`},
		{"slack-signing-secret", " , ", `--slack-signing-secret: is not one secret, or two with a comma between them`},
		{"webhook-secret", "short", `--webhook-secret: holds a secret shorter than 16 characters: signatures could be guessed`},
		{"webhook-allow", "10.0.0.0", `--webhook-allow "10.0.0.0": "10.0.0.0" is not a network such as 10.0.0.0/8`},
		{"log", "loud", `--log "loud": is none of debug, info, warn, error`},
		{"cluster-name", "c", `--cluster-name and --cluster-listen go together`},
		{"cluster-routes", "x", `--cluster-routes "x": "x" is not host:port`},
		{"nats-creds", "missing.creds", `--nats-creds "missing.creds": open missing.creds: no such file or directory`},
		{"token-file", "missing", `--token-file: open missing: no such file or directory`},
	}
	for _, tt := range tests {
		t.Run(tt.flag+" "+tt.value, func(t *testing.T) {
			if got := faultsOf(t, map[string]string{tt.flag: tt.value}, nil); !slices.Equal(got, []string{tt.want}) {
				t.Errorf("faults:\n got %q\nwant %q", got, tt.want)
			}
		})
	}
}

// TestConfigFaultsAtOnce has one fault in each source, and names all three.
func TestConfigFaultsAtOnce(t *testing.T) {
	file := writeFile(t, "hub.yaml", "log: info\nrole:    boss\nhtpp: a\n")
	got := faultsOf(t, map[string]string{"config": file, "http": "x"}, map[string]string{"HUB_REPLICAS": "none"})
	want := []string{
		`hub.yaml:3:1 unknown key "htpp"`,
		`--http "x": is not host:port`,
		`HUB_REPLICAS "none": is not a number from 1 to 5`,
		`hub.yaml:2:10 role "boss": is none of all, view`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults:\n got %q\nwant %q", got, want)
	}
}

func TestConfigFileFaults(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"a secret", "slack_token: xoxb", []string{`hub.yaml:1:14 slack_token: a secret does not belong in this file: use slack_token_file or HUB_SLACK_TOKEN`}},
		{"a list", "http: [a]", []string{`hub.yaml:1:7 http must be a text or a number`}},
		{"not a mapping", "- a", []string{`hub.yaml:1:1 must be a mapping of keys to values`}},
		{"no YAML", "a: [", []string{`hub.yaml:1:4 sequence end token ']' not found`}},
		{"a person", "people:\n  lead: {mail: x}\n  \"@b\": {email: x, slack: c, zone: Mars}", []string{
			`hub.yaml:2:3 "lead" is not a role name such as @lead`,
			`hub.yaml:2:10 lead: unknown key "mail"`,
			`hub.yaml:3:17 @b: email "x" is not a mail address`,
			`hub.yaml:3:27 @b: slack "c" is not the id of a Slack channel or user such as C0123ABC`,
			`hub.yaml:3:36 @b: zone "Mars" is not a time zone such as Europe/Berlin`,
		}},
		{"an audience", "people:\n  \"@lead\": {email: l@example.org}\naudiences:\n  users:\n    role: user\n    color: red\n    channels: {fax: [1], email: [\"@nobody\", b], slack: [\"@lead\"]}", []string{
			`hub.yaml:5:11 audience users: role "user" is none of users, teams, managers, stakeholders, support`,
			`hub.yaml:6:5 audience users: unknown key "color"`,
			`hub.yaml:7:16 audience users: channel "fax" is none of slack, email, webhook, service`,
			`hub.yaml:7:33 audience users: email "@nobody" is nobody of people`,
			`hub.yaml:7:33 audience users: email "b" is not a mail address`,
			`hub.yaml:7:56 audience users: slack "@lead" has no such address in people`,
		}},
		{"a webhook", "audiences:\n  tools: {role: users, channels: {webhook: [\"https://u:p@a\", b]}}", []string{
			`hub.yaml:2:44 audience tools: webhook "https://u:p@a" holds credentials: messages are signed instead`,
			`hub.yaml:2:44 audience tools: webhook "b" is not a URL such as https://host`,
		}},
		{"routes", "audiences:\n  a:\n    role: teams\n    match: {exact: {color: red, system: \"\"}, like: x, any: [], not: {prefix: {phase: p}}}\n    continue: maybe\n    zone: Mars\n    lang: xx\n    quiet: {from: 25:00, until: 1}\n    digest: 5s\n    cadence: {live: 5s, before: 1h}\n    budget: 0\n  b: {role: teams, match: {exact: {system: s}}}\n  c: {role: teams, match: {exact: {system: s, upgrade: u}}}\n  d: {role: users, match: {exact: {system: s}}}\n  e: {role: teams, match: {all: [{prefix: {system: s}}, {exact: {system: s}}]}}\n  f: {role: users, match: {exact: {system: t}, not: {prefix: {system: t}}}}", []string{
			`hub.yaml:4:21 audience a: match: "color" is none of component, phase, severity, system, type, upgrade`,
			`hub.yaml:4:41 audience a: match: system is empty`,
			`hub.yaml:4:46 audience a: match: "like" is none of exact, prefix, suffix, all, any, not`,
			`hub.yaml:4:60 audience a: match: any must be a list of filters`,
			`hub.yaml:5:15 audience a: continue must be true or false`,
			`hub.yaml:6:11 audience a: zone "Mars" is not a time zone such as Europe/Berlin`,
			`hub.yaml:7:11 audience a: lang "xx" is none of en, de, fr, es, ar`,
			`hub.yaml:8:19 audience a: quiet: from must be a time of the day such as 22:00`,
			`hub.yaml:8:26 audience a: quiet: unknown key "until"`,
			`hub.yaml:8:12 audience a: quiet needs from and to`,
			`hub.yaml:9:13 audience a: digest must be a time from 1m to 24h`,
			`hub.yaml:10:21 audience a: cadence: live must be a time from 1m, such as 30m`,
			`hub.yaml:10:25 audience a: cadence: "before" is none of live, in_progress, paused, verifying, rolling_back`,
			`hub.yaml:11:13 audience a: budget must be a number from 1`,
			`hub.yaml:13:3 audience c: is never told: b takes all that it matches, and does not say continue`,
			`hub.yaml:15:3 audience e: is never told: b takes all that it matches, and does not say continue`,
			`hub.yaml:16:3 audience f: is never told: its match contradicts itself`,
		}},
		{"a publisher", "publishers:\n  secret: [PG]", []string{
			`hub.yaml:2:3 publisher "secret" is not the SHA-256 of a token in lower-case hex`,
			`hub.yaml:2:11 publisher: upgrade "PG" is neither an id (a-z, 0-9, -) nor *`,
		}},
		{"a theme", "theme: {colour: red}", []string{`hub.yaml:1:9 theme: unknown key "colour"`}},
		{"a whole theme", "theme:\n  logo: none.svg\n  accent: \"#ffcc00\"\n  legal: [{name: Imprint}]\n  support:\n    - {name: Desk, email: desk, phone: call me, url: help, fax: 1}\n    - {name: Desk}\n  text: [a]\n  name: {a: b}", []string{
			`hub.yaml:2:9 theme: logo: open none.svg: no such file or directory`,
			`hub.yaml:3:11 theme: accent #ffcc00 has a contrast of 1.33:1 on #eef1f5 in light, and 4.5:1 is needed: #846a00 would do`,
			`hub.yaml:4:11 theme: legal needs a name and a url`,
			`hub.yaml:6:27 theme: support: email "desk" is not a mail address`,
			`hub.yaml:6:40 theme: support: phone "call me" is not a phone number`,
			`hub.yaml:6:54 theme: support: url "help" is not a URL such as https://host`,
			`hub.yaml:6:60 theme: support: unknown key "fax"`,
			`hub.yaml:7:7 theme: support needs a name, and an email, a phone or a url`,
			`hub.yaml:8:9 text must be a text`,
			`hub.yaml:9:9 name must be a text`,
		}},
		{"an accent without quotes", "theme:\n  accent: #1f4fd1\n", []string{`hub.yaml:2:11 theme: accent is one colour in quotes, or light and dark`}},
		{"two accents", "theme: {accent: {light: \"#fff\", dark: blue, print: \"#000\"}}", []string{
			`hub.yaml:1:25 theme: accent #ffffff has a contrast of 1.00:1 on #ffffff in light, and 4.5:1 is needed: #6d6d6d would do`,
			`hub.yaml:1:39 theme: accent dark "blue" is not a colour such as #1f4fd1`,
			`hub.yaml:1:45 theme: accent: unknown key "print"`,
		}},
		{"half an accent", "theme: {accent: {light: \"#1f4fd1\"}}", []string{`hub.yaml:1:17 theme: accent is one colour in quotes, or light and dark`}},
		{"a logo that is none", "theme: {logo: /dev/zero, support: Desk}", []string{
			`hub.yaml:1:15 theme: logo: /dev/zero is no file`,
			`hub.yaml:1:35 theme: support must be a list`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := faultsOf(t, map[string]string{"config": writeFile(t, "hub.yaml", tt.text)}, nil)
			if !slices.Equal(got, tt.want) {
				t.Errorf("faults:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}

func TestConfigTheme(t *testing.T) {
	logo := writeFile(t, "logo.svg", `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"/>`)
	file := writeFile(t, "hub.yaml", "theme:\n  name: Acme\n  logo: "+logo+`
  accent: {light: "#7a1fa2", dark: "#d7a6ef"}
  support: [{name: Desk, email: desk@example.org, phone: "+49 30 1"}]
  legal: [{name: Imprint, url: https://example.org/imprint}]
  text: Run by *Acme*.
`)
	c, err := loadConfig(map[string]string{"config": file}, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	got := c.Theme
	if got.Logo == nil || got.Logo.Width != 128 || c.MailFrom.Name != "Acme" {
		t.Errorf("logo %+v, sender %q, want a logo of width 128 and Acme", got.Logo, c.MailFrom.Name)
	}
	got.Logo = nil
	want := theme.Theme{
		Name: "Acme", Text: "Run by *Acme*.",
		Accent:  theme.Accent{Light: theme.Colour{R: 0x7a, G: 0x1f, B: 0xa2}, Dark: theme.Colour{R: 0xd7, G: 0xa6, B: 0xef}},
		Support: []theme.Contact{{Name: "Desk", Email: "desk@example.org", Phone: "+49 30 1"}},
		Legal:   []theme.Link{{Name: "Imprint", URL: "https://example.org/imprint"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("theme:\n got %+v\nwant %+v", got, want)
	}
}

func TestConfigExternalNeedsSecrets(t *testing.T) {
	got := faultsOf(t, map[string]string{"nats": "nats://a.example.org"}, nil)
	if len(got) != 2 || !strings.Contains(got[0], "HUB_TOKEN") || !strings.Contains(got[1], "HUB_LINK_SECRET") {
		t.Errorf("faults = %q, want one for the token and one for the link secret", got)
	}
}

func TestConfigSecretSources(t *testing.T) {
	file := writeFile(t, "secret", "abc\nsecond line\n")
	tests := []struct {
		name       string
		flags, env map[string]string
		want       Secret
	}{
		{"environment", nil, map[string]string{"HUB_TOKEN": "def"}, "def"},
		{"file named by the environment", nil, map[string]string{"HUB_TOKEN_FILE": file}, "abc"},
		{"file named by a flag", map[string]string{"token-file": file}, map[string]string{"HUB_TOKEN": "def"}, "abc"},
		{"file behind @", map[string]string{"token": "@" + file}, nil, "abc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := loadConfig(tt.flags, env(tt.env))
			if err != nil || got.Token != tt.want {
				t.Errorf("loadConfig().Token = %q, %v, want %q", got.Token.Reveal(), err, tt.want.Reveal())
			}
		})
	}
	both := faultsOf(t, nil, map[string]string{"HUB_TOKEN": "a", "HUB_TOKEN_FILE": file})
	if want := []string{"HUB_TOKEN: given together with HUB_TOKEN_FILE"}; !slices.Equal(both, want) {
		t.Errorf("faults = %q, want %q", both, want)
	}
}

func TestConfigSMTP(t *testing.T) {
	tests := []struct {
		url     string
		want    SMTP
		wantURL Secret
	}{
		{"", SMTP{}, ""},
		{"smtp://mail.example.org", SMTP{Host: "mail.example.org", Port: 587, TLS: tlsMandatory}, "smtp://mail.example.org:587?tls=mandatory"},
		{"smtps://mail.example.org", SMTP{Host: "mail.example.org", Port: 465, TLS: tlsImplicit}, "smtps://mail.example.org:465"},
		{"smtp://mail.example.org?tls=none", SMTP{Host: "mail.example.org", Port: 25, TLS: tlsNone}, "smtp://mail.example.org:25?tls=none"},
		{"smtp://127.0.0.1:2525", SMTP{Host: "127.0.0.1", Port: 2525, TLS: tlsOpportunistic}, "smtp://127.0.0.1:2525?tls=opportunistic"},
		{
			"smtp://a%40b:p%2Fw@[::1]:2525?tls=mandatory",
			SMTP{Host: "::1", Port: 2525, User: "a@b", Password: "p/w", TLS: tlsMandatory},
			"smtp://a%40b:p%2Fw@[::1]:2525?tls=mandatory",
		},
	}
	for _, tt := range tests {
		t.Run(tt.url, func(t *testing.T) {
			got, err := loadConfig(nil, env(map[string]string{"HUB_SMTP": tt.url}))
			if err != nil || got.SMTP != tt.want || got.SMTP.URL() != tt.wantURL {
				t.Errorf("SMTP = %#v of %q, %v, want %#v of %q", got.SMTP, got.SMTP.URL().Reveal(), err, tt.want, tt.wantURL.Reveal())
			}
		})
	}
}

func TestDefaultURL(t *testing.T) {
	tests := map[string]string{
		"127.0.0.1:8080": "http://127.0.0.1:8080", "0.0.0.0:80": "http://localhost:80", ":81": "http://localhost:81",
		"[::]:82": "http://localhost:82", "[::1]:83": "http://[::1]:83", "127.0.0.1:0": "",
	}
	for listen, want := range tests {
		if got := defaultURL(listen); got != want {
			t.Errorf("defaultURL(%q) = %q, want %q", listen, got, want)
		}
	}
}

func TestSecretsAreMadeOnce(t *testing.T) {
	c := Config{Data: filepath.Join(t.TempDir(), "data"), Token: "given"}
	if err := c.createSecrets(); err != nil {
		t.Fatal(err)
	}
	if len(c.LinkSecret) != 43 || c.Token != "given" {
		t.Errorf("link secret has %d characters, token is %q; want 43 and the given one", len(c.LinkSecret), c.Token.Reveal())
	}
	info, err := os.Stat(filepath.Join(c.Data, "link-secret"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of link-secret = %v, %v, want 0600", info.Mode(), err)
	}
	if _, err := os.Stat(filepath.Join(c.Data, "token")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a token that was given is written to a file: %v", err)
	}
	again := Config{Data: c.Data}
	if err := again.createSecrets(); err != nil || again.LinkSecret != c.LinkSecret || again.Token == "" {
		t.Errorf("second start: %v, link secret kept %t, token made %t", err, again.LinkSecret == c.LinkSecret, again.Token != "")
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	c := Config{Token: "canary", LinkSecret: "canary", Slack: Slack{Token: "canary"}, SMTP: SMTP{Password: "canary"}}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	newLogger(&logged, slog.LevelInfo).Info("config", "token", c.Token, "config", c)
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %q", c, c, c.Token, c.Token), string(asJSON), logged.String()} {
		if strings.Contains(shown, "canary") {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
}

// FuzzConfigFile: whatever stands in hub.yaml, loading ends with faults or a
// configuration.
func FuzzConfigFile(f *testing.F) {
	f.Add("people:\n  \"@lead\": {email: lead@example.org}\naudiences:\n  users: {channels: {email: [\"@lead\"]}}\n")
	f.Add("http: &a 1\nops: *a\n<<: {x: y}\n? [a]\n: b\n---\nb")
	f.Add("a: [")
	f.Fuzz(func(t *testing.T, text string) {
		faults := &faultList{}
		file := parseConfigFile("hub.yaml", []byte(text), faults)
		var c Config
		file.lists(&c, faults)
		for _, fault := range *faults {
			if !strings.HasPrefix(fault, "hub.yaml:") {
				t.Errorf("fault without a place: %q", fault)
			}
		}
	})
}
