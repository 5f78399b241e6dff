package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// field finds the part of a Config that a setting fills.
type field[T any] func(*Config) *T

func text(f field[string]) func(*Config, string) error {
	return func(c *Config, s string) error {
		*f(c) = s
		return nil
	}
}

func secret(f field[Secret]) func(*Config, string) error {
	return func(c *Config, s string) error {
		*f(c) = Secret(s)
		return nil
	}
}

func listener(f field[string]) func(*Config, string) error {
	return func(c *Config, s string) error {
		*f(c) = s
		return checkHostPort(s)
	}
}

func readable(f field[string]) func(*Config, string) error {
	return func(c *Config, s string) error {
		*f(c) = s
		file, err := os.Open(s)
		if err != nil {
			return err
		}
		return file.Close()
	}
}

func oneOf(f field[string], words ...string) func(*Config, string) error {
	return func(c *Config, s string) error {
		*f(c) = s
		if !slices.Contains(words, s) {
			return fmt.Errorf("is none of %s", strings.Join(words, ", "))
		}
		return nil
	}
}

func checkHostPort(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return errors.New("is not host:port")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port %q is not a number from 0 to 65535", port)
	}
	return nil
}

// checkURL reads an absolute URL with one of the schemes and a host.
func checkURL(s string, schemes ...string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		// url.Error repeats the text, which may hold a password.
		return nil, fmt.Errorf("is not a URL such as %s://host", schemes[0])
	}
	return u, nil
}

func setNATSListen(c *Config, s string) error {
	c.NATSListen = s
	if s == "-" {
		return nil
	}
	return checkHostPort(s)
}

func setNATS(c *Config, s string) error {
	c.NATS = s
	for one := range strings.SplitSeq(s, ",") {
		u, err := checkURL(strings.TrimSpace(one), "nats", "tls")
		if err != nil {
			return err
		}
		if u.User != nil {
			return errors.New("holds credentials: use --nats-creds")
		}
	}
	return nil
}

func setClusterName(c *Config, s string) error {
	c.ClusterName = s
	if strings.ContainsAny(s, " \t\n") {
		return errors.New("contains a space")
	}
	return nil
}

func setRoutes(c *Config, s string) error {
	var errs []error
	for route := range strings.SplitSeq(s, ",") {
		route = strings.TrimSpace(route)
		if err := checkHostPort(route); err != nil {
			errs = append(errs, fmt.Errorf("%q %w", route, err))
		}
		c.ClusterRoutes = append(c.ClusterRoutes, route)
	}
	return errors.Join(errs...)
}

func setReplicas(c *Config, s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 5 {
		return errors.New("is not a number from 1 to 5")
	}
	c.Replicas = n
	return nil
}

func setPublicURL(c *Config, s string) error {
	u, err := checkURL(s, "https", "http")
	if err != nil {
		return err
	}
	if u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("must end with its path")
	}
	c.PublicURL = strings.TrimRight(s, "/")
	return nil
}

// defaultURL is where a browser on this machine finds the listener: empty if
// its port is not known yet.
func defaultURL(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// hostOf is the host name of a URL; localhost if there is none that mail
// could come from.
func hostOf(base string) string {
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return "localhost"
	}
	return u.Hostname()
}

var smtpPorts = map[string]int{tlsImplicit: 465, tlsMandatory: 587, tlsOpportunistic: 587, tlsNone: 25}

func setSMTP(c *Config, s string) error {
	u, err := checkURL(s, "smtp", "smtps")
	if err != nil {
		return err
	}
	for key := range u.Query() {
		if key != "tls" {
			return fmt.Errorf("unknown parameter %q", key)
		}
	}
	policy := cmp.Or(u.Query().Get("tls"), defaultTLS(u.Hostname()))
	if u.Scheme == "smtps" {
		policy = tlsImplicit
	}
	port, known := smtpPorts[policy]
	if !known {
		return fmt.Errorf("tls=%q is none of mandatory, opportunistic, implicit, none", policy)
	}
	if u.Port() != "" {
		port, _ = strconv.Atoi(u.Port()) // url.Parse has checked the digits
	}
	if port < 1 || port > 65535 || u.Hostname() == "" {
		return errors.New("is not a URL such as smtp://host:587")
	}
	password, _ := u.User.Password()
	c.SMTP = SMTP{Host: u.Hostname(), Port: port, User: u.User.Username(), Password: Secret(password), TLS: policy}
	return nil
}

// defaultTLS asks for encryption everywhere but on this machine, where test
// servers and local relays rarely offer it.
func defaultTLS(host string) string {
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return tlsOpportunistic
	}
	return tlsMandatory
}

// smtpPassword reports whether the URL of a mail server holds a password.
func smtpPassword(s string) bool {
	u, err := url.Parse(s)
	if err != nil {
		return true // nobody knows what it holds: do not repeat it
	}
	_, has := u.User.Password()
	return has
}

func setMailFrom(c *Config, s string) error {
	a, err := mail.ParseAddress(s)
	if err != nil {
		return errors.New("is not an address such as Upgrade Hub <hub@example.org>")
	}
	c.MailFrom = *a
	return nil
}

func setPerDomain(c *Config, s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("is not a number from 1")
	}
	c.Mail.PerDomain = n
	return nil
}

func setSlackAPI(c *Config, s string) error {
	if _, err := checkURL(s, "https", "http"); err != nil {
		return err
	}
	c.Slack.APIURL = strings.TrimRight(s, "/") + "/"
	return nil
}

// setSigningSecret takes the secret of Slack's callbacks or, while it changes,
// the new one and the old one.
func setSigningSecret(c *Config, s string) error {
	for one := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ',' || r == ' ' }) {
		c.Slack.SigningSecrets = append(c.Slack.SigningSecrets, Secret(one))
	}
	if n := len(c.Slack.SigningSecrets); n < 1 || n > 2 {
		return errors.New("is not one secret, or two with a comma between them")
	}
	return nil
}

func setLinkSecret(c *Config, s string) error {
	if len(s) < 16 {
		return errors.New("is shorter than 16 characters: personal links could be guessed")
	}
	c.LinkSecret = Secret(s)
	return nil
}

func setLog(c *Config, s string) error {
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, s) {
		return errors.New("is none of debug, info, warn, error")
	}
	return c.Log.UnmarshalText([]byte(s))
}
