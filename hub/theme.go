package main

import (
	"errors"
	"fmt"
	"io"
	"net/mail"
	"os"
	"regexp"

	"github.com/goccy/go-yaml/ast"

	"upgradehub/events/theme"
)

// theme reads one entry of the theme.
func (f *configFile) theme(e entry, t *theme.Theme) {
	switch e.key {
	case "name":
		t.Name = f.text(e)
	case "logo":
		t.Logo = f.logo(e)
	case "accent":
		t.Accent = f.accent(e)
	case "support":
		f.each(e, func(at ast.Node, of entry) { t.Support = append(t.Support, f.contact(at, of)) })
	case "legal":
		f.each(e, func(at ast.Node, of entry) { t.Legal = append(t.Legal, f.legal(at, of)) })
	case "text":
		t.Text = f.text(e)
	default:
		f.fault(e.at, "theme: unknown key %q", e.key)
	}
}

// each calls do with each item of a list of mappings.
func (f *configFile) each(e entry, do func(at ast.Node, of entry)) {
	list, ok := e.value.(*ast.SequenceNode)
	if !ok {
		f.fault(e.value, "theme: %s must be a list", e.key)
		return
	}
	for _, item := range list.Values {
		do(item, entry{key: e.key, at: item, value: item})
	}
}

func (f *configFile) logo(e entry) *theme.Logo {
	path := f.text(e)
	data, err := readLogo(path)
	if err != nil {
		f.fault(e.value, "theme: logo: %v", err)
		return nil
	}
	logo, err := theme.ReadLogo(data)
	if err != nil {
		f.fault(e.value, "theme: logo %q %v", path, err)
	}
	return logo
}

// readLogo reads no more than a logo may have, and one byte to tell.
func readLogo(path string) ([]byte, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, theme.MaxLogo+1))
}

// accent is one colour for light pages, or one for each look.
func (f *configFile) accent(e entry) theme.Accent {
	if _, one := scalar(e.value); one {
		c, ok := f.colour(e, "accent")
		if !ok {
			return theme.Accent{}
		}
		a, err := theme.NewAccent(c)
		if err != nil {
			f.fault(e.value, "theme: accent %s %v", c, err)
		}
		return a
	}
	var a theme.Accent
	looks := map[string]*theme.Colour{"light": &a.Light, "dark": &a.Dark}
	schemes := map[string]theme.Scheme{"light": theme.Light, "dark": theme.Dark}
	for _, attr := range f.mapping(e.value) {
		look, known := looks[attr.key]
		if !known {
			f.fault(attr.at, "theme: accent: unknown key %q", attr.key)
			continue
		}
		c, ok := f.colour(attr, "accent "+attr.key)
		if err := schemes[attr.key].Check(c); ok && err != nil {
			f.fault(attr.value, "theme: accent %s %v", c, err)
		}
		*look = c
		delete(looks, attr.key)
	}
	if len(looks) > 0 {
		f.fault(e.value, "theme: accent is one colour in quotes, or light and dark")
	}
	return a
}

func (f *configFile) colour(e entry, what string) (theme.Colour, bool) {
	text, ok := scalar(e.value)
	c, err := theme.ParseColour(text)
	if !ok || err != nil {
		f.fault(e.value, "theme: %s %q is not a colour such as #1f4fd1", what, text)
	}
	return c, ok && err == nil
}

func (f *configFile) contact(at ast.Node, e entry) theme.Contact {
	var c theme.Contact
	f.fields(e, map[string]*string{"name": &c.Name, "email": &c.Email, "phone": &c.Phone, "url": &c.URL})
	if c.Name == "" || c.Email == "" && c.Phone == "" && c.URL == "" {
		f.fault(at, "theme: support needs a name, and an email, a phone or a url")
	}
	return c
}

func (f *configFile) legal(at ast.Node, e entry) theme.Link {
	var l theme.Link
	f.fields(e, map[string]*string{"name": &l.Name, "url": &l.URL})
	if l.Name == "" || l.URL == "" {
		f.fault(at, "theme: legal needs a name and a url")
	}
	return l
}

// fields reads the texts of a mapping of the theme.
func (f *configFile) fields(e entry, into map[string]*string) {
	for _, attr := range f.mapping(e.value) {
		field, known := into[attr.key]
		if !known {
			f.fault(attr.at, "theme: %s: unknown key %q", e.key, attr.key)
			continue
		}
		*field = f.text(attr)
		if err := contactFault(attr.key, *field); err != nil {
			f.fault(attr.value, "theme: %s: %s %q %v", e.key, attr.key, *field, err)
		}
	}
}

var phoneForm = regexp.MustCompile(`^\+?[0-9][0-9 ()./-]{1,30}$`)

func contactFault(key, text string) error {
	switch key {
	case "email":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return errors.New("is not a mail address")
		}
	case "phone":
		if !phoneForm.MatchString(text) {
			return errors.New("is not a phone number")
		}
	case "url":
		_, err := checkURL(text, "https", "http")
		return err
	}
	return nil
}

// replyTo is where answers to mails go: to the first who can be asked by mail;
// empty if nobody can.
func (c Config) replyTo() string {
	for _, s := range c.Theme.Support {
		if s.Email != "" {
			return (&mail.Address{Name: s.Name, Address: s.Email}).String()
		}
	}
	return ""
}
