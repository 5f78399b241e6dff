package main

import (
	"fmt"
	"strings"
	"testing"
)

// TestMannerOfRecipients: whoever has no language or zone has that of the first
// audience with one that names them, on all of their channels, whatever other
// audiences they are in.
func TestMannerOfRecipients(t *testing.T) {
	file := writeFile(t, "hub.yaml", `
people:
  "@boss": {email: boss@example.org, slack: U0BOSS001}
  "@dba": {email: dba@example.org, zone: UTC, lang: es}
  "@guest": {email: guest@example.org}
audiences:
  users: {zone: Asia/Tokyo, channels: {email: ["@boss", everyone@example.org]}}
  managers: {lang: de, zone: Europe/Berlin, channels: {email: ["@boss", "@dba", everyone@example.org]}}
  support: {lang: fr, channels: {email: ["@boss"]}}
  stakeholders: {channels: {email: ["@boss", everyone@example.org]}}
`)
	c, err := loadConfig(map[string]string{"config": file}, env(nil))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range c.recipients() {
		got = append(got, strings.TrimSpace(fmt.Sprint(r.Address, " ", r.Lang, " ", r.Zone)))
	}
	want := "boss@example.org de Asia/Tokyo, U0BOSS001 de Asia/Tokyo, dba@example.org es UTC, guest@example.org, everyone@example.org de Asia/Tokyo"
	if all := strings.Join(got, ", "); all != want {
		t.Errorf("recipients:\n got %s\nwant %s", all, want)
	}
}
