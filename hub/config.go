package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"upgradehub/events/link"
	"upgradehub/events/plan"
	"upgradehub/events/theme"
	"upgradehub/notifiers"
	"upgradehub/notifiers/wording"
)

// Config is everything an operator can say to a hub that serves. Every value
// in it is valid; [loadConfig] names the faults of those that are not.
type Config struct {
	// HTTP is the public listener, Ops that of health and metrics.
	HTTP, Ops string
	// Data is the directory of the SQLite file, the embedded NATS store
	// and the mail outbox.
	Data string
	// NATSListen is the embedded server's listener for publishers; "-" for
	// none.
	NATSListen string
	// NATS is the URL of an external cluster; empty embeds a server.
	NATS string
	// NATSCreds and NATSIntakeCreds are credential files for the accounts
	// HUB and PUBLISHERS; an empty second one means that the first serves
	// both.
	NATSCreds, NATSIntakeCreds string
	// ClusterName, ClusterListen and ClusterRoutes join embedded servers
	// to one cluster; all are empty for a hub that stands alone.
	ClusterName, ClusterListen string
	ClusterRoutes              []string
	// Replicas of the streams: 1, or 3 when clustered, unless stated.
	Replicas int
	// Role is roleAll or roleView.
	Role string
	// PublicURL is the base of every link, without a slash at its end. It
	// is empty when it was not stated and HTTP has port 0: then it is
	// [defaultURL] of the address the listener got.
	PublicURL string
	// SMTP is the mail server; without a host mails go to Data/outbox.
	SMTP SMTP
	// MailFrom is the sender of every mail.
	MailFrom mail.Address
	Mail     Mail
	Slack    Slack
	Webhook  Webhook
	// Services are what else can be told, by name.
	Services map[string]Service
	// Token is the operator's token, LinkSecret the key of personal links.
	// With an embedded server both may be empty until
	// [Config.createSecrets] has filled them.
	Token, LinkSecret Secret
	// SnapshotDir is where static last-known pages go; empty for nowhere.
	SnapshotDir string
	Log         slog.Level

	// Templates is the directory of the operator's words, and Wording what
	// stands in it; both are empty if there are none.
	Templates string
	Wording   wording.Sets

	Audiences []Audience
	People    []Person
	// Publishers maps the hex SHA-256 of a token to the upgrades it may
	// publish for; "*" means all.
	Publishers map[string][]string
	Theme      theme.Theme
}

// The roles of a node.
const (
	roleAll  = "all"
	roleView = "view" // folds and serves, never takes duty
)

// Mail is how mails are signed, paced and returned.
type Mail struct {
	// DKIMKey is the file of the private key; empty leaves signing to the
	// mail server. DKIMDomain is by default the host of the sender.
	DKIMKey, DKIMSelector, DKIMDomain string
	// PerDomain is how many mails a minute one domain gets; 0 is no limit.
	PerDomain int
	// BounceAddress is where mails are returned to, each with an id added to
	// the name; BounceDir is the maildir they arrive in, if there is one.
	BounceAddress, BounceDir string
}

// Slack holds what a workspace gave the hub; without a token Slack is off.
type Slack struct {
	Token, AppToken Secret
	// SigningSecrets of callbacks: one or, while it changes, two.
	SigningSecrets []Secret
	// APIURL is the base of Slack's API, another one only in tests.
	APIURL string
}

// answers reports whether Slack can say what people do in it.
func (s Slack) answers() bool { return len(s.SigningSecrets) > 0 || s.AppToken != "" }

func (s Slack) signingSecrets() []string {
	var all []string
	for _, one := range s.SigningSecrets {
		all = append(all, one.Reveal())
	}
	return all
}

// SMTP is a mail server.
type SMTP struct {
	Host string
	Port int
	User string
	// Password is empty when the server asks for none.
	Password Secret
	// TLS is tlsMandatory, tlsOpportunistic, tlsImplicit or tlsNone.
	TLS string
}

// URL is the mail server as one text, with its port and its encryption; empty
// without a host.
func (s SMTP) URL() Secret {
	if s.Host == "" {
		return ""
	}
	u := url.URL{Scheme: "smtp", Host: net.JoinHostPort(s.Host, strconv.Itoa(s.Port)), RawQuery: "tls=" + s.TLS}
	if s.TLS == tlsImplicit {
		u.Scheme, u.RawQuery = "smtps", ""
	}
	if s.User != "" {
		u.User = url.UserPassword(s.User, s.Password.Reveal())
	}
	return Secret(u.String())
}

// How mail is encrypted on its way to the server.
const (
	tlsMandatory     = "mandatory"     // STARTTLS or no mail
	tlsOpportunistic = "opportunistic" // STARTTLS if it is offered
	tlsImplicit      = "implicit"      // TLS from the first byte: smtps
	tlsNone          = "none"
)

// Audience is one audience and its targets by channel.
type Audience struct {
	ID, Role string
	// Channels in the order of the file, which is that of preference.
	Channels []Channel
	// Match and Continue say what it is told of, see [notifiers.Routes].
	Match    *notifiers.Filter
	Continue bool
	// Zone and Lang are those of its people who have none of their own.
	Zone, Lang string
	// Quiet are its quiet hours, in its zone; nil is none.
	Quiet *QuietHours
	// Digest, Cadence, Budget and Templates are as in [notifiers.Audience].
	Digest    time.Duration
	Cadence   map[string]plan.Duration
	Budget    int
	Templates string
}

// Channel is one way to an audience. A target is an address of the channel
// or the "@name" of a person.
type Channel struct {
	Name    string // one of plan.Channels
	Targets []string
}

// Person maps a role name such as "@lead" to addresses.
type Person struct {
	Name, Email, Slack string
	Zone, Lang         string
}

// Secret is a text that no log, no error and no dump shows.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[secret]"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue hides the secret from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { //nolint:unparam // encoding.TextMarshaler
	return []byte(s.String()), nil
}

// Reveal is the secret itself.
func (s Secret) Reveal() string { return string(s) }

// LinkKey is the key of personal links.
func (c Config) LinkKey() link.Key { return link.Key(c.LinkSecret.Reveal()) }

// Embedded reports whether the NATS server runs inside this process.
func (c Config) Embedded() bool { return c.NATS == "" }

// Clustered reports whether embedded servers form one cluster.
func (c Config) Clustered() bool { return c.ClusterName != "" }

// setting is one flag and, under the same name, one environment variable and
// one key of the file.
type setting struct {
	name, def, usage string
	// secret settings may stand in a file of their own, and never in the
	// configuration file.
	secret bool
	set    func(*Config, string) error
}

// env is the name of the setting's environment variable.
func (s setting) env() string { return "HUB_" + strings.ToUpper(s.key()) }

// key is the name of the setting in hub.yaml.
func (s setting) key() string { return strings.ReplaceAll(s.name, "-", "_") }

// settings are the flags of a hub that serves, in the order of their help.
var settings = []setting{
	{name: "http", def: "127.0.0.1:8080", usage: "public listener, `host:port`", set: listener(func(c *Config) *string { return &c.HTTP })},
	{name: "ops", def: "127.0.0.1:8081", usage: "listener of health and metrics, `host:port`", set: listener(func(c *Config) *string { return &c.Ops })},
	{name: "data", def: "./hub-data", usage: "`directory` of the SQLite file, the embedded NATS store and the mail outbox", set: text(func(c *Config) *string { return &c.Data })},
	{name: "nats-listen", def: "127.0.0.1:4222", usage: "listener of the embedded NATS server, `host:port`; - for none", set: setNATSListen},
	{name: "nats", usage: "`URL` of an external NATS cluster (default: a server inside the hub)", set: setNATS},
	{name: "nats-creds", usage: "credentials `file` of the HUB account", set: readable(func(c *Config) *string { return &c.NATSCreds })},
	{name: "nats-intake-creds", usage: "credentials `file` of the PUBLISHERS account (default: --nats-creds)", set: readable(func(c *Config) *string { return &c.NATSIntakeCreds })},
	{name: "cluster-name", usage: "`name` of the cluster of embedded servers", set: setClusterName},
	{name: "cluster-listen", usage: "listener for the other servers of the cluster, `host:port`", set: listener(func(c *Config) *string { return &c.ClusterListen })},
	{name: "cluster-routes", usage: "`list` of the other servers' host:port, comma-separated", set: setRoutes},
	{name: "replicas", usage: "`number` of stream replicas, 1 to 5 (default 1, 3 when clustered)", set: setReplicas},
	{name: "role", def: roleAll, usage: "`role` of this node: all, or view, which folds and serves and never takes duty", set: oneOf(func(c *Config) *string { return &c.Role }, roleAll, roleView)},
	{name: "public-url", usage: "base `URL` of every link (default http:// and --http)", set: setPublicURL},
	{name: "smtp", usage: "mail server, smtp://user@host:587?tls=mandatory as `URL`; with a password only from HUB_SMTP or a file (default: mails go to the outbox)", set: setSMTP},
	{name: "mail-from", usage: "sender of mails, `address` (default upgrade-hub at the host of --public-url)", set: setMailFrom},
	{name: "dkim-key", usage: "private key `file`, PEM, that signs mails (default: the mail server signs)", set: readable(func(c *Config) *string { return &c.Mail.DKIMKey })},
	{name: "dkim-selector", def: "upgradehub", usage: "`name` of the key in DNS: <name>._domainkey.<domain>", set: text(func(c *Config) *string { return &c.Mail.DKIMSelector })},
	{name: "dkim-domain", usage: "`domain` that signs (default: that of --mail-from)", set: text(func(c *Config) *string { return &c.Mail.DKIMDomain })},
	{name: "mail-per-domain", usage: "`number` of mails a minute to one domain (default: no limit)", set: setPerDomain},
	{name: "bounce-address", usage: "`address` that mails are returned to, as name+ID@host (default: the sender)", set: text(func(c *Config) *string { return &c.Mail.BounceAddress })},
	{name: "bounce-dir", usage: "maildir `directory` in which returned mails arrive", set: text(func(c *Config) *string { return &c.Mail.BounceDir })},
	{name: "slack-token", secret: true, usage: "Slack bot token (default: Slack is off)", set: secret(func(c *Config) *Secret { return &c.Slack.Token })},
	{name: "slack-signing-secret", secret: true, usage: "secret of Slack's callbacks; the new and the old one, separated by a comma, while it changes", set: setSigningSecret},
	{name: "slack-app-token", secret: true, usage: "Slack token of Socket Mode", set: secret(func(c *Config) *Secret { return &c.Slack.AppToken })},
	{name: "slack-api-url", usage: "base `URL` of Slack's API, for tests", set: setSlackAPI},
	{name: "token", secret: true, usage: "operator token (default: made once in --data)", set: secret(func(c *Config) *Secret { return &c.Token })},
	{name: "link-secret", secret: true, usage: "key of personal links (default: made once in --data)", set: setLinkSecret},
	{name: "webhook-secret", secret: true, usage: "key of webhook signatures; a new and an old one, separated by a space, while it changes (default: made once in --data)", set: setWebhookSecret},
	{name: "webhook-allow", usage: "`list` of networks that webhooks of hub.yaml may reach although they are not public, such as 10.0.0.0/8, comma-separated", set: setWebhookAllow},
	{name: "webhook-allow-subscribers", usage: "`list` of networks that webhooks subscribed on the page may reach although they are not public, comma-separated", set: setWebhookAllowSubscribers},
	{name: "templates", usage: "`directory` of templates that put messages into your own words (default: the hub's words)", set: setTemplates},
	{name: "snapshot-dir", usage: "`directory` for static last-known pages", set: text(func(c *Config) *string { return &c.SnapshotDir })},
	{name: "log", def: "info", usage: "`level`: debug, info, warn or error; text on a terminal, JSON otherwise", set: setLog},
}

// loadConfig reads the configuration of a hub that serves: flags over
// environment over the file over defaults. flags holds the flags that were
// given. The error is a [*faultsError] with every fault at once.
func loadConfig(flags map[string]string, getenv func(string) string) (Config, error) {
	src, faults := readSources(flags, getenv)
	var c Config
	c.take(src, faults, func(setting) bool { return true })
	if src.file != nil {
		src.file.lists(&c, faults)
		src.file.services(&c)
	}
	if len(*faults) == 0 {
		c.complete(faults)
	}
	return c, faults.err()
}

// take sets what the sources say of the chosen settings.
func (c *Config) take(src sources, faults *faultList, choose func(setting) bool) {
	for _, s := range settings {
		if !choose(s) {
			continue
		}
		v := src.lookup(s)
		if v.err == nil && v.text != "" {
			v.err = s.set(c, v.text)
		}
		for _, err := range each(v.err) {
			v.err = err
			faults.add(v.fault(s))
		}
	}
}

// each is what was joined to one error; none for nil.
func each(err error) []error {
	switch joined, ok := err.(interface{ Unwrap() []error }); {
	case err == nil:
		return nil
	case ok:
		return joined.Unwrap()
	}
	return []error{err}
}

// complete fills what depends on several settings and checks what they say
// together.
func (c *Config) complete(faults *faultList) {
	if c.Replicas == 0 {
		c.Replicas = 1
		if c.Clustered() {
			c.Replicas = 3
		}
	}
	if c.PublicURL == "" {
		c.PublicURL = defaultURL(c.HTTP)
	}
	c.checkNATS(faults)
	c.checkCluster(faults)
	c.checkWebhooks(faults)
	if c.Slack.Token == "" && (len(c.Slack.SigningSecrets) > 0 || c.Slack.AppToken != "") {
		faults.add("--slack-signing-secret and --slack-app-token need HUB_SLACK_TOKEN or --slack-token-file")
	}
	if c.MailFrom.Address == "" {
		c.MailFrom = mail.Address{Name: c.Theme.Title(), Address: "upgrade-hub@" + hostOf(c.PublicURL)}
	}
	if c.SMTP.Password != "" && c.SMTP.User == "" {
		faults.add("--smtp: a password without a user")
	}
	if c.Mail.BounceDir != "" && c.Mail.BounceAddress == "" {
		faults.add("--bounce-dir needs --bounce-address: else nobody could tell whose mail came back")
	}
}

func (c *Config) checkNATS(faults *faultList) {
	if c.Embedded() {
		if c.NATSCreds != "" || c.NATSIntakeCreds != "" {
			faults.add("--nats-creds and --nats-intake-creds need --nats")
		}
		return
	}
	if c.Token == "" {
		faults.add("--nats needs HUB_TOKEN or --token-file: nodes must share the operator token")
	}
	if c.LinkSecret == "" {
		faults.add("--nats needs HUB_LINK_SECRET or --link-secret-file: nodes must make the same personal links")
	}
}

func (c *Config) checkCluster(faults *faultList) {
	if c.ClusterName == "" && c.ClusterListen == "" && len(c.ClusterRoutes) == 0 {
		return
	}
	if !c.Embedded() {
		faults.add("--cluster-name, --cluster-listen and --cluster-routes are for embedded servers: leave them out with --nats")
	}
	if c.ClusterName == "" || c.ClusterListen == "" {
		faults.add("--cluster-name and --cluster-listen go together")
	}
}

// faultList collects faults, each in the operator's own words.
type faultList []string

func (f *faultList) add(fault string) { *f = append(*f, fault) }

func (f *faultList) addf(format string, args ...any) { f.add(fmt.Sprintf(format, args...)) }

func (f *faultList) err() error {
	if len(*f) == 0 {
		return nil
	}
	return &usageError{&faultsError{*f}}
}

// faultsError is a configuration that cannot be used, with every fault of it.
type faultsError struct{ faults []string }

func (e *faultsError) Error() string {
	return "configuration:\n  " + strings.Join(e.faults, "\n  ")
}
