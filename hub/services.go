package main

import (
	"strings"

	"upgradehub/notifiers"
	"upgradehub/notifiers/service"
)

// Service is something else that can be told, such as Microsoft Teams or
// ntfy.
type Service struct {
	// URL is the service URL, which holds the service's secrets.
	URL Secret
	// Short services get the headline and the address of the page.
	Short bool
}

// services reads what else can be told. It is apart from the other lists
// because it needs secrets, and not everyone who reads the file has them.
func (f *configFile) services(c *Config) {
	for _, e := range f.entries("services") {
		if c.Services == nil {
			c.Services = map[string]Service{}
		}
		c.Services[e.key] = f.service(e)
	}
}

// serviceFault says what is wrong with the name of a service.
func (f *configFile) serviceFault(name string) string {
	for _, e := range f.entries("services") {
		if e.key == name {
			return ""
		}
	}
	return "is none of services"
}

// service reads one service. Its URL comes from a file of its own or from the
// environment, HUB_SERVICE_ and its name.
func (f *configFile) service(e entry) Service {
	var s Service
	if !idForm.MatchString(e.key) {
		f.fault(e.at, "service %q is not an id: a-z, 0-9 and -", e.key)
	}
	env := "HUB_SERVICE_" + strings.ToUpper(strings.ReplaceAll(e.key, "-", "_"))
	from := value{text: f.env(env), from: env}
	for _, attr := range f.mapping(e.value) {
		switch attr.key {
		case "url_file":
			from = secretFile(f.text(attr), f.place(attr.value)+" url_file")
		case "url":
			f.fault(attr.at, "service %s: a secret does not belong in this file: use url_file or %s", e.key, env)
			return s
		case "short":
			text := f.text(attr)
			s.Short = text == "true"
			if text != "true" && text != "false" {
				f.fault(attr.value, "service %s: short is neither true nor false", e.key)
			}
		default:
			f.fault(attr.at, "service %s: unknown key %q", e.key, attr.key)
		}
	}
	s.URL = Secret(from.text)
	switch {
	case from.err != nil:
		f.fault(e.at, "service %s: url_file: %v", e.key, from.err)
	case s.URL == "":
		f.fault(e.at, "service %s: has no URL: use url_file or %s", e.key, env)
	default:
		if err := service.Check(from.text); err != nil {
			f.fault(e.at, "service %s: its URL %v", e.key, err)
		}
	}
	return s
}

// env is an environment variable; there are none for a file that is read
// without its surroundings.
func (f *configFile) env(name string) string {
	if f.getenv == nil {
		return ""
	}
	return f.getenv(name)
}

// services are told by their own URLs, if there are any.
func (n *node) services(channels map[string]notifiers.Notifier) {
	if len(n.cfg.Services) == 0 {
		return
	}
	targets := make(map[string]service.Target, len(n.cfg.Services))
	for name, s := range n.cfg.Services {
		targets[name] = service.Target{URL: s.URL.Reveal(), Short: s.Short}
	}
	channels["service"] = service.New(targets, n.log.With("part", "service"))
}
