package jargon_test

import (
	"strings"
	"testing"

	"upgradehub/events/jargon"
)

func TestIn(t *testing.T) {
	tests := []struct {
		text string
		kind jargon.Kind
		want string
	}{
		{"db01.prod.example.org is down", jargon.Host, "db01.prod.example.org"},
		{"We move orders.example.com.", jargon.Host, "orders.example.com"},
		{"We move example.com, at night", jargon.Host, "example.com"},
		{"https://status.example.org/x", jargon.Host, "status.example.org"},
		{"ldap.internal", jargon.Host, "ldap.internal"},
		{"Failover to 10.0.0.17.", jargon.Address, "10.0.0.17"},
		{"Failover to 2001:db8::17 now", jargon.Address, "2001:db8::17"},
		{"::1 does not answer", jargon.Address, "::1"},
		{"OPS-1234: orders", jargon.Ticket, "OPS-1234"},
		{"(see #12345)", jargon.Ticket, "#12345"},
		{"CHG0031337 approved", jargon.Ticket, "CHG0031337"},
		{"INC0012345, then db1.example.org", jargon.Ticket, "INC0012345"},
		{"db1.example.org, then INC0012345", jargon.Host, "db1.example.org"},

		{"Postgres 16.4 replaces 15.8", "", ""},
		{"Node.js 24, e.g. for the shop, i.e. all", "", ""},
		{"UTF-8, SHA-256, ISO-8601, RFC-2119", "", ""},
		{"from 10:30:00 to 11:00, 24/7", "", ""},
		{"The #1 reason; phase #2 of 12", "", ""},
		{"ASP.NET and README.md", "", ""},
		{"z.B. am Sonntag, d.h. morgen, 3.500 Konten", "", ""},
		{"1.2.3.4.5 is no address, nor is 999.1.1.1", "", ""},
		{"done.Now it works", "", ""},
		{"MYINC0012345X", "", ""},
		{"", "", ""},
	}
	for _, tt := range tests {
		got, ok := jargon.In(tt.text)
		if ok != (tt.want != "") || got.Kind != tt.kind || got.Text != tt.want {
			t.Errorf("In(%q) = %s %q, %t, want %s %q", tt.text, got.Kind, got.Text, ok, tt.kind, tt.want)
		}
		if ok && got.At != strings.Index(tt.text, tt.want) {
			t.Errorf("In(%q) is at %d", tt.text, got.At)
		}
	}
}

// FuzzIn: what is found stands in the text where it says.
func FuzzIn(f *testing.F) {
	f.Add("db01.prod.example.org 10.0.0.1 OPS-12 #12345 ::1")
	f.Add("\xff.\xff::")
	f.Fuzz(func(t *testing.T, text string) {
		found, ok := jargon.In(text)
		if ok && !strings.HasPrefix(text[found.At:], found.Text) {
			t.Errorf("In(%q) = %+v", text, found)
		}
	})
}
