package main

import (
	"fmt"
	"os"
	"strings"
)

// sources are the places a setting can come from.
type sources struct {
	flags  map[string]string
	getenv func(string) string
	file   *configFile // nil when there is none
}

// value is what a source says of a setting.
type value struct {
	text string
	// from names the source as the operator wrote it: --smtp, HUB_SMTP,
	// hub.yaml:3:5 smtp; empty for a default.
	from string
	err  error
}

// fault words the value's error; the value itself only if it is no secret.
func (v value) fault(s setting) string {
	if s.secret || v.text == "" || s.name == "smtp" {
		return fmt.Sprintf("%s: %v", v.from, v.err)
	}
	return fmt.Sprintf("%s %q: %v", v.from, v.text, v.err)
}

func readSources(flags map[string]string, getenv func(string) string) (sources, *faultList) {
	src := sources{flags: flags, getenv: getenv}
	faults := &faultList{}
	path, from := flags["config"], "--config"
	if path == "" {
		path, from = getenv("HUB_CONFIG"), "HUB_CONFIG"
	}
	if path == "" {
		return src, faults
	}
	data, err := os.ReadFile(path)
	if err != nil {
		faults.addf("%s: %v", from, err)
		return src, faults
	}
	src.file = parseConfigFile(path, data, faults)
	src.file.getenv = getenv
	return src, faults
}

// lookup finds the setting in the first source that states it.
func (src sources) lookup(s setting) value {
	for _, find := range []func(setting) value{src.flag, src.env, src.key} {
		if v := find(s); v.from != "" {
			return v
		}
	}
	return value{text: s.def}
}

func (src sources) flag(s setting) value {
	text, given := src.flags[s.name]
	path, fromFile := src.flags[s.name+"-file"]
	switch {
	case given && fromFile:
		return value{from: "--" + s.name, err: fmt.Errorf("given together with --%s-file", s.name)}
	case fromFile:
		return secretFile(path, "--"+s.name+"-file")
	case given && s.secret && strings.HasPrefix(text, "@"):
		return secretFile(text[1:], "--"+s.name)
	case given:
		return value{text: text, from: "--" + s.name}
	}
	return value{}
}

func (src sources) env(s setting) value {
	text, path := src.getenv(s.env()), ""
	if s.holdsSecret() {
		path = src.getenv(s.env() + "_FILE")
	}
	switch {
	case text != "" && path != "":
		return value{from: s.env(), err: fmt.Errorf("given together with %s_FILE", s.env())}
	case path != "":
		return secretFile(path, s.env()+"_FILE")
	case text != "":
		return value{text: text, from: s.env()}
	}
	return value{}
}

func (src sources) key(s setting) value {
	if src.file == nil {
		return value{}
	}
	plain, given := src.file.values[s.key()]
	file, fromFile := src.file.values[s.key()+"_file"]
	switch {
	case given && fromFile:
		return value{from: plain.from, err: fmt.Errorf("given together with %s_file", s.key())}
	case fromFile:
		return secretFile(file.text, file.from)
	case given && s.literalSecret(plain.text):
		return value{from: plain.from, err: fmt.Errorf("a secret does not belong in this file: use %s_file or %s", s.key(), s.env())}
	}
	return plain
}

// holdsSecret reports whether the setting may be read from a file of its own.
func (s setting) holdsSecret() bool { return s.secret || s.name == "smtp" }

// literalSecret reports whether text is, or holds, a secret.
func (s setting) literalSecret(text string) bool {
	return s.secret || s.name == "smtp" && smtpPassword(text)
}

// secretFile reads a secret: the first line of a file.
func secretFile(path, from string) value {
	data, err := os.ReadFile(path)
	if err != nil {
		return value{from: from, err: err}
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return value{from: from, err: fmt.Errorf("%s is empty", path)}
	}
	return value{text: line, from: from}
}
